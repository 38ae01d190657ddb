/** Failures as events: one shape in every command, and still the sentence on standard error. */
import { Readable, Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CommandContext } from '../../src/commands/context.ts'
import { serveCommand } from '../../src/commands/serve/serve.ts'
import type { StopSignal } from '../../src/ops/shutdown.ts'
import { runCommand } from '../support/command.ts'
import { startOkta } from '../support/okta-server.ts'

const awayOkta = async (): Promise<Record<string, string>> => {
  const okta = await startOkta(() => ({}))
  okta.close()
  return { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'marked-token' }
}

describe('a failure', () => {
  it.each([
    [['register'], 2, 'config_invalid'],
    [['users', 'list'], 2, 'config_invalid'],
    [['serve'], 2, 'config_invalid'],
    [['check'], 2, 'config_invalid'],
    [['audit'], 2, 'config_invalid'],
    [['audit', '--go-live', 'monday'], 2, 'usage_invalid'],
    [['health'], 2, 'config_invalid'],
    [['who', 'isaac'], 2, 'config_invalid'],
    [['who', 'isaac', '--unlock'], 2, 'usage_invalid'],
    [['decisions'], 2, 'config_invalid'],
    [['decisions', '--since', 'noon'], 2, 'usage_invalid'],
    [['import', 'absent.csv'], 2, 'input_unusable'],
    [['register', '--rotate', '--activate'], 2, 'usage_invalid'],
    [['sandbox', '--port', 'x'], 2, 'usage_invalid'],
    [['demo', '--absent'], 2, 'usage_invalid'],
  ])('of %j ends with %i, and is the event %s', async (args, exit, name) => {
    const env = { PORT: 'marked', HOST: '127.0.0.1' }
    const { code, stdout, stderr } = await runCommand([...args, '--json'], env)
    expect(code).toBe(exit)
    const { event, message, ...more } = JSON.parse(stdout) as Record<string, string>
    expect([event, more['code']]).toEqual(['error', name])
    expect(more['detail']).toBeTruthy()
    expect(stderr).toMatch(/^okta-migrate: /)
    if (name !== 'usage_invalid') expect(stderr).toContain(message)
  })

  it('of an Okta that is away ends with 3', async () => {
    const { code, stdout } = await runCommand(['register', '--json'], await awayOkta())
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { code: 'okta_unreachable' }])
  })

  it('without --json leaves standard output alone', async () => {
    expect(await runCommand(['register'], await awayOkta())).toMatchObject({ code: 3, stdout: '' })
  })
})

describe('a server on a terminal', () => {
  /** Its log, once it has ended. */
  const logOf = async (args: readonly string[]): Promise<string> => {
    const kept = { ...console }
    onTestFinished(() => void Object.assign(console, kept))
    let log = ''
    let stop: ((signal: StopSignal) => void) | undefined
    const take = new Writable({
      write: (chunk: Buffer, _, done) => {
        log += chunk.toString()
        done()
        if (/Ctrl-C ends the demo|"event":"demo"/.test(chunk.toString())) stop?.('SIGINT')
      },
    })
    const env = { PORT: '0', HASH_WORKERS: '1', LEDGER_DB_URL: 'off', LOG_LEVEL: 'warn' }
    const host: CommandContext = {
      ...{ version: '1', args, env, stdin: Readable.from([]), stderr: take },
      stdout: Object.assign(take, { isTTY: true }),
      onSignal: (listener) => (stop = listener),
    }
    const command = serveCommand(async (work) => {
      expect(await work(host)).toBe(0)
    })
    await command.parseAsync([...args], { from: 'user' })
    return log
  }

  it('logs for people, or with --json in lines of JSON', async () => {
    // A slow machine warns first of the bcrypt cost that it cannot check in time.
    expect(await logOf([])).toMatch(/^(?:.*bcrypt.*\n(?: +\w+: .*\n)*)*\n {2}DEMO MODE/)
    const lines = (await logOf(['--json', '--verbose'])).trimEnd().split('\n')
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(parsed.find(({ event }) => event === 'demo')).toMatchObject({
      url: expect.stringMatching(/^http:.+password-import$/) as string,
      username: 'isaac.brock@example.com',
    })
    const ready = parsed.find(({ msg }) => msg === 'the hook server is ready')
    expect(ready).toMatchObject({ level: 'info', config: { LOG_LEVEL: 'debug' } })
  })
})
