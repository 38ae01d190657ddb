/** The log: lines for machines, lines for people, and logins that cannot be read from it. */
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLog, fingerprint } from '../../src/ops/log.ts'

const capture = (isTerminal: boolean): string => {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      text += chunk.toString()
      done()
    },
  })
  const log = createLog({ level: 'info', isTerminal, stream })
  log.info({ outcome: 'VERIFIED' }, 'password import')
  log.debug('not shown')
  return text
}

describe('createLog', () => {
  it('writes one JSON object a line, with a level in words', () => {
    const lines = capture(false).trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      outcome: 'VERIFIED',
      msg: 'password import',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    })
  })

  it('writes for eyes on a terminal', () => {
    expect(capture(true)).toMatch(/INFO.*: password import\n\s+outcome: "VERIFIED"/)
  })
})

describe('fingerprint', () => {
  it('is the same for the same login and key, and no other', () => {
    const name = fingerprint('one key')
    expect(name('a@example.com')).toBe(name('a@example.com'))
    expect(name('a@example.com')).not.toBe(name('b@example.com'))
    expect(name('a@example.com')).not.toBe(fingerprint('other key')('a@example.com'))
    expect(name('a@example.com')).toMatch(/^[\w-]{16}$/)
  })
})
