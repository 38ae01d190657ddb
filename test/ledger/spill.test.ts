/** The spill: it keeps what it has accepted, and accepts no more than it may. */
import Database from 'better-sqlite3'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSpill } from '../../src/ledger/spill.ts'
import { entry } from '../support/ledger-entry.ts'
import { tempDir } from '../support/temp.ts'

describe('the spill', () => {
  it('returns its entries in order, also after it was opened again', () => {
    const dir = tempDir()
    const entries = [entry(), entry({ account: 'ünï "code"', hashFamily: null }), entry()]
    const spill = openSpill(dir)
    spill.append(entries.slice(0, 2))
    spill.append(entries.slice(2))
    spill.close()
    const again = openSpill(dir)
    expect(again.waiting).toBe(3)
    expect(again.first(2).map(({ entry }) => entry)).toEqual(entries.slice(0, 2))
    again.removeUpTo(again.first(2).at(-1)?.seq ?? 0)
    expect(again.first(9).map(({ entry }) => entry)).toEqual(entries.slice(2))
    again.close()
  })

  it('accepts a whole batch or none of it when it is full, and more when there is room', () => {
    const spill = openSpill(tempDir(), 64 * 1024)
    const batch = Array.from({ length: 50 }, () => entry())
    let batches = 0
    expect(() => {
      for (; batches < 100; batches++) spill.append(batch)
    }).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }))
    expect(batches).toBeGreaterThan(0)
    expect(spill.waiting).toBe(batches * batch.length)
    spill.removeUpTo(spill.first(batch.length).at(-1)?.seq ?? 0)
    spill.append(batch.slice(0, 5))
    expect(spill.waiting).toBe((batches - 1) * batch.length + 5)
    spill.close()
  })

  it('of two processes loses nothing when one forwards while the other appends', () => {
    const dir = tempDir()
    const [one, other] = [openSpill(dir), openSpill(dir)]
    one.append([entry()])
    const forwarded = one.first(10).at(-1)?.seq ?? 0
    other.removeUpTo(forwarded)
    const late = entry()
    other.append([late])
    one.removeUpTo(forwarded)
    expect(one.first(10).map(({ entry }) => entry)).toEqual([late])
    one.close()
    other.close()
  })

  it('is for its owner alone, and survives a loss of power', () => {
    const dir = tempDir()
    const spill = openSpill(dir)
    spill.append([entry()])
    const modes = readdirSync(dir).map((name) => statSync(join(dir, name)).mode & 0o777)
    expect(modes).toEqual(modes.map(() => 0o600))
    const [name = ''] = readdirSync(dir)
    const db = new Database(join(dir, name))
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    db.close()
    spill.close()
  })

  it.each([
    ['a directory that is not there', (dir: string) => join(dir, 'none')],
    ['a file', (dir: string) => (openSpill(dir).close(), join(dir, 'okta-migrate-spill.sqlite'))],
  ])('in %s causes an error that names the place', (_, placeIn) => {
    const place = placeIn(tempDir())
    expect(() => openSpill(place)).toThrow(
      expect.objectContaining({
        code: 'ledger_unusable',
        detail: expect.stringMatching(/okta-migrate-spill\.sqlite: ENO/) as string,
      }),
    )
  })

  it.skipIf(process.getuid?.() === 0)('in a read-only directory causes an error', () => {
    const dir = tempDir()
    chmodSync(dir, 0o500)
    expect(() => openSpill(dir)).toThrow(expect.objectContaining({ code: 'ledger_unusable' }))
  })
})
