/** The legacy store of the demo's company, with what goes wrong in such stores, and what changes in it meanwhile. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import type { SimulatedPerson } from '../../sandbox/people/crowd.ts'
import { writeLegacyFile } from '../sandbox/legacy-file.ts'

export const STORE = 'legacy.sqlite'

const OF_PROFILE = `login AS email, first_name AS "firstName", last_name AS "lastName"`

/** What the commands read, in the words of Okta. */
export const COMPANY_SQL = {
  LEGACY_AUDIT_SQL: `SELECT id, login, password_hash, enabled, last_login, ${OF_PROFILE} FROM accounts`,
  LEGACY_USERS_SQL: `SELECT login, enabled, ${OF_PROFILE} FROM accounts ORDER BY id`,
}

const FAULTS = `
  UPDATE accounts SET password_hash = substr(password_hash, 1, 59) WHERE id IN (77, 1234, 2345);
  UPDATE accounts SET enabled = 0 WHERE id % 250 = 0;`

/** New accounts are made there while the hook is in use, people leave, and one is married. */
const CHANGES = `
  INSERT INTO accounts (login, password_hash, first_name, last_name)
    SELECT 'new.' || login, password_hash, 'New', last_name FROM accounts WHERE id IN (11, 12, 13);
  UPDATE accounts SET enabled = 0 WHERE id IN (21, 22);
  UPDATE accounts SET last_name = 'Married' WHERE id = 31;`

const execute = (dir: string, sql: string): void => {
  const db = new Database(join(dir, STORE))
  db.exec(sql)
  db.close()
}

export const makeCompany = async (
  dir: string,
  people: readonly SimulatedPerson[],
): Promise<void> => {
  await writeLegacyFile(join(dir, STORE), people)
  execute(dir, FAULTS)
}

export const changeCompany = (dir: string): void => execute(dir, CHANGES)
