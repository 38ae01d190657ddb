/** Checks a lookup before it is used: whether it finds exactly one account, as far as that can be known. */
import { knownIn, nameColumns, type ColumnNames } from './lookup-columns.ts'
import { ok, warn, type QueryResult, type CheckDeps, type ColumnType } from '../sql/driver.ts'
import { refuseFlagTypes } from './flags.ts'
import { loginAs } from '../sql/lookup.ts'
import { unknownLogin } from '../../login.ts'
import { probeLookalikes, probeWildcards, refuseFound } from './probes.ts'
import { rowsOf } from '../sql/row.ts'
import { checkSamples, takeSamples } from './samples.ts'
import type { Finding } from '../store.ts'

export interface Passed {
  readonly columns: ColumnNames
  /** See `knownIn`. */
  readonly known: string
  /** The store that was checked. */
  readonly store: QueryResult['store']
  /** Encoded hashes of some accounts. */
  readonly hashes: readonly string[]
  readonly findings: readonly Finding[]
}

const HASH_KINDS: readonly ColumnType['kind'][] = ['text', 'bytes', 'unknown']

const checkTypes = async (deps: CheckDeps): Promise<void> => {
  const types = await deps.use((connection) => connection.describe(deps.lookup))
  const typeOf = (column: string): ColumnType | undefined =>
    types.find(({ name }) => name.toLowerCase() === column)
  const kind = typeOf('password_hash')?.kind ?? 'unknown'
  if (!HASH_KINDS.includes(kind)) {
    throw new TypeError(`password_hash has the type ${kind}; it must be text`)
  }
  await refuseFlagTypes(deps, typeOf('enabled'))
}

const UNCHECKED =
  'LEGACY_LOOKUP_UNCHECKED is set: rows need not say whose they are. If the statement finds the row of ' +
  "another person, that person's password is accepted. Return login, email or short_name, and unset it."

const ONE_ROW = /\bLIMIT\s+1\b|\bFETCH\s+FIRST\s+(?:1\s+)?ROW\b|\bDISTINCT\s+ON\b/i

const ONLY_ONE_ROW =
  'The lookup returns only one row. Without LIMIT, FETCH FIRST or DISTINCT ON, two accounts with one login would be noticed, and neither would be verified.'

/** What the text of the statement shows. */
const statementFindings = ({ lookup, unchecked }: CheckDeps): Finding[] => [
  ...(unchecked ? [warn('columns', UNCHECKED)] : []),
  ...(ONE_ROW.test(lookup.sql) ? [warn('accounts', ONLY_ONE_ROW)] : []),
]

const checkUnknownLogin = (
  deps: CheckDeps,
  columns: ColumnNames,
  login: string,
  { rows }: QueryResult,
): Finding[] => {
  if (rows.length === 0) return []
  if (rowsOf(rows, columns, login, deps.unchecked).length > 0)
    refuseFound('a login that no account has')
  const text =
    'The lookup returns rows for a login that no account has. They are ignored, because they belong to ' +
    'other logins. But each sign-in reads more than one account. Compare the whole login with ='
  return [warn('columns', text)]
}

const NO_FLAG =
  'The lookup returns no column enabled, so everybody in this table may sign in. Return the column that disables people AS enabled; if there is none, return 1 AS enabled.'

const LOST_FLAG =
  'it no longer returns enabled, so disabled accounts could sign in again; return it'

/**
 * Runs the lookup for logins that no account has, and for some that are known.
 * @throws TypeError when it must not be used; what a query throws when it cannot be run
 */
export const checkLookup = async (deps: CheckDeps): Promise<Passed> => {
  const { use, driver, lookup } = deps
  const unknown = unknownLogin()
  const values = lookup.valuesOf(loginAs(unknown))
  const answer = await use((connection) => connection.query(lookup.text, values))
  const columns = nameColumns(answer.columns, deps)
  if (deps.hadFlag && columns.enabled === undefined) throw new TypeError(LOST_FLAG)
  const findings: Finding[] = [
    ok('columns', `It returns ${Object.keys(columns).join(', ')}.`),
    ...(columns.enabled === undefined ? [warn('flags', NO_FLAG)] : []),
    ...statementFindings(deps),
    ...checkUnknownLogin(deps, columns, unknown, answer),
  ]
  await checkTypes(deps)
  await probeWildcards(deps, columns)
  const [samples, sampled] = await takeSamples(deps)
  findings.push(sampled, ...(await checkSamples(deps, columns, samples)))
  await probeLookalikes(deps, columns, samples)
  findings.push(...(await use((connection) => driver.inspect(connection, lookup, deps.unchecked))))
  const hashes = samples.map(({ hash }) => hash)
  return { columns, known: knownIn(answer.columns), store: answer.store, hashes, findings }
}
