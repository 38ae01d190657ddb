/** Writes the legacy store that fits the people of the sandbox: the same logins, with bcrypt hashes. */
import { hash } from 'bcryptjs'
import { InvalidArgumentError } from 'commander'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { packageFile } from '../../files.ts'
import type { SimulatedPerson } from '../../sandbox/people/crowd.ts'

/** The lowest cost, so that months of sign-ins pass in a minute. */
const COST = 4

const SCHEMA = packageFile('legacy-db/schema.sql')
const COLUMNS = ['first_name', 'last_name', 'last_login']

/** @throws InvalidArgumentError, which commander turns into the usage's exit code */
export const newFile = (path: string): string => {
  if (existsSync(path)) throw new InvalidArgumentError('The file exists.')
  return path
}

/** @throws an error of the file system, also where the file exists: it could be somebody's store */
export const writeLegacyFile = async (
  path: string,
  people: readonly SimulatedPerson[],
): Promise<void> => {
  closeSync(openSync(path, 'wx', 0o600))
  const db = new Database(path)
  db.exec(readFileSync(SCHEMA, 'utf8'))
  for (const column of COLUMNS) db.exec(`ALTER TABLE accounts ADD COLUMN ${column} TEXT`)
  const insert = db.prepare(
    `INSERT INTO accounts (login, password_hash, ${COLUMNS.join(', ')}) VALUES (?, ?, ?, ?, ?)`,
  )
  const hashes = await Promise.all(people.map(({ password }) => hash(password, COST)))
  db.transaction(() => {
    for (const [index, { login, firstName, lastName, lastSeenAt }] of people.entries()) {
      insert.run(login, hashes[index], firstName, lastName, new Date(lastSeenAt).toISOString())
    }
  })()
  db.close()
}
