/** Sets up a session with MySQL or MariaDB, and refuses one that did not keep its settings. */
import type { RowDataPacket } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import { AppError } from '../../errors/errors.ts'

/** Each server takes its own comment for code and the other's for a comment; they name the limit differently. */
const limitTo = (ms: number): string =>
  `SET /*!50708 SESSION max_execution_time = ${ms} */ /*M! SESSION max_statement_time = ${ms / 1000} */`

const PREPARE_SESSION = [
  'SET SESSION TRANSACTION READ ONLY',
  // The parameters of a statement are found by the rules of its strings, and one of them has a switch.
  "SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
]

/** Each server has its own names for some. */
const READ_BACK = `
  SHOW SESSION VARIABLES WHERE Variable_name IN (
    'sql_mode', 'transaction_read_only', 'tx_read_only', 'max_execution_time', 'max_statement_time',
    'character_set_client', 'character_set_connection', 'character_set_results')`

type Session = ReadonlyMap<string, string>

const limitOf = (session: Session): number =>
  Number(session.get('max_execution_time') ?? Number(session.get('max_statement_time')) * 1000)

const CHARSETS = ['client', 'connection', 'results'].map((which) => `character_set_${which}`)

/** What the session must have in the end: a proxy may take a SET and not hand it on. */
const refuseSession = (session: Session, statementMs: number): void => {
  const readOnly = session.get('transaction_read_only') ?? session.get('tx_read_only')
  const missing = [
    session.get('sql_mode')?.includes('NO_BACKSLASH_ESCAPES') !== false &&
      'sql_mode without NO_BACKSLASH_ESCAPES',
    readOnly !== 'ON' && 'read-only transactions',
    Math.round(limitOf(session)) !== statementMs && 'a time limit for statements',
    CHARSETS.some((name) => session.get(name) !== 'utf8mb4') && 'the character set utf8mb4',
  ].filter((what) => what !== false)
  if (missing.length === 0) return
  const detail =
    `LEGACY_DB_URL: the session lost these settings: ${missing.join(', ')}. ` +
    'If there is a proxy, make it keep the settings of a session, or connect to the database directly'
  throw new AppError('legacy_unusable', { detail })
}

/**
 * @param statementMs milliseconds after which the server ends a statement
 * @throws AppError `legacy_unusable` where the session does not have what was set
 */
export const prepareSession = async (
  client: Pick<Connection, 'query'>,
  statementMs: number,
): Promise<void> => {
  for (const statement of [...PREPARE_SESSION, limitTo(statementMs)]) await client.query(statement)
  const [rows] = await client.query<RowDataPacket[]>(READ_BACK)
  const read = rows.map((row) => [String(row['Variable_name']), String(row['Value'])] as const)
  refuseSession(new Map(read), statementMs)
}
