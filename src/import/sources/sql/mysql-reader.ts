/** Reads users from MySQL or MariaDB. */
import type { Connection, FieldPacket } from 'mysql2'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { parseAddress } from '../../../sql/address.ts'
import mysql, { openMysqlSocket, mysqlOptions, typeCast } from '../../../sql/mysql-driver.ts'
import { countStatement, type SqlTarget, type OpenReader } from './sql-reader.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** Rows that are read ahead. */
const AHEAD = 500

const SESSION_SETUP = [
  'SET SESSION TRANSACTION READ ONLY',
  // Okta's limits set the pace, and the server would hang up on a slow reader. A year is the maximum.
  'SET SESSION net_write_timeout = 31536000',
]

const connect = ({ url, ca }: SqlTarget) => {
  const address = parseAddress(url, { prefix: 'LEGACY_DB', ca })
  const socket = openMysqlSocket(address)
  const connection = mysql.createConnection({
    ...mysqlOptions(address),
    stream: () => socket,
    connectTimeout: CONNECT_TIMEOUT_MS,
    supportBigNumbers: true,
    dateStrings: true,
    typeCast,
  })
  // Without a listener it would end the process; whatever is under way fails because of it.
  connection.on('error', () => undefined)
  return { connection, socket }
}

/** The driver does not end a stream whose connection is lost. The columns come before the first row. */
const stream = async (connection: Connection, socket: Socket, sql: string) => {
  const query = connection.query({ sql, rowsAsArray: true })
  const rows = query.stream({ highWaterMark: AHEAD }) as Readable & AsyncIterable<unknown[]>
  // An error before the first row is read would end the process; the reading of rows reports it.
  rows.on('error', () => undefined)
  const lost = Object.assign(new Error('lost'), { code: 'PROTOCOL_CONNECTION_LOST' })
  socket.once('close', () => rows.destroy(lost))
  const [fields] = (await once(query, 'fields')) as [readonly FieldPacket[]]
  const bad = fields.find(({ columnType }) => columnType === mysql.Types.GEOMETRY)
  if (bad) throw new TypeError(`the column ${bad.name} is a GEOMETRY, which no attribute can hold`)
  return { rows, columns: fields.map(({ name }) => name) }
}

/** @throws Error where the server or the statement cannot serve */
export const openMysqlReader: OpenReader = async (target, sql) => {
  const { connection, socket } = connect(target)
  const close = (): void => void socket.destroy()

  async function* all(rows: AsyncIterable<unknown[]>) {
    yield* rows
    close()
  }
  try {
    const client = connection.promise()
    for (const statement of SESSION_SETUP) await client.query(statement)
    const [counted] = await client.query({ sql: countStatement(sql), rowsAsArray: true })
    const [[total]] = counted as unknown as [[number]]
    const { rows, columns } = await stream(connection, socket, sql)
    return { columns, total, rows: all(rows), close }
  } catch (err) {
    close()
    throw err
  }
}
