// A mistake of our own in the code that handles a database's answer. It must end the process.
import { PostgresClient } from '../../src/sql/postgres-client.ts'

const client = new PostgresClient({ connectionString: process.argv[2] })
await client.connect()
void client.query('SELECT 1').then(() => {
  throw new TypeError('a bug')
})
