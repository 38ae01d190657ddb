/** The check of a lookup: whether it finds exactly the one account, so far as that can be told beforehand. */
import { normaliseLogin } from '../login.ts'
import { readSamples, someOf, type Sample } from './audit.ts'
import { nameColumns, type ColumnNames } from './columns.ts'
import type { Answer, CheckParts, ColumnType } from './driver.ts'
import { codeOf, isTransient, sentenceOf } from './failures.ts'
import { refuseFlagTypes, refuseFlagValues } from './flags.ts'
import { loginAs, unknownLogin } from './lookup.ts'
import { isRowOf, textOf, valueIn, type Row } from './row.ts'
import type { Finding } from './store.ts'

export interface Passed {
  readonly columns: ColumnNames
  /** The store that was checked: see `Answer`. */
  readonly store: string | undefined
  /** Encoded hashes of some accounts. */
  readonly hashes: readonly string[]
  readonly findings: readonly Finding[]
}

/** Real accounts that are looked up at a check. */
const LOOKED_UP = 20

/** Real accounts that a lookup without a name of its own is tried on. */
const PROBED = 3

const warn = (topic: Finding['topic'], text: string): Finding => ({ topic, level: 'warning', text })
const ok = (topic: Finding['topic'], text: string): Finding => ({ topic, level: 'ok', text })

const lookUp = ({ ask, lookup }: CheckParts, login: string): Promise<Answer> =>
  ask((link) =>
    link.query(
      lookup.text,
      lookup.valuesOf({ login: normaliseLogin(login), username: login.trim() }),
    ),
  )

const HASH_KINDS: readonly ColumnType['kind'][] = ['text', 'bytes', 'unknown']

const checkTypes = async (parts: CheckParts, { columns }: Answer): Promise<void> => {
  const types = await parts.ask((link) => link.describe(parts.lookup))
  const typeOf = (column: string): ColumnType | undefined =>
    types[columns.findIndex((name) => name.toLowerCase() === column)]
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

/** The rows that the lookup returns for the logins of some samples. */
const lookUpSamples = async (
  parts: CheckParts,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<{ rows: Row[]; tried: number; missing: number }> => {
  const rows: Row[] = []
  let [tried, missing] = [0, 0]
  for (const { login } of someOf(samples, LOOKED_UP)) {
    if (!parts.hasTime()) break
    tried++
    const answer = await lookUp(parts, login)
    const own = answer.rows.filter((row) => parts.unchecked || isRowOf(row, columns, login))
    if (own.length === 0) missing++
    rows.push(...own)
  }
  return { rows, tried, missing }
}

const checkSamples = async (
  parts: CheckParts,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<Finding[]> => {
  const { rows, tried, missing } = await lookUpSamples(parts, columns, samples)
  await refuseFlagValues(
    parts,
    rows.map((row) => valueIn(row, columns, 'enabled')),
  )
  if (missing === 0) return tried > 0 ? [ok('accounts', `${tried} of them found themselves.`)] : []
  const text =
    `The lookup does not find ${missing} of ${tried} sampled accounts by their own login: these people ` +
    'cannot sign in. Compare logins without case, such as WHERE lower(email) = :login'
  return [warn('accounts', text)]
}

/** What must not find anybody; a statement that answers it with an error or too late is not to be trusted. */
const probe = async (parts: CheckParts, login: string): Promise<readonly Row[]> => {
  try {
    return (await lookUp(parts, login)).rows
  } catch (err) {
    const isNetwork = isTransient(err, { passing: /^$/ })
    throw isNetwork ? err : new TypeError(`a probe failed: ${sentenceOf(err)} (${codeOf(err)})`)
  }
}

const refuseFound = (what: string): never => {
  throw new TypeError(
    `it found an account for ${what}, so that it would let in people with the passwords of others. ` +
      'Compare the whole login by =',
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

/** Where rows do not say whose they are, only these few logins stand between strangers and an account. */
const probeUnchecked = async (
  parts: CheckParts,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<Finding[]> => {
  if ((await probe(parts, unknownLogin('%'))).length > 0) refuseFound('a login with a wildcard (%)')
  for (const sample of samples.slice(0, PROBED)) {
    for (const login of lookalikesOf(sample.login)) {
      const rows = await probe(parts, login)
      if (rows.some((row) => isSame(row, columns, sample)))
        refuseFound('another login that looks like its own')
    }
  }
  const text =
    'LEGACY_LOOKUP_UNCHECKED is set: rows need not say whose they are. Where the statement finds the row ' +
    'of another person, that person lets a stranger in. Return login, email or short_name, and unset it.'
  return [warn('columns', text)]
}

const checkStranger = (parts: CheckParts, { rows }: Answer): Finding[] => {
  if (rows.length === 0) return []
  if (parts.unchecked) refuseFound('a login that nobody has')
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
  const answer = await ask((link) =>
    link.query(lookup.text, lookup.valuesOf(loginAs(unknownLogin()))),
  )
  const columns = nameColumns(answer.columns, parts)
  const findings: Finding[] = [
    ok('columns', `It returns ${Object.keys(columns).join(', ')}.`),
    ...checkStranger(parts, answer),
  ]
  await checkTypes(parts, answer)
  const { samples, findings: sampled } = await takeSamples(parts)
  findings.push(...sampled, ...(await checkSamples(parts, columns, samples)))
  if (parts.unchecked) findings.push(...(await probeUnchecked(parts, columns, samples)))
  findings.push(...(await ask((link) => driver.inspect(link, lookup, parts.unchecked))))
  return { columns, store: answer.store, hashes: samples.map(({ hash }) => hash), findings }
}
