/** The trial of a ledger's database: it writes as a server would, and leaves nothing behind. */
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { openLedgerTrial } from '../../src/ledger/trial/trial.ts'
import { describeEach, freshDatabase, SERVERS } from '../support/databases.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

const tryLedger = async (url: string) => {
  const trial = openLedgerTrial({ url })
  onTestFinished(trial.cut)
  return trial.run()
}

const keepLedger = async (url: string): Promise<void> => {
  const ledger = await Ledger.start({
    ...{ target: { url }, spillDir: tempDir(), clock: systemClock, log },
  })
  await until('the ledger is there', () => ledger.status.database === 'ok')
  await ledger.close()
}

await describeEach(SERVERS, 'the trial', (kind) => {
  it('writes a row and takes it back', async () => {
    const url = await freshDatabase(kind)
    expect(await tryLedger(url)).toBe('older')
    await keepLedger(url)
    expect(await tryLedger(url)).toBe('current')
    expect(await runSql(url, 'SELECT * FROM ledger_accounts')).toEqual([])
  })

  it('fails where no row can be written', async () => {
    const url = await freshDatabase(kind)
    await keepLedger(url)
    const columns = 'ADD COLUMN required INTEGER NOT NULL'
    await runSql(url, `ALTER TABLE ledger_accounts ${columns}`)
    await expect(tryLedger(url)).rejects.toThrow(/required/)
  })
})
