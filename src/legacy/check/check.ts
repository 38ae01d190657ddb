/** The check of a lookup: whether it finds exactly the one account, so far as that can be told beforehand. */
import { knownIn, nameColumns, type ColumnNames } from './lookup-columns.ts'
import { ok, warn, type QueryResult, type CheckDeps, type ColumnType } from '../sql/driver.ts'
import { refuseFlagTypes } from './flags.ts'
import { loginAs, unknownLogin } from '../sql/lookup.ts'
import { probeLookalikes, probeWildcards, refuseFound } from './probes.ts'
import { rowsOf } from '../sql/row.ts'
import { checkSamples, takeSamples } from './samples.ts'
import type { Finding } from '../store.ts'

export interface Passed {
  readonly columns: ColumnNames
  /** See `knownIn`. */
  readonly known: string
  /** The store that was checked: see `Answer`. */
  readonly store: string | undefined
  /** Encoded hashes of some accounts. */
  readonly hashes: readonly string[]
  readonly findings: readonly Finding[]
}

const HASH_KINDS: readonly ColumnType['kind'][] = ['text', 'bytes', 'unknown']

const checkTypes = async (deps: CheckDeps): Promise<void> => {
  const types = await deps.ask((link) => link.describe(deps.lookup))
  const typeOf = (column: string): ColumnType | undefined =>
    types.find(({ name }) => name.toLowerCase() === column)
  const kind = typeOf('password_hash')?.kind ?? 'unknown'
  if (!HASH_KINDS.includes(kind)) {
    throw new TypeError(`password_hash is of the kind ${kind}; it must be text`)
  }
  await refuseFlagTypes(deps, typeOf('enabled'))
}

const UNCHECKED =
  'LEGACY_LOOKUP_UNCHECKED is set: rows need not say whose they are. Where the statement finds the row ' +
  'of another person, that person lets a stranger in. Return login, email or short_name, and unset it.'

const ONE_ROW = /\bLIMIT\s+1\b|\bFETCH\s+FIRST\s+(?:1\s+)?ROW\b|\bDISTINCT\s+ON\b/i

/** What is to be known of the statement as it is written. */
const statementFindings = ({ lookup, unchecked }: CheckDeps): Finding[] => [
  ...(unchecked ? [warn('columns', UNCHECKED)] : []),
  ...(ONE_ROW.test(lookup.sql)
    ? [
        warn(
          'accounts',
          'The lookup returns one row only. Without LIMIT, FETCH FIRST or DISTINCT ON, two accounts of one login would be seen, and neither verified.',
        ),
      ]
    : []),
]

const checkStranger = (
  deps: CheckDeps,
  columns: ColumnNames,
  stranger: string,
  { rows }: QueryResult,
): Finding[] => {
  if (rows.length === 0) return []
  if (rowsOf(rows, columns, stranger, deps.unchecked).length > 0)
    refuseFound('a login that nobody has')
  const text =
    'The lookup returns rows for a login that nobody has. They are passed over, since they say whose ' +
    'they are; but it reads more than one account at each sign-in. Compare the whole login by ='
  return [warn('columns', text)]
}

/**
 * Runs the lookup for logins that nobody has and for some that are known.
 * @throws TypeError when it must not be used; what a query throws when it cannot be run
 */
export const checkLookup = async (deps: CheckDeps): Promise<Passed> => {
  const { ask, driver, lookup } = deps
  const stranger = unknownLogin()
  const answer = await ask((link) => link.query(lookup.text, lookup.valuesOf(loginAs(stranger))))
  const columns = nameColumns(answer.columns, deps)
  if (deps.hadFlag && columns.enabled === undefined) {
    throw new TypeError(
      'it returned enabled before, and without it everybody would be let in again',
    )
  }
  const findings: Finding[] = [
    ok('columns', `It returns ${Object.keys(columns).join(', ')}.`),
    ...statementFindings(deps),
    ...checkStranger(deps, columns, stranger, answer),
  ]
  await checkTypes(deps)
  await probeWildcards(deps, columns)
  const { samples, findings: sampled } = await takeSamples(deps)
  findings.push(...sampled, ...(await checkSamples(deps, columns, samples)))
  await probeLookalikes(deps, columns, samples)
  findings.push(...(await ask((link) => driver.inspect(link, lookup, deps.unchecked))))
  return {
    columns,
    known: knownIn(answer.columns),
    store: answer.store,
    hashes: samples.map(({ hash }) => hash),
    findings,
  }
}
