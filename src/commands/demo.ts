/** Owns the whole story, told offline: an Okta, the hook, an import, some sign-ins, and who is left. */
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
import type { CommandContext, Perform } from './context.ts'
import { toShell } from './import/next-command.ts'
import { createPrint, type Print } from './terminal/output.ts'

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

type Env = Readonly<Record<string, string>>

interface Stage {
  readonly sandbox: Sandbox
  /** Where its commands run, as a person's would beside the checkout. */
  readonly dir: string
  readonly options: CommonOptions
  readonly print: Print
  /** How the person wants to see it. */
  readonly looks: Env
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

/** Runs a command as a person would, for eyes to see. Its exit code is a part of what it shows. */
const show = async (
  { options, print, dir }: Stage,
  args: readonly string[],
  env: Env,
): Promise<void> => {
  const flags = (['json', 'verbose'] as const).filter((name) => options[name])
  const command = toShell(args)
  print(`\n$ ${command}\n`, { event: 'step', command })
  await once(start([...args, ...flags.map((name) => `--${name}`)], env, dir, 'inherit'), 'exit')
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

const signInAll = async ({ sandbox, print }: Stage): Promise<void> => {
  for (const [login, password, about] of SIGN_INS) {
    const { signedIn, hookAsked } = await signIn(sandbox, login, password)
    const asked = hookAsked ? 'the hook was asked' : 'the hook was not asked'
    print(`  ${login.padEnd(24)} ${signedIn ? 'signed in' : 'refused  '}  ${asked}  (${about})\n`, {
      event: 'sign-in',
      login,
      signedIn,
      hookAsked,
      about,
    })
  }
}

const CLOSING = `
All of this was in a directory and an Okta that end with the demo. To do it yourself, start
  okta-migrate sandbox
and paste the two lines with "export" that it prints into another terminal. There:
  ${toShell(['import', relative('', fileURLToPath(USERS)), ...FLAG, '--limit', '3'])}
`

const story = async (stage: Stage, url: string, env: Env): Promise<void> => {
  const { sandbox, dir, print } = stage
  const say = (text: string): void => print(text, { event: 'notice', message: text.trim() })
  const ready = { event: 'ready', url: sandbox.url, hookUrl: url }
  print(`An Okta to practise on is at ${sandbox.url}, the hook server at ${url}.\n`, ready)
  await show(stage, ['register', '--url', url], env)
  await show(stage, ['import', FILE, ...FLAG], env)
  say('Who is disabled in the legacy store was left out: an account in Okta would be active.\n')
  const text = readFileSync(join(dir, REJECTS), 'utf8')
  const event = { event: 'rejects', file: REJECTS, text }
  print(`\nThe rejects in ${REJECTS}, to be corrected and imported again:\n${text}`, event)
  say('\nSome of them sign in:\n\n')
  await signInAll(stage)
  say('\nWho has moved (provider OKTA), and who has not (IMPORT):\n')
  await show(stage, ['users', 'list'], env)
  say('\nWith --pending it lists the latter alone.\n')
  say(CLOSING)
}

const withHook = async (stage: Stage): Promise<void> => {
  const store = createDemo()
  const okta = { OKTA_ORG_URL: stage.sandbox.url, OKTA_API_TOKEN: TOKEN }
  const env = { ...stage.looks, ...okta, HOOK_SECRET: store.secret }
  const hook = {
    ...env,
    LEGACY_DB_URL: store.legacyDbUrl,
    LEDGER_DB_URL: 'off',
    PORT: '0',
    DRAIN_DELAY_MS: '0',
  }
  const server = start(['serve'], hook, stage.dir, 'pipe')
  try {
    await story(stage, await addressOf(server), env)
  } finally {
    server.kill('SIGTERM')
    store.remove()
  }
}

/** What the commands of the demo shall know of the terminal. */
const LOOKS = ['CI', 'FORCE_COLOR', 'NO_COLOR', 'TERM']

const looksOf = ({ env }: CommandContext): Env =>
  Object.fromEntries(
    LOOKS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  )

const demo =
  (options: CommonOptions) =>
  async (host: CommandContext): Promise<number> => {
    const sandbox = await startSandbox({ port: 0, tokens: [{ scheme: 'SSWS', token: TOKEN }] })
    const dir = mkdtempSync(join(tmpdir(), 'okta-migrate-demo-'))
    try {
      mkdirSync(dirname(join(dir, FILE)))
      copyFileSync(USERS, join(dir, FILE))
      const print = createPrint(host, options)
      await withHook({ sandbox, dir, options, print, looks: looksOf(host) })
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
    .addOption(jsonOption())
    .addOption(verboseOption())
    .action((options: CommonOptions) => perform(demo(options)))
