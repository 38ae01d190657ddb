/** The log: lines for machines, lines for people, and logins that cannot be read from it. */
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLog, fingerprint, logConsole } from '../../src/ops/log.ts'
import { ManualClock } from '../support/clock.ts'

const capture = async (isTerminal: boolean, login?: string): Promise<string> => {
  let text = ''
  const stdout = new Writable({
    write: (chunk: Buffer, _, done) => {
      text += chunk.toString()
      done()
    },
  })
  const clock = new ManualClock()
  const log = await createLog({ level: 'info', isTerminal, stdout, stderr: stdout, clock })
  log.info({ outcome: 'VERIFIED', login }, `password import${login ?? ''}`)
  log.debug('not shown')
  return text
}

describe('createLog', () => {
  it('writes one JSON object per line, with the level in words', async () => {
    const lines = (await capture(false)).trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      outcome: 'VERIFIED',
      msg: 'password import',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    })
  })

  it('writes for people on a terminal', async () => {
    expect(await capture(true)).toMatch(/INFO.*: password import\n\s+outcome: "VERIFIED"/)
  })

  it.each([false, true])(
    'shows no character that controls a terminal or reverses text (terminal: %s)',
    async (isTerminal) => {
      const login = 'a\u001b[2Jb\u009b31m\u202egnp\u2066\u2028\u200b\u{e0001}\r\nz@example.com'
      // eslint-disable-next-line no-control-regex -- the colours are pino-pretty's own
      const text = (await capture(isTerminal, login)).replace(/\u001b\[\d+m/g, '')
      expect(text).toMatch(/u202e.*z@example\.com/)
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u)
      expect(text.trimEnd().split('\n')).toHaveLength(isTerminal ? 3 : 1)
      if (!isTerminal) expect(JSON.parse(text)).toMatchObject({ login })
    },
  )
})

describe('a library that writes to the console', () => {
  it('appears in the log, with its sentence and nothing more', async () => {
    let text = ''
    const stdout = new Writable({
      write: (chunk: Buffer, _, done) => {
        text += chunk.toString()
        done()
      },
    })
    const target: Partial<Console> = {}
    const clock = new ManualClock()
    logConsole(
      await createLog({ level: 'info', isTerminal: false, stdout, stderr: stdout, clock }),
      target,
    )
    target.error?.('Warning: got packets out of order. Expected 1 but received 0', 'secret')
    target.trace?.()
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'warn', text: 'Warning: got packets out of order. Expected 1 but received 0' },
      { level: 'warn' },
    ])
    expect(text).not.toContain('secret')
  })
})

describe('fingerprint', () => {
  it('is the same for the same login and key, and different for any other', () => {
    const name = fingerprint('one key')
    expect(name('a@example.com')).toBe(name('a@example.com'))
    expect(name('a@example.com')).not.toBe(name('b@example.com'))
    expect(name('a@example.com')).not.toBe(fingerprint('other key')('a@example.com'))
    expect(name('a@example.com')).toMatch(/^[\w-]{16}$/)
  })
})
