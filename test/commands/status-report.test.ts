/** What `okta-migrate status` keeps of its reports, and that nothing but a run that ends well changes it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSavedReport } from '../../src/campaign/state/saved-report.ts'
import { systemClock } from '../../src/clock.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { openLedgerReports } from '../../src/ledger/database/reports.ts'
import { addMoved, addPending, makeLedger, oktaOf } from '../support/campaign.ts'
import { asReader, READER_PASSWORD } from '../support/database-reader.ts'
import { ALL_KINDS, describeEach, freshDatabase, SERVERS } from '../support/databases.ts'
import { runInProcess } from '../support/in-process.ts'
import { startTestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const NOW = Date.UTC(2026, 10, 27, 13)

const setUp = async () => {
  const dir = tempDir()
  const path = join(dir, 'state.sqlite')
  const org = await startTestSandbox()
  await addMoved(org, 'moved@example.com')
  await addPending(org, 'silent@example.com')
  const run = (env: Record<string, string>, ...args: string[]) =>
    runInProcess(
      (perform) => statusCommand(perform, { ...systemClock, epochMs: () => NOW }),
      ['--state', path, ...args],
      { LEDGER_DB_URL: 'off', ...oktaOf(org), ...env },
    )
  return { dir, path, org, run }
}

describe('the report that is kept', () => {
  it('is the object that --json prints, with the host of the org and the people who have not moved', async () => {
    const { path, org, run } = await setUp()
    const { stdout } = await run({}, '--json')
    expect(readSavedReport(path)).toEqual({
      org: new URL(org.url).host,
      at: NOW,
      notMoved: 1,
      json: stdout,
    })
  })

  it('is that of the newest run, in words or not', async () => {
    const { path, org, run } = await setUp()
    await run({}, '--json')
    await addPending(org, 'new@example.com')
    expect((await run({})).code).toBe(0)
    expect(readSavedReport(path)?.notMoved).toBe(2)
  })

  it('stays that of the run before where a run fails, be it at its very end', async () => {
    const { dir, path, org, run } = await setUp()
    await run({}, '--json')
    await addPending(org, 'new@example.com')
    const before = readSavedReport(path)
    expect(before?.notMoved).toBe(1)
    const refused = await run({ OKTA_API_TOKEN: 'no-token-of-this-org' })
    expect([refused.code, readSavedReport(path)]).toEqual([expect.any(Number), before])
    expect(refused.code).not.toBe(0)
    const left = join(dir, 'left.csv')
    mkdirSync(left)
    const unwritten = await run({}, '--left', left)
    expect([unwritten.code, unwritten.stdout]).toEqual([1, ''])
    expect(readSavedReport(path)).toEqual(before)
  })
})

const newestIn = async (url: string, { url: orgUrl }: { readonly url: string }) => {
  const reports = openLedgerReports({ url }, true)
  const found = await reports.newestReport(new URL(orgUrl).host)
  await reports.close()
  return found
}

await describeEach(ALL_KINDS, 'the copy in the ledger', (kind) => {
  it('is the same object, with its time', async () => {
    const { dir, org, run } = await setUp()
    const ledger = await makeLedger(dir, [], await freshDatabase(kind))
    const { code, stdout, stderr } = await run(ledger, '--json')
    expect([code, stderr]).toEqual([0, ''])
    expect(await newestIn(ledger['LEDGER_DB_URL'] ?? '', org)).toEqual({
      org: new URL(org.url).host,
      at: new Date(NOW).toISOString(),
      text: stdout.trimEnd(),
    })
  })
})

await describeEach(SERVERS, 'a ledger that may only be read', (kind) => {
  it('gets no copy, which the run says in one line, and is counted all the same', async () => {
    const { dir, path, org, run } = await setUp()
    const url = await freshDatabase(kind)
    const ledger = await makeLedger(dir, [], url)
    const env = { ...ledger, LEDGER_DB_URL: await asReader(kind, url, 'SELECT') }
    const { code, stdout, stderr } = await run(env, '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { notMoved: { people: 1 } }])
    expect(stderr).toMatch(/^The ledger has no copy of this report, .*ledger_reports.*\n$/)
    expect(stderr).not.toContain(READER_PASSWORD)
    expect(readSavedReport(path)?.json).toBe(stdout)
    expect(await newestIn(url, org)).toBeUndefined()
  })
})
