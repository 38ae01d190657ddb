/** The first part of the demo: the sample accounts are imported, some sign in, and who has not is listed. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageFile } from '../../files.ts'
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { toShell } from '../import/next-command.ts'
import { createDemo } from '../serve/demo-mode.ts'
import {
  addressesIn,
  DEMO_TOKEN,
  show,
  signInAt,
  startProgram,
  tell,
  type DemoEnv,
  type Stage,
} from './stage.ts'

const USERS = packageFile('legacy-db/sample-users.csv')
const FILE = 'legacy-db/sample-users.csv'
const REJECTS = 'legacy-db/sample-users.rejects.csv'
const FLAG = ['--where-enabled', 'enabled']

/** Sign-ins of the sample accounts in `legacy-db/`, whose passwords are public. */
const SIGN_INS: readonly [login: string, password: string, about: string][] = [
  ['isaac.brock@example.com', 'Float on, 2004!', 'the right password'],
  ['isaac.brock', 'Float on, 2004!', 'again: Okta has the password now and does not call the hook'],
  ['joan.jett@example.com', 'not the password', 'a wrong password'],
  ['joan.jett@example.com', 'I love rock-n-roll', 'the right password'],
  ['gone.person@example.com', 'I left in March', 'disabled in the legacy store, so not in Okta'],
  ['cut.off@example.com', 'the column was short', "a hash that was cut off; Okta's log says so"],
]

const hookCalls = (sandbox: Sandbox): number =>
  sandbox.events().filter(({ eventType }) => eventType === 'user.import.password').length

const signInAll = async ({ print }: Stage, sandbox: Sandbox): Promise<void> => {
  for (const [login, password, about] of SIGN_INS) {
    const before = hookCalls(sandbox)
    const signedIn = await signInAt(sandbox, login, password)
    const hookAsked = hookCalls(sandbox) > before
    const event = { event: 'sign-in', login, signedIn, hookAsked, about }
    const answer = signedIn ? 'signed in' : 'refused  '
    const said = signedIn ? 'VERIFIED' : 'UNVERIFIED'
    const hook = hookAsked ? `the hook was called: ${said}` : 'the hook was not called'
    print(`  ${login.padEnd(24)} ${answer}  ${hook}  (${about})\n`, event)
  }
}

const runStory = async (stage: Stage, sandbox: Sandbox, hookUrl: string, env: DemoEnv) => {
  const { dir, print } = stage
  const ready = { event: 'ready', url: sandbox.url, hookUrl }
  print(`A simulated Okta is at ${sandbox.url}, the hook server at ${hookUrl}.\n`, ready)
  await show(stage, ['register', '--url', hookUrl], env)
  tell(stage, '\nDo the store, the server, the org and the hook fit together?\n')
  await show(stage, ['doctor', '--execute', '--file', FILE], { ...env, PORT: '0' })
  await show(stage, ['import', FILE, ...FLAG], env)
  tell(
    stage,
    'Users who are disabled in the legacy store were left out: in Okta their accounts would be active.\n',
  )
  const text = readFileSync(join(dir, REJECTS), 'utf8')
  const event = { event: 'rejects', file: REJECTS, text }
  print(`\nThe rejected rows in ${REJECTS}, to correct and import again:\n${text}`, event)
  tell(stage, '\nSome of the users sign in:\n\n')
  await signInAll(stage, sandbox)
  tell(stage, '\nWho has migrated (provider OKTA), and who has not (IMPORT):\n')
  await show(stage, ['users', 'list'], env)
  tell(stage, '\nWith --pending it lists only those who have not.\n')
}

const withServer = async (stage: Stage, sandbox: Sandbox): Promise<void> => {
  const store = createDemo(stage.dir)
  const okta = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: DEMO_TOKEN }
  const own = { LEGACY_DB_URL: store.legacyDbUrl, LEDGER_DB_URL: 'off' }
  const env = { ...stage.terminalEnv, ...okta, ...own, HOOK_SECRET: store.secret }
  const server = startProgram(stage, ['serve'], { ...env, PORT: '0', DRAIN_DELAY_MS: '0' }, 'pipe')
  try {
    if (!server.stdout) throw new TypeError('no output to read')
    await runStory(stage, sandbox, (await addressesIn(server.stdout)).url, env)
  } finally {
    server.kill('SIGTERM')
    store.remove()
  }
}

export const playSamples = async (stage: Stage): Promise<void> => {
  const sandbox = await startSandbox({ port: 0, tokens: [{ scheme: 'SSWS', token: DEMO_TOKEN }] })
  try {
    mkdirSync(dirname(join(stage.dir, FILE)))
    copyFileSync(USERS, join(stage.dir, FILE))
    await withServer(stage, sandbox)
  } finally {
    await sandbox.close()
  }
}

/**
 * How to go on without the demo.
 * @param program what starts this program
 */
export const describeNext = (program: readonly string[]): string => `
The demo's directory and its Okta orgs are deleted now. To do the same yourself, start
  ${toShell(['sandbox'], program)}
and paste the two lines with "export" that it prints into another terminal. Then run there:
  ${toShell(['import', relative('', fileURLToPath(USERS)), ...FLAG, '--limit', '3'], program)}
`
