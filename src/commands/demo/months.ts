/** The second part of the demo: a company of 2,500 people moves, from the audit to the sixtieth day. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { StopSignal } from '../../ops/shutdown.ts'
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { figure } from '../../text/figure.ts'
import type { CommandContext } from '../context.ts'
import { serveCommand } from '../serve/serve.ts'
import { playEnding } from './ending.ts'
import { changeCompany, COMPANY_SQL, makeCompany, STORE } from './company.ts'
import { addressesIn, DEMO_TOKEN, show, signInAt, tell, type DemoEnv, type Stage } from './stage.ts'
import { DAY_MS } from '../../clock.ts'

const PEOPLE = 2_500
const DAYS = 60
/** Nobody waits for the demo's import: a real org allows some hundred calls a minute. */
const CALLS_PER_MINUTE = 100_000
const LEDGER = 'ledger.sqlite'

const dateIn = (days: number): string =>
  new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

interface Server {
  readonly url: string
  /** Of the ops port. */
  readonly opsUrl: string
  readonly stop: () => Promise<void>
}

/** In this process, since a server on its own would not know that the months pass. */
const startServer = async (
  context: CommandContext,
  sandbox: Sandbox,
  env: DemoEnv,
): Promise<Server> => {
  const log = new PassThrough()
  let signal: (name: StopSignal) => void = () => undefined
  const onSignal = (listener: typeof signal): void => void (signal = listener)
  const host = { ...context, env, stdout: log, stderr: log, onSignal }
  let ended: Promise<unknown> = Promise.resolve()
  const command = serveCommand((work) => {
    ended = work(host).finally(() => log.end())
    return Promise.resolve()
  }, sandbox.clock)
  await command.parseAsync([], { from: 'user' })
  const stop = async (): Promise<void> => {
    signal('SIGINT')
    await ended
  }
  const { url, opsUrl } = await addressesIn(log)
  return { url, opsUrl, stop }
}

const passDays = async (sandbox: Sandbox): Promise<{ signedIn: number; refused: number }> => {
  const answer = await fetch(`${sandbox.url}/sandbox/clock`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to: new Date().toISOString() }),
  })
  return (await answer.json()) as { signedIn: number; refused: number }
}

/**
 * Some have forgotten their password in all these years.
 * @returns one who tries again and again
 */
const forgetPasswords = async (sandbox: Sandbox): Promise<string> => {
  const longGone = sandbox.people.toSorted((a, b) => a.lastSeenAt - b.lastSeenAt).slice(0, 12)
  const [{ login: stubborn } = { login: '' }] = longGone
  const tries = [...longGone.map(({ login }) => login), stubborn, stubborn, stubborn]
  for (const login of tries) await signInAt(sandbox, login, 'forgotten')
  return stubborn
}

const runStory = async (
  stage: Stage,
  sandbox: Sandbox,
  hookUrl: string,
  env: DemoEnv,
): Promise<void> => {
  await show(stage, ['register', '--url', hookUrl], env)
  await show(stage, ['import', '--journal', 'import.journal'], env)
  tell(stage, `\n${DAYS} days pass. Everybody comes when they always came…\n`)
  const { signedIn, refused } = await passDays(sandbox)
  const login = await forgetPasswords(sandbox)
  changeCompany(stage.dir)
  const event = { event: 'months', days: DAYS, signIns: signedIn, refused }
  stage.print(`${figure(signedIn)} sign-ins, and ${figure(refused)} that were refused.\n`, event)
  const cutOffs = [dateIn(0), dateIn(7)].flatMap((date) => ['--cut-off', date])
  await show(stage, ['status', ...cutOffs, '--left', 'left.csv'], env)
  tell(stage, '\nSomebody calls support: "I cannot sign in."\n')
  await show(stage, ['who', login], env)
  tell(stage, '\nBefore the end: do the legacy store, Okta and the ledger agree?\n')
  await show(stage, ['reconcile'], env)
  if (stage.isCampaign) await playEnding(stage, sandbox, env)
}

const INTRODUCTION = `

Now a company of ${figure(PEOPLE)} people, from the first day to day ${DAYS}. Their hashes are bcrypt of cost 4, so that
the months pass in seconds; each sign-in is real, and goes through the hook server.

Before the first day: who could not sign in? Some hashes are damaged, as in most old stores.
`

const secret = (): string => randomBytes(24).toString('base64url')

const withServer = async (
  stage: Stage,
  context: CommandContext,
  sandbox: Sandbox,
): Promise<void> => {
  const env = {
    ...stage.terminalEnv,
    ...COMPANY_SQL,
    OKTA_ORG_URL: sandbox.url,
    OKTA_API_TOKEN: DEMO_TOKEN,
    HOOK_SECRET: secret(),
    FINGERPRINT_KEY: secret(),
  }
  const filesIn = (dir: string): DemoEnv => ({
    LEGACY_DB_URL: `sqlite:${join(dir, STORE)}`,
    LEDGER_DB_URL: `sqlite:${join(dir, LEDGER)}`,
  })
  const shown = { ...env, ...filesIn('') }
  await show(stage, ['audit', '--go-live', dateIn(-DAYS)], shown)
  const served = { ...env, ...filesIn(stage.dir), PORT: '0', OPS_PORT: '0' }
  const server = await startServer(context, sandbox, served)
  const page = `${server.opsUrl}/campaign`
  stage.print(`\nA page for those who do not run the migration, while this goes on: ${page}\n`, {
    ...{ event: 'page', url: page },
  })
  try {
    await runStory(stage, sandbox, server.url, shown)
    if (stage.isCampaign) await stage.untilSeen(page)
  } finally {
    await server.stop()
  }
}

export const playMonths = async (stage: Stage, context: CommandContext): Promise<void> => {
  tell(stage, INTRODUCTION)
  const sandbox = await startSandbox({
    port: 0,
    tokens: [{ scheme: 'SSWS', token: DEMO_TOKEN }],
    startedAt: Date.now() - DAYS * DAY_MS,
    people: { count: PEOPLE, habits: 'billing', areUsers: false },
    faults: { rateLimit: CALLS_PER_MINUTE },
  })
  try {
    await makeCompany(stage.dir, sandbox.people)
    await withServer(stage, context, sandbox)
  } finally {
    await sandbox.close()
  }
}
