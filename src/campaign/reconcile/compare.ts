/** Compares what legacy store, ledger and Okta have of the same people, and writes a file for each finding. */
import type { NewFile } from '../../audit/accounts/files.ts'
import { csvLine, spreadsheetLine } from '../../text/csv-line.ts'
import type { CampaignState } from '../state/state-file.ts'
import { findingOf, type FindingName } from './findings.ts'
import { hasDrifted, type ReconcileProfiles } from './profiles.ts'

type Db = CampaignState['db']

/** SQLite calls it for each person whom the other conditions leave. */
export const prepareDrift = (db: Db, compared: readonly string[]): void =>
  void db.function(
    'has_drifted',
    { deterministic: true },
    (profile: string | null, attributes: string | null) =>
      Number(hasDrifted(profile, attributes, compared)),
  )

const textIn = (cell: unknown): string =>
  typeof cell === 'string' || typeof cell === 'number' ? String(cell) : ''

interface ImportRow {
  readonly login: string
  readonly profile: string | null
}

/** For an import, which must get each value as it is. */
const writeForImport = (
  db: Db,
  when: string,
  names: readonly string[],
  file: Pick<NewFile, 'write'>,
): number => {
  let count = 0
  file.write(csvLine(['login', ...names]))
  const sql = `SELECT coalesce(okta_login, legacy_login) AS login, profile FROM people WHERE ${when} ORDER BY login`
  for (const { login, profile } of db.prepare<[], ImportRow>(sql).iterate()) {
    const values = JSON.parse(profile ?? '{}') as Record<string, string>
    file.write(csvLine([login, ...names.map((name) => values[name] ?? '')]))
    count++
  }
  return count
}

const writeForPeople = (
  db: Db,
  when: string,
  columns: Readonly<Record<string, string>>,
  file: Pick<NewFile, 'write'>,
): number => {
  let count = 0
  file.write(spreadsheetLine(Object.keys(columns)))
  const sql = `SELECT ${Object.values(columns).join(', ')} FROM people WHERE ${when} ORDER BY people.login`
  for (const cells of db.prepare<[], unknown[]>(sql).raw().iterate()) {
    file.write(spreadsheetLine(cells.map(textIn)))
    count++
  }
  return count
}

/** @returns how many there are */
export const writeFinding = (
  db: Db,
  name: FindingName,
  { given, compared }: ReconcileProfiles,
  file: Pick<NewFile, 'write'>,
): number => {
  const { when, columns } = findingOf(name)
  if (columns) return writeForPeople(db, when, columns, file)
  // An import needs what Okta requires, also where only another attribute differs.
  const required = given.filter((each) => ['email', 'firstName', 'lastName'].includes(each))
  const names = name === 'missing' ? given : [...new Set([...required, ...compared])]
  return writeForImport(db, when, names, file)
}

/** How many people of the legacy store are in no finding. */
export const countAgreeing = (db: Db, findings: readonly FindingName[]): number => {
  const any = findings.map((name) => `coalesce((${findingOf(name).when}), 0)`).join(' OR ')
  const sql = `SELECT count(*) FROM people WHERE enabled IS NOT NULL AND NOT (${any})`
  return db.prepare<[], number>(sql).pluck().get() ?? 0
}
