/** Owns the whole story, told offline: an Okta, the hook, an import, some sign-ins, and who is left. */
import { Command } from 'commander'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { createDemo } from './demo-mode.ts'
import type { Host, Perform } from './host.ts'

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url))
const USERS = new URL('../../legacy-db/sample-users.csv', import.meta.url)
const TOKEN = 'a-token-of-the-sandbox'

/** Sign-ins of the sample accounts in `legacy-db/`, whose passwords are no secrets. */
const SIGN_INS: readonly [login: string, password: string, about: string][] = [
  ['isaac.brock@example.com', 'Float on, 2004!', 'the right password'],
  ['isaac.brock', 'Float on, 2004!', 'again: Okta has the password now and does not call the hook'],
  ['joan.jett@example.com', 'not the password', 'a wrong password'],
  ['joan.jett@example.com', 'I love rock-n-roll', 'the right one'],
  ['gone.person@example.com', 'I left in March', 'disabled in the legacy store, so not in Okta'],
  ['cut.off@example.com', 'the column was short', "a hash that lost its end; Okta's log says so"],
]

type Say = (text: string) => void
type Env = Readonly<Record<string, string>>

const start = (args: readonly string[], env: Env, stdout: 'inherit' | 'pipe'): ChildProcess =>
  spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', stdout, 'inherit'] })

/** Runs a command as a person would, for eyes to see. Its exit code is a part of what it shows. */
const show = async (args: readonly string[], env: Env, say: Say, shown = args): Promise<void> => {
  say(`\n$ okta-migrate ${shown.join(' ')}\n`)
  await once(start(args, env, 'inherit'), 'exit')
}

/** @returns the address of the server, once it serves */
const addressOf = (server: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('the hook server ended')))
    if (!server.stdout) throw new TypeError('no output to read')
    createInterface(server.stdout).on('line', (line) => {
      const address = /"url":"(http:[^"]+)"/.exec(line)?.[1]
      if (address !== undefined) resolve(address)
    })
  })

const rejectsOf = (file: string): string => file.replace(/csv$/, 'rejects.csv')

const hookCalls = (sandbox: Sandbox): number =>
  sandbox.events().filter(({ eventType }) => eventType === 'user.import.password').length

const signIn = async (sandbox: Sandbox, username: string, password: string): Promise<string> => {
  const before = hookCalls(sandbox)
  const { status } = await fetch(`${sandbox.url}/api/v1/authn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  const asked = hookCalls(sandbox) > before ? 'the hook was asked' : 'the hook was not asked'
  return `${status === 200 ? 'signed in' : 'refused  '}  ${asked}`
}

const tell = async (sandbox: Sandbox, dir: string, say: Say): Promise<void> => {
  const store = createDemo()
  const base = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: TOKEN }
  const env = { ...base, HOOK_SECRET: store.secret }
  const hook = {
    ...env,
    LEGACY_DB_URL: store.legacyDbUrl,
    LEDGER_DB_URL: 'off',
    PORT: '0',
    DRAIN_DELAY_MS: '0',
  }
  const server = start(['serve'], hook, 'pipe')
  try {
    const url = await addressOf(server)
    say(`An Okta to practise on is at ${sandbox.url}, the hook server at ${url}.\n`)
    await show(['register', '--url', url], env, say)
    const file = join(dir, 'sample-users.csv')
    copyFileSync(USERS, file)
    const flag = ['--where-enabled', 'enabled']
    const shown = ['import', 'legacy-db/sample-users.csv', ...flag]
    await show(['import', file, ...flag], env, say, shown)
    say('Who is disabled in the legacy store was left out: an account in Okta would be active.\n')
    say(
      `\nThe rejects, to be corrected and imported again:\n${readFileSync(rejectsOf(file), 'utf8')}`,
    )
    say('\nSome of them sign in:\n')
    for (const [login, password, about] of SIGN_INS) {
      say(`  ${login.padEnd(24)} ${await signIn(sandbox, login, password)}  (${about})\n`)
    }
    say('\nWho has moved (provider OKTA), and who has not (IMPORT):\n')
    await show(['users', 'list'], env, say)
    say('\nWith --pending it lists the latter alone.\n')
  } finally {
    server.kill('SIGTERM')
    store.remove()
  }
}

const demo = async ({ stdout }: Host): Promise<number> => {
  const sandbox = await startSandbox({ port: 0, tokens: [{ scheme: 'SSWS', token: TOKEN }] })
  const dir = mkdtempSync(join(tmpdir(), 'okta-migrate-demo-'))
  try {
    await tell(sandbox, dir, (text) => stdout.write(text))
    return 0
  } finally {
    rmSync(dir, { recursive: true, force: true })
    await sandbox.close()
  }
}

export const demoCommand = (perform: Perform): Command =>
  new Command('demo')
    .description('the whole story in a minute, offline: import, sign-ins, and who is left')
    .addHelpText('after', '\nExample:\n  npm run demo\n')
    .action(() => perform(demo))
