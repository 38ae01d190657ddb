/** The confirmation at a terminal: the person has to type what was shown. */
import { PassThrough, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import type { CommandContext } from '../../src/commands/context.ts'
import { confirm, confirmTyped } from '../../src/commands/terminal/confirm.ts'

const WANTED = { org: 'acme.okta.com', count: 68_836 }

const typedFor = async (
  ask: (host: CommandContext) => Promise<void>,
  keys: readonly string[],
  noInput = false,
): Promise<string> => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
  let shown = ''
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      shown += chunk.toString()
      done()
    },
  })
  const host = {
    version: '',
    args: [],
    env: {},
    stdin,
    stdout: stderr,
    stderr,
    noInput,
    onSignal: () => undefined,
  }
  const confirmed = ask(host)
  for (const key of keys) stdin.write(key)
  await confirmed
  return shown
}

const typed = (...keys: string[]): Promise<string> =>
  typedFor((host) => confirm(host, undefined, WANTED), keys)

it.each(['acme.okta.com:68836', ' ACME.okta.com 68836 '])('%j confirms', async (line) => {
  expect(await typed(line, '\r')).toContain('Type acme.okta.com:68836 to continue: ')
})

it.each([
  ['y', '\r'],
  ['', '\r'],
  ['acme.okta.com', '\r'],
  ['acme.okta.com:68837', '\r'],
  ['other.okta.com:68836', '\r'],
])('%j does not confirm', async (...keys) => {
  await expect(typed(...keys)).rejects.toMatchObject({ code: 'unconfirmed' })
})

it.each([
  ['Ctrl-C', 'half', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s ends with the code of an interrupted command', async (_, ...keys) => {
  const interrupted = { code: 'interrupted', row: { exit: 130 } }
  await expect(typed(...keys)).rejects.toMatchObject(interrupted)
  const ask = (host: CommandContext) => confirmTyped(host, undefined, 'isaac@example.com')
  await expect(typedFor(ask, keys)).rejects.toMatchObject(interrupted)
})

it.each([
  [70_000, false, true],
  [70_000, true, false],
  [68_836, true, true],
])(
  '--yes with %i is enough where the number must be the same: %s, %s',
  async (count, isExact, is) => {
    const yes = { org: WANTED.org, count }
    const stdin = new PassThrough()
    const host = {
      version: '',
      args: [],
      env: {},
      stdin,
      stdout: stdin,
      stderr: stdin,
      onSignal: () => undefined,
    }
    const confirmed = confirm(host, yes, { ...WANTED, isExact }).then(
      () => true,
      () => false,
    )
    expect(await confirmed).toBe(is)
  },
)

it('what was shown can be typed, and nothing else', async () => {
  const type = (...keys: string[]) =>
    typedFor((host) => confirmTyped(host, undefined, 'isaac@example.com'), keys)
  expect(await type(' isaac@example.com ', '\r')).toContain('Type isaac@example.com to continue: ')
  for (const keys of [
    ['y', '\r'],
    ['', '\r'],
  ]) {
    await expect(type(...keys)).rejects.toMatchObject({ code: 'unconfirmed' })
  }
  await typedFor((host) => confirmTyped(host, true, 'x'), [])
})

it('with --no-input nothing is asked, and the refusal says what to give', async () => {
  const asked = typedFor(
    (host) => confirm(host, undefined, WANTED),
    ['acme.okta.com:68836', '\r'],
    true,
  )
  await expect(asked).rejects.toMatchObject({
    code: 'unconfirmed',
    detail: 'Confirm it with --yes acme.okta.com:68836',
  })
})
