/** Checks on a sample of accounts whether the lookup finds them by their own login, and what their flags are. */
import { isTransient, sentenceOf } from '../../sql/failures.ts'
import { readSamples, someOf, type Sample } from './audit-sample.ts'
import type { ColumnNames } from './lookup-columns.ts'
import { ok, warn, type CheckDeps } from '../sql/driver.ts'
import { refuseFlagValues } from './flags.ts'
import { valueIn, type Row } from '../sql/row.ts'
import type { Finding } from '../store.ts'
import { lookUp } from './probes.ts'

/** Real accounts that are looked up at a check. */
const LOOKED_UP = 20

type Samples = readonly [samples: readonly Sample[], finding: Finding]

/** Without samples the check finds less, but is still a check: so their failure stops nothing. */
export const takeSamples = async ({ use, auditSql, driver }: CheckDeps): Promise<Samples> => {
  if (auditSql === undefined)
    return [[], ok('accounts', 'No sample of accounts was read: LEGACY_AUDIT_SQL is not set.')]
  try {
    const samples = await use((connection) => readSamples(connection, auditSql, driver.dialect))
    return [samples, ok('accounts', `${samples.length} accounts were read as a sample.`)]
  } catch (err) {
    const text = `No sample of accounts could be read: LEGACY_AUDIT_SQL: ${sentenceOf(err)}`
    return [[], warn('accounts', text)]
  }
}

/** The rows of each of some samples; an account whose own login makes the lookup fail is as good as not found. */
const lookUpSamples = async (
  deps: CheckDeps,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<(readonly Row[])[]> => {
  const found: (readonly Row[])[] = []
  for (const { login } of someOf(samples, LOOKED_UP)) {
    if (!deps.hasTime()) break
    const rows = lookUp(deps, columns, login).catch((err: unknown) => {
      if (isTransient(err, deps.driver.kind)) throw err
      return []
    })
    found.push(await rows)
  }
  return found
}

export const checkSamples = async (
  deps: CheckDeps,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<Finding[]> => {
  const found = await lookUpSamples(deps, columns, samples)
  const flags = found.flat().map((row) => valueIn(row, columns, 'enabled'))
  await refuseFlagValues(deps, flags)
  const tried = found.length
  const missing = found.filter((rows) => rows.length === 0).length
  const ambiguous = found.filter((rows) => rows.length > 1).length
  const of = `of ${tried} sampled accounts by their own login: these people cannot sign in.`
  const findings: Finding[] = []
  if (missing > 0) {
    const advice =
      deps.driver.kind === 'sqlite'
        ? "SQLite's lower() changes only A to Z. Compare :login with a column in which your application keeps the login in " +
          'small letters, or write WHERE lower(email) = :login OR lower(email) = lower(:username)'
        : 'Compare logins without case, such as WHERE lower(email) = :login'
    findings.push(warn('accounts', `The lookup does not find ${missing} ${of} ${advice}`))
  }
  if (ambiguous > 0) {
    const text = `The lookup finds several rows for ${ambiguous} ${of} Check whether a join repeats rows`
    findings.push(warn('accounts', text))
  }
  if (tried > 0 && findings.length === 0)
    findings.push(ok('accounts', `The lookup finds ${tried} of them by their own login.`))
  return findings
}
