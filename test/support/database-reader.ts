/** A database user who has some rights on the tables that are there, and no more. */
import { onTestFinished } from 'vitest'
import type { Kind } from './databases.ts'
import { runSql } from './ledger-sql.ts'

/** Nothing may show it. */
export const READER_PASSWORD = 'Q7ZqMarked7Qz'

/** @returns the URL for this user */
export const asReader = async (
  { dialect }: Pick<Kind, 'dialect'>,
  url: string,
  rights: string,
): Promise<string> => {
  const name = `reader_${Date.now().toString(36)}_${dialect}`
  const own = new URL(url)
  own.username = name
  own.password = READER_PASSWORD
  const database = own.pathname.slice(1)
  const isMysql = dialect === 'mysql'
  await runSql(
    url,
    `CREATE USER ${name} ${isMysql ? 'IDENTIFIED BY' : 'PASSWORD'} '${own.password}'`,
  )
  onTestFinished(async () => {
    if (!isMysql) await runSql(url, `DROP OWNED BY ${name}`)
    await runSql(url, `DROP USER ${name}`)
  })
  await runSql(
    url,
    isMysql
      ? `GRANT ${rights} ON ${database}.* TO ${name}`
      : `GRANT ${rights} ON ALL TABLES IN SCHEMA public TO ${name}`,
  )
  return own.href
}
