/** The check of a lookup: whether it finds exactly the one account, so far as that can be told beforehand. */
import { normaliseLogin } from '../login.ts'
import { readSamples, someOf, type Sample } from './audit.ts'
import { knownIn, nameColumns, type ColumnNames } from './columns.ts'
import type { Answer, CheckParts, ColumnType } from './driver.ts'
import { codeOf, isTransient, isUnfindable, sentenceOf } from './failures.ts'
import { refuseFlagTypes, refuseFlagValues } from './flags.ts'
import { loginAs, unknownLogin } from './lookup.ts'
import { isRowOf, textOf, valueIn, type Row } from './row.ts'
import type { Finding } from './store.ts'

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

/** Real accounts that are looked up at a check. */
const LOOKED_UP = 20

/** Real accounts whose lookalikes are looked up. */
const PROBED = 3

const warn = (topic: Finding['topic'], text: string): Finding => ({ topic, level: 'warning', text })
const ok = (topic: Finding['topic'], text: string): Finding => ({ topic, level: 'ok', text })

/** The rows that count for a login, as a sign-in would see them. */
const lookUp = async (
  { ask, lookup, driver, unchecked }: CheckParts,
  columns: ColumnNames,
  login: string,
): Promise<readonly Row[]> => {
  const values = lookup.valuesOf({ login: normaliseLogin(login), username: login.trim() })
  try {
    const { rows } = await ask((link) => link.query(lookup.text, values))
    return unchecked ? rows : rows.filter((row) => isRowOf(row, columns, login))
  } catch (err) {
    if (isUnfindable(err, driver)) return []
    throw err
  }
}

const HASH_KINDS: readonly ColumnType['kind'][] = ['text', 'bytes', 'unknown']

const checkTypes = async (parts: CheckParts): Promise<void> => {
  const types = await parts.ask((link) => link.describe(parts.lookup))
  const typeOf = (column: string): ColumnType | undefined =>
    types.find(({ name }) => name.toLowerCase() === column)
  const kind = typeOf('password_hash')?.kind ?? 'unknown'
  if (!HASH_KINDS.includes(kind)) {
    throw new TypeError(`password_hash is of the kind ${kind}; it must be text`)
  }
  await refuseFlagTypes(parts, typeOf('enabled'))
}

type Samples = { readonly samples: readonly Sample[] } & { readonly findings: readonly Finding[] }

/** Without samples the check is poorer and still a check, so that their failure stops nothing. */
const takeSamples = async ({ ask, auditSql, driver }: CheckParts): Promise<Samples> => {
  if (auditSql === undefined) {
    const text = 'No sample of accounts was read: LEGACY_AUDIT_SQL is not set.'
    return { samples: [], findings: [ok('accounts', text)] }
  }
  try {
    const samples = await ask((link) => readSamples(link, auditSql, driver.dialect))
    return {
      samples,
      findings: [ok('accounts', `${samples.length} accounts were read as a sample.`)],
    }
  } catch (err) {
    const text = `No sample of accounts could be read: LEGACY_AUDIT_SQL: ${sentenceOf(err)}`
    return { samples: [], findings: [warn('accounts', text)] }
  }
}

interface Tried {
  readonly rows: readonly Row[]
  readonly tried: number
  readonly missing: number
  readonly ambiguous: number
}

/** The rows of some samples; an account whose own login makes the lookup fail is as good as not found. */
const lookUpSamples = async (
  parts: CheckParts,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<Tried> => {
  const found: (readonly Row[])[] = []
  for (const { login } of someOf(samples, LOOKED_UP)) {
    if (!parts.hasTime()) break
    found.push(
      await lookUp(parts, columns, login).catch((err: unknown) => {
        if (isTransient(err, parts.driver)) throw err
        return []
      }),
    )
  }
  return {
    rows: found.flat(),
    tried: found.length,
    missing: found.filter((rows) => rows.length === 0).length,
    ambiguous: found.filter((rows) => rows.length > 1).length,
  }
}

const checkSamples = async (
  parts: CheckParts,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<Finding[]> => {
  const { rows, tried, missing, ambiguous } = await lookUpSamples(parts, columns, samples)
  await refuseFlagValues(
    parts,
    rows.map((row) => valueIn(row, columns, 'enabled')),
  )
  const of = `of ${tried} sampled accounts by their own login: these people cannot sign in.`
  const findings: Finding[] = []
  if (missing > 0) {
    const advice = 'Compare logins without case, such as WHERE lower(email) = :login'
    findings.push(warn('accounts', `The lookup does not find ${missing} ${of} ${advice}`))
  }
  if (ambiguous > 0) {
    const advice = 'Look whether a join repeats them'
    findings.push(
      warn('accounts', `The lookup finds several rows for ${ambiguous} ${of} ${advice}`),
    )
  }
  if (tried > 0 && findings.length === 0)
    findings.push(ok('accounts', `${tried} of them found themselves.`))
  return findings
}

/** What must not find anybody; a statement that answers it with an error or too late is not to be trusted. */
const probe = async (
  parts: CheckParts,
  columns: ColumnNames,
  login: string,
): Promise<readonly Row[]> => {
  try {
    return await lookUp(parts, columns, login)
  } catch (err) {
    const isNetwork = isTransient(err, { passing: /^$/ })
    throw isNetwork ? err : new TypeError(`a probe failed: ${sentenceOf(err)} (${codeOf(err)})`)
  }
}

const refuseFound = (what: string): never => {
  throw new TypeError(
    `it found an account for ${what}, so that it would let in people with the passwords of others. ` +
      'Compare the whole login by =, and return the name that stands in the row',
  )
}

/** The login with one character of its local part replaced. */
const replaceOne = (login: string, sign: string): string =>
  login.replace(/(?<=^[^@])([^@])/su, (found) => (found === sign ? '-' : sign))

/** Logins that a comparison by pattern or by a part takes for the given one: LIKE, regular expressions, GLOB, left(). */
const lookalikesOf = (login: string): string[] =>
  [...['_', '.', '?'].map((sign) => replaceOne(login, sign)), `${login}x`].filter(
    (other) => other !== login,
  )

const isSame = (row: Row, columns: ColumnNames, { id, hash }: Sample): boolean => {
  const own = textOf(valueIn(row, columns, 'id'))
  const isId = own !== undefined && own === textOf(id)
  return isId || (hash !== '' && textOf(valueIn(row, columns, 'password_hash')) === hash)
}

/** For LIKE, regular expressions and GLOB. Nobody has such a login, as somebody may have a mere %. */
const WILDCARDS = ['%_%_%', '.*.+.*', '*?*?*']

/** That a row says whose it is does not prove that it says so truly: it may repeat what was typed. */
const probeWildcards = async (parts: CheckParts, columns: ColumnNames): Promise<void> => {
  for (const login of [...WILDCARDS, unknownLogin('%')]) {
    const rows = await probe(parts, columns, login)
    if (rows.length > 0) refuseFound('a login that is a wildcard')
  }
}

const probeLookalikes = async (
  parts: CheckParts,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<void> => {
  for (const sample of samples.slice(0, PROBED)) {
    for (const login of lookalikesOf(sample.login)) {
      if (!parts.unchecked && !parts.hasTime()) return
      const rows = await probe(parts, columns, login)
      if (rows.some((row) => isSame(row, columns, sample))) {
        refuseFound('another login that looks like its own')
      }
    }
  }
}

const UNCHECKED =
  'LEGACY_LOOKUP_UNCHECKED is set: rows need not say whose they are. Where the statement finds the row ' +
  'of another person, that person lets a stranger in. Return login, email or short_name, and unset it.'

const ONE_ROW = /\bLIMIT\s+1\b|\bFETCH\s+FIRST\s+(?:1\s+)?ROW\b|\bDISTINCT\s+ON\b/i

/** What is to be known of the statement as it is written. */
const statementFindings = ({ lookup, unchecked }: CheckParts): Finding[] => [
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
  parts: CheckParts,
  columns: ColumnNames,
  stranger: string,
  { rows }: Answer,
): Finding[] => {
  if (rows.length === 0) return []
  const own = rows.filter((row) => parts.unchecked || isRowOf(row, columns, stranger))
  if (own.length > 0) refuseFound('a login that nobody has')
  const text =
    'The lookup returns rows for a login that nobody has. They are passed over, since they say whose ' +
    'they are; but it reads more than one account at each sign-in. Compare the whole login by ='
  return [warn('columns', text)]
}

/**
 * Runs the lookup for logins that nobody has and for some that are known.
 * @throws TypeError when it must not be used; what a query throws when it cannot be run
 */
export const checkLookup = async (parts: CheckParts): Promise<Passed> => {
  const { ask, driver, lookup } = parts
  const stranger = unknownLogin()
  const answer = await ask((link) => link.query(lookup.text, lookup.valuesOf(loginAs(stranger))))
  const columns = nameColumns(answer.columns, parts)
  if (parts.hadFlag && columns.enabled === undefined) {
    throw new TypeError(
      'it returned enabled before, and without it everybody would be let in again',
    )
  }
  const findings: Finding[] = [
    ok('columns', `It returns ${Object.keys(columns).join(', ')}.`),
    ...statementFindings(parts),
    ...checkStranger(parts, columns, stranger, answer),
  ]
  await checkTypes(parts)
  await probeWildcards(parts, columns)
  const { samples, findings: sampled } = await takeSamples(parts)
  findings.push(...sampled, ...(await checkSamples(parts, columns, samples)))
  await probeLookalikes(parts, columns, samples)
  findings.push(...(await ask((link) => driver.inspect(link, lookup, parts.unchecked))))
  return {
    columns,
    known: knownIn(answer.columns),
    store: answer.store,
    hashes: samples.map(({ hash }) => hash),
    findings,
  }
}
