/** A process that migrates a ledger on a signal from the test, and reports the result. */
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'

const url = process.argv[2]

const migrate = async () => {
  const database = openLedgerDatabase({ url })
  await database.migrate()
  await database.close()
  return 'migrated'
}

process.once('message', async () => {
  const result = await migrate().catch((err) => `${err} ${err.detail}`)
  process.send(result, () => process.exit())
})
process.send('ready')
