/** Writes the accounts of a SQLite store to a file, as the tools of databases export them. */
import Database from 'better-sqlite3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { csvLine } from '../../src/text/csv-line.ts'
import { tempDir } from './temp.ts'

type Row = Readonly<Record<string, unknown>>

const bytesOf = (value: unknown): string => Buffer.from(value as Uint8Array).toString('hex')

/** Ids as tools print them: 7.0 for the number 7 of a column of real numbers, and 0x before bytes. */
const textOf = (name: string, value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (Buffer.isBuffer(value)) return `0x${bytesOf(value)}`
  const isWhole = name === 'id' && Number.isInteger(value)
  return `${value as string | number}${isWhole ? '.0' : ''}`
}

/** @returns the paths of the same accounts as CSV and as JSON lines */
export const exportAccounts = (env: Record<string, string>, leaveOut: readonly string[] = []) => {
  const dir = tempDir()
  const { LEGACY_DB_URL = '', LEGACY_AUDIT_SQL = '' } = env
  const db = new Database(LEGACY_DB_URL.replace('sqlite:', ''), { readonly: true })
  const rows = db.prepare<[], Row>(LEGACY_AUDIT_SQL).all()
  const names = Object.keys(rows[0] ?? {}).filter((name) => !leaveOut.includes(name))
  const lines = rows.map((row) => names.map((name) => textOf(name, row[name])))
  db.close()
  const [csv, jsonl] = [join(dir, 'people.csv'), join(dir, 'people.jsonl')]
  writeFileSync(csv, [names, ...lines].map(csvLine).join(''))
  const cellOf = (value: unknown): unknown => (Buffer.isBuffer(value) ? bytesOf(value) : value)
  const objects = rows.map((row) =>
    Object.fromEntries(names.map((name) => [name, cellOf(row[name])])),
  )
  writeFileSync(jsonl, objects.map((object) => `${JSON.stringify(object)}\n`).join(''))
  return { csv, jsonl }
}
