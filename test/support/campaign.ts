/** What a migration leaves behind, for the commands that count it: a legacy store, a ledger, and an org. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { createNamers } from '../../src/commands/fingerprints.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import { entry } from './ledger-entry.ts'
import { HOOK_PASSWORD, profileFor, TOKEN, type TestSandbox } from './sandbox.ts'

export const FINGERPRINT_KEY = 'a-key-for-fingerprints'

/** Its parts can be looked for in what must not hold a hash. */
export const LEGACY_HASH = '$2b$04$IsaacBrocksOwnSaltIsFeZhpfGnb6Wl3L8jqD/m7BoOT27K5hG7a'

export interface LegacyPerson {
  readonly id: unknown
  readonly login: string
  readonly hash?: string
  readonly enabled?: unknown
  readonly seen?: unknown
  readonly changed?: unknown
  readonly wave?: unknown
  readonly first?: string
  readonly last?: string
}

const CAMPAIGN_SQL = `SELECT id, login, password_hash, enabled, last_login, login AS email, first_name AS "firstName",
  last_name AS "lastName", changed_at, wave FROM people`

/** @returns the variables that name it */
export const makeLegacyStore = (
  dir: string,
  people: readonly LegacyPerson[],
): Record<string, string> => {
  const path = join(dir, 'legacy.sqlite')
  const db = new Database(path)
  db.exec(
    'CREATE TABLE people (id, login, password_hash, enabled, last_login, first_name, last_name, changed_at, wave)',
  )
  const insert = db.prepare('INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  for (const { id, login, hash = LEGACY_HASH, enabled = 1, ...more } of people) {
    const { seen = null, changed = null, wave = null, first = 'Isaac', last = 'Brock' } = more
    insert.run(id, login, hash, enabled, seen, first, last, changed, wave)
  }
  db.close()
  return { LEGACY_DB_URL: `sqlite:${path}`, LEGACY_AUDIT_SQL: CAMPAIGN_SQL }
}

const { namePerson, nameLogin } = createNamers({
  key: FINGERPRINT_KEY,
  isDerived: false,
  logins: 'fingerprint',
})

/** A decision about the person with this key, such as `id 7`. */
export const decided = (
  key: string,
  outcome: LedgerEntry['outcome'],
  more: Partial<LedgerEntry> = {},
): LedgerEntry => entry({ person: namePerson(key), outcome, account: nameLogin(key), ...more })

/** As versions before `person` wrote it. */
export const decidedEarlier = (login: string, outcome: LedgerEntry['outcome']): LedgerEntry =>
  entry({ person: null, oktaEventId: null, callerGone: null, outcome, account: nameLogin(login) })

/** @returns the variables that name it */
export const makeLedger = async (
  dir: string,
  entries: readonly LedgerEntry[],
  url = `sqlite:${join(dir, 'ledger.sqlite')}`,
): Promise<Record<string, string>> => {
  const ledger = openLedgerDatabase({ url })
  await ledger.migrate()
  if (entries.length > 0) await ledger.write(entries)
  await ledger.close()
  return { LEDGER_DB_URL: url, FINGERPRINT_KEY }
}

export const oktaOf = ({ url }: { readonly url: string }): Record<string, string> => ({
  OKTA_ORG_URL: url,
  OKTA_API_TOKEN: TOKEN,
})

/** A user who waits for the hook. @returns the id in Okta */
export const addPending = async (
  org: TestSandbox,
  login: string,
  profile: object = {},
): Promise<string> => {
  const { body } = await org.create({ ...profileFor(login), ...profile }, HOOK_PASSWORD)
  return (body as { id: string }).id
}

/** A user with a password of Okta's own. @returns the id in Okta */
export const addMoved = async (
  org: TestSandbox,
  login: string,
  profile: object = {},
): Promise<string> => {
  const credentials = { password: { value: 'Float on, 2004!' } }
  const { body } = await org.create({ ...profileFor(login), ...profile }, { credentials })
  return (body as { id: string }).id
}

export const lifecycle = (org: TestSandbox, id: string, operation: string) =>
  org.call('POST', `/api/v1/users/${id}/lifecycle/${operation}?sendEmail=false`)
