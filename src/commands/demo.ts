/** The command `okta-migrate demo`: an import, some sign-ins and who is left, all offline. */
import { Command } from 'commander'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { jsonOption, verboseOption, type CommonOptions } from './common-options.ts'
import { createDemo } from './serve/demo-mode.ts'
import { createPrint, type CommandContext, type Perform, type Print } from './context.ts'
import { toShell } from './import/next-command.ts'

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url))
const USERS = new URL('../../legacy-db/sample-users.csv', import.meta.url)
const TOKEN = 'a-token-of-the-sandbox'

/** Sign-ins of the sample accounts in `legacy-db/`, whose passwords are public. */
const SIGN_INS: readonly [login: string, password: string, about: string][] = [
  ['isaac.brock@example.com', 'Float on, 2004!', 'the right password'],
  ['isaac.brock', 'Float on, 2004!', 'again: Okta has the password now and does not call the hook'],
  ['joan.jett@example.com', 'not the password', 'a wrong password'],
  ['joan.jett@example.com', 'I love rock-n-roll', 'the right password'],
  ['gone.person@example.com', 'I left in March', 'disabled in the legacy store, so not in Okta'],
  ['cut.off@example.com', 'the column was short', "a hash that was cut off; Okta's log says so"],
]

type Env = Readonly<Record<string, string>>

interface DemoDeps {
  readonly sandbox: Sandbox
  /** The working directory of its commands. */
  readonly dir: string
  readonly options: CommonOptions
  readonly print: Print
  /** The variables that say how the terminal looks. */
  readonly terminalEnv: Env
}

const FILE = 'legacy-db/sample-users.csv'
const REJECTS = 'legacy-db/sample-users.rejects.csv'
const FLAG = ['--where-enabled', 'enabled']

const start = (
  args: readonly string[],
  env: Env,
  cwd: string,
  stdout: 'inherit' | 'pipe',
): ChildProcess =>
  spawn(process.execPath, [CLI, ...args], { env, cwd, stdio: ['ignore', stdout, 'inherit'] })

/** Runs a command as a person would, with its output shown. Its exit code is not checked: that is part of the demo. */
const show = async (
  { options, print, dir }: DemoDeps,
  args: readonly string[],
  env: Env,
): Promise<void> => {
  const flags = (['json', 'verbose'] as const).filter((name) => options[name])
  const command = toShell(args)
  print(`\n$ ${command}\n`, { event: 'step', command })
  await once(start([...args, ...flags.map((name) => `--${name}`)], env, dir, 'inherit'), 'exit')
}

/** @returns the address of the server, once it listens */
const addressOf = (server: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('the hook server ended')))
    if (!server.stdout) throw new TypeError('no output to read')
    createInterface(server.stdout).on('line', (line) => {
      const address = /"url":"(http:[^"]+)"/.exec(line)?.[1]
      if (address !== undefined) resolve(address)
    })
  })

const hookCalls = (sandbox: Sandbox): number =>
  sandbox.events().filter(({ eventType }) => eventType === 'user.import.password').length

const signIn = async (sandbox: Sandbox, username: string, password: string) => {
  const before = hookCalls(sandbox)
  const { status } = await fetch(`${sandbox.url}/api/v1/authn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  return { signedIn: status === 200, hookAsked: hookCalls(sandbox) > before }
}

const signInAll = async ({ sandbox, print }: DemoDeps): Promise<void> => {
  for (const [login, password, about] of SIGN_INS) {
    const { signedIn, hookAsked } = await signIn(sandbox, login, password)
    const event = { event: 'sign-in', login, signedIn, hookAsked, about }
    const answer = signedIn ? 'signed in' : 'refused  '
    const hook = hookAsked ? 'the hook was called' : 'the hook was not called'
    print(`  ${login.padEnd(24)} ${answer}  ${hook}  (${about})\n`, event)
  }
}

const CLOSING = `
The demo's directory and its Okta org are deleted now. To do the same yourself, start
  okta-migrate sandbox
and paste the two lines with "export" that it prints into another terminal. Then run there:
  ${toShell(['import', relative('', fileURLToPath(USERS)), ...FLAG, '--limit', '3'])}
`

const runStory = async (deps: DemoDeps, url: string, env: Env): Promise<void> => {
  const { sandbox, dir, print } = deps
  const notify = (text: string): void => print(text, { event: 'notice', message: text.trim() })
  const ready = { event: 'ready', url: sandbox.url, hookUrl: url }
  print(`A simulated Okta is at ${sandbox.url}, the hook server at ${url}.\n`, ready)
  await show(deps, ['register', '--url', url], env)
  await show(deps, ['import', FILE, ...FLAG], env)
  notify(
    'Users who are disabled in the legacy store were left out: in Okta their accounts would be active.\n',
  )
  const text = readFileSync(join(dir, REJECTS), 'utf8')
  const event = { event: 'rejects', file: REJECTS, text }
  print(`\nThe rejected rows in ${REJECTS}, to correct and import again:\n${text}`, event)
  notify('\nSome of the users sign in:\n\n')
  await signInAll(deps)
  notify('\nWho has migrated (provider OKTA), and who has not (IMPORT):\n')
  await show(deps, ['users', 'list'], env)
  notify('\nWith --pending it lists only those who have not.\n')
  notify(CLOSING)
}

const withHook = async (deps: DemoDeps): Promise<void> => {
  const store = createDemo()
  const okta = { OKTA_ORG_URL: deps.sandbox.url, OKTA_API_TOKEN: TOKEN }
  const env = { ...deps.terminalEnv, ...okta, HOOK_SECRET: store.secret }
  const own = { LEGACY_DB_URL: store.legacyDbUrl, LEDGER_DB_URL: 'off', PORT: '0' }
  const server = start(['serve'], { ...env, ...own, DRAIN_DELAY_MS: '0' }, deps.dir, 'pipe')
  try {
    await runStory(deps, await addressOf(server), env)
  } finally {
    server.kill('SIGTERM')
    store.remove()
  }
}

/** The variables that the commands of the demo take over. */
const TERMINAL_NAMES = ['CI', 'FORCE_COLOR', 'NO_COLOR', 'TERM']

const terminalEnvOf = ({ env }: CommandContext): Env =>
  Object.fromEntries(
    TERMINAL_NAMES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  )

const demo =
  (options: CommonOptions) =>
  async (context: CommandContext): Promise<number> => {
    const sandbox = await startSandbox({ port: 0, tokens: [{ scheme: 'SSWS', token: TOKEN }] })
    const dir = mkdtempSync(join(tmpdir(), 'okta-migrate-demo-'))
    try {
      mkdirSync(dirname(join(dir, FILE)))
      copyFileSync(USERS, join(dir, FILE))
      const print = createPrint(context, options)
      await withHook({ sandbox, dir, options, print, terminalEnv: terminalEnvOf(context) })
      return 0
    } finally {
      rmSync(dir, { recursive: true, force: true })
      await sandbox.close()
    }
  }

export const demoCommand = (perform: Perform): Command =>
  new Command('demo')
    .description('try everything in a minute, offline: an import, sign-ins, and who is left')
    .addHelpText('after', '\nExample:\n  npm run demo\n')
    .addOption(jsonOption())
    .addOption(verboseOption())
    .action((options: CommonOptions) => perform(demo(options)))
