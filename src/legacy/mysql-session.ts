/** A session with MySQL or MariaDB: what is set in it, and the refusal of one that has not kept it. */
import type { RowDataPacket } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import { AppError } from '../errors.ts'

/** Each server takes its own comment for code and the other's for a comment; they name the limit differently. */
const limitTo = (ms: number): string =>
  `SET /*!50708 SESSION max_execution_time = ${ms} */ /*M! SESSION max_statement_time = ${ms / 1000} */`

const PREPARE_SESSION = [
  'SET SESSION TRANSACTION READ ONLY',
  // The parameters of a statement are found by the rules of its strings, and one of them has a switch.
  "SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
]

/** What the session must have in the end: a proxy may take a SET and not hand it on. Each server has its own names. */
const SESSION = `
  SELECT @@SESSION.sql_mode NOT LIKE '%NO_BACKSLASH_ESCAPES%' AS strings,
         /*!50720 @@SESSION.transaction_read_only */ /*M! @@SESSION.tx_read_only */ = 1 AS readOnly,
         /*!50708 @@SESSION.max_execution_time / 1000 */ /*M! @@SESSION.max_statement_time */ AS limitS,
         CONCAT_WS(' ', @@SESSION.character_set_client, @@SESSION.character_set_connection,
                   @@SESSION.character_set_results) = 'utf8mb4 utf8mb4 utf8mb4' AS charset`

type Session = Readonly<Record<'strings' | 'readOnly' | 'limitS' | 'charset', unknown>>

const refuseSession = (session: Session, statementMs: number): void => {
  const missing = [
    Number(session.strings) !== 1 && 'sql_mode without NO_BACKSLASH_ESCAPES',
    Number(session.readOnly) !== 1 && 'transactions that are read-only',
    Math.round(Number(session.limitS) * 1000) !== statementMs && 'a time limit for statements',
    Number(session.charset) !== 1 && 'the character set utf8mb4',
  ].filter((what) => what !== false)
  if (missing.length === 0) return
  const detail =
    `LEGACY_DB_URL: the session did not keep what was set: ${missing.join(', ')}. ` +
    'Where a proxy is in front, let it keep the settings of a session, or go to the database itself'
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
  const [[session]] = await client.query<RowDataPacket[]>(SESSION)
  refuseSession(session as unknown as Session, statementMs)
}
