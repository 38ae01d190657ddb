/** A process that migrates a ledger when it is told to, and says how that went. */
import { openLedgerDatabase } from '../../dist/ledger/database.js'

const url = process.argv[2]

process.once('message', async () => {
  const database = openLedgerDatabase({ url })
  const result = await database.migrate().then(
    () => 'migrated',
    (err) => String(err),
  )
  await database.close()
  process.send(result, () => process.exit())
})
process.send('ready')
