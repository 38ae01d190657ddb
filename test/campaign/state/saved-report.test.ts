/** The reports that are kept in the state of a campaign: what outlives a run, and what is read of which file. */
import Database from 'better-sqlite3'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  keepReport,
  readSavedReport,
  STATE_REPORTS_KEPT,
  type SavedReport,
} from '../../../src/campaign/state/saved-report.ts'
import { openCampaignState } from '../../../src/campaign/state/state-file.ts'
import { tempDir } from '../../support/temp.ts'

const report = (notMoved: number): SavedReport => ({
  org: 'acme.okta.com',
  at: Date.UTC(2026, 10, 27),
  notMoved,
  json: `{"notMoved":{"people":${notMoved}}}\n`,
})

const stateFile = (): string => join(tempDir(), 'state.sqlite')

const nobody = (): Promise<void> => Promise.resolve()

const keep = async (path: string, notMoved: number): Promise<void> => {
  const state = openCampaignState(path)
  await state.replace(nobody)
  keepReport(state.db, report(notMoved))
  state.close()
}

describe('the newest saved report', () => {
  it('is the one of the last run that came to its end', async () => {
    const path = stateFile()
    expect(readSavedReport(path)).toBeUndefined()
    expect(existsSync(path)).toBe(false)
    await keep(path, 7)
    await keep(path, 5)
    expect(readSavedReport(path)).toEqual(report(5))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('outlives a run that fails', async () => {
    const path = stateFile()
    await keep(path, 7)
    const state = openCampaignState(path)
    await expect(state.replace(() => Promise.reject(new Error('no Okta')))).rejects.toThrow()
    state.close()
    expect(readSavedReport(path)).toEqual(report(7))
  })

  it('outlives a run that is killed while it writes, and the file can be used again', async () => {
    const path = stateFile()
    await keep(path, 7)
    const script = join(import.meta.dirname, '../../support/die-replacing-state.mjs')
    expect(spawnSync(process.execPath, [script, path]).signal).toBe('SIGKILL')
    // What it has left half-written, and what SQLite needs to take it back.
    expect(statSync(`${path}-journal`).size).toBeGreaterThan(0)
    expect(statSync(path).size).toBeGreaterThan(1_000_000)
    expect(readSavedReport(path)).toEqual(report(7))
    await keep(path, 5)
    expect(readSavedReport(path)).toEqual(report(5))
  })

  it('does not depend on the clock, and old ones are forgotten', async () => {
    const path = stateFile()
    await keep(path, 0)
    const state = openCampaignState(path)
    for (let i = 1; i <= STATE_REPORTS_KEPT + 5; i++)
      keepReport(state.db, { ...report(i), at: 1_000 - i })
    const count = state.db.prepare('SELECT count(*), min(not_moved) FROM reports').raw().get()
    state.close()
    expect(count).toEqual([STATE_REPORTS_KEPT, 6])
    expect(readSavedReport(path)?.notMoved).toBe(STATE_REPORTS_KEPT + 5)
  })

  it('is not there in the state of an earlier version, or after a first run that failed', async () => {
    const path = stateFile()
    const state = openCampaignState(path)
    await state.replace(nobody)
    state.close()
    expect(readSavedReport(path)).toBeUndefined()
    const empty = stateFile()
    openCampaignState(empty).close()
    expect(readSavedReport(empty)).toBeUndefined()
  })
})

describe('a file whose report cannot be read', () => {
  const refusalOf = (path: string) => {
    try {
      return readSavedReport(path)
    } catch (err) {
      return err
    }
  }

  it('is one that another run is using', async () => {
    const path = stateFile()
    await keep(path, 7)
    const state = openCampaignState(path)
    expect(refusalOf(path)).toMatchObject({
      code: 'state_unusable',
      detail: expect.stringContaining('Another run is using it.') as unknown,
    })
    state.close()
  })

  it('is one of something else, which is left as it is', () => {
    const dir = tempDir()
    const [text, other] = [join(dir, 'notes.txt'), join(dir, 'other.sqlite')]
    writeFileSync(text, 'something that somebody needs, and no database at all')
    const db = new Database(other)
    db.exec('CREATE TABLE reports (number, org, at, not_moved, json)')
    db.close()
    const before = [text, other].map((path) => readFileSync(path, 'latin1'))
    for (const path of [text, other, dir]) {
      expect(refusalOf(path)).toMatchObject({ code: 'state_unusable' })
    }
    expect([text, other].map((path) => readFileSync(path, 'latin1'))).toEqual(before)
  })

  it('is none that may only be read', async () => {
    const path = stateFile()
    await keep(path, 7)
    chmodSync(path, 0o400)
    expect(readSavedReport(path)).toEqual(report(7))
  })
})
