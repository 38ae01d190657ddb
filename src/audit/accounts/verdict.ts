/** Judges one account as the hook and the importer would: whether it can sign in, and on which way it goes to Okta. */
import type { Prepare } from '../../import/rows/prepare.ts'
import { createHashMode } from '../../import/rows/modes.ts'
import type { SoundRow, SourceRow, Value } from '../../import/sources/source.ts'
import { foldLogin, readLogin, type TypedLogin } from '../../login.ts'
import { inspect, type HashSettings } from '../../passwords/registry.ts'
import { describeEncoded, describeKind } from '../../passwords/tally.ts'
import type { Inspection, Plan } from '../../passwords/family.ts'
import { AppError } from '../../errors/errors.ts'
import { flagText, readFlag } from '../../text/flag.ts'
import { printable } from '../../text/printable.ts'
import { HASH_COLUMN, type AccountColumns } from './columns.ts'
import type { BlockedReason } from './reasons.ts'

/** `hash`: its hash can be imported. `hook`: only the hook can check it. `reset`: neither. `skip`: it is not created. */
export const ROUTES = ['hash', 'hook', 'reset', 'skip'] as const
export type Route = (typeof ROUTES)[number]

export interface Verdict {
  readonly route: Route
  /** Of the route, without any value of the row. */
  readonly reason: string
  /** Why the hook could not let this person in. */
  readonly blocked?: BlockedReason
  /** More about that, such as the length of a hash that is cut off. */
  readonly note?: string
  /** What to do about just that. */
  readonly advice?: string
  /** What the hook would compute: as `describeKind` names it. */
  readonly kind?: string
  readonly isDisabled?: true
  /** Whether Okta would refuse to create the user. */
  readonly isRefused?: true
}

export interface Judged {
  /** The id, or the number of the row. */
  readonly key: string
  readonly login: TypedLogin
  /** As Okta compares it; undefined where there is no login. */
  readonly folded: string | undefined
  readonly hash: string
  readonly plan: Plan | undefined
  readonly verdict: Verdict
  /** What Okta would refuse. */
  readonly rejection: string | undefined
  readonly lastLogin: Value | undefined
}

export interface JudgeDeps {
  readonly columns: AccountColumns
  readonly hashes: HashSettings
  /** Undefined where the rows have no profile. */
  readonly prepare: Prepare | undefined
}

const textOf = (value: Value | undefined): string => (value === undefined ? '' : String(value))

const NO_LOGIN = readLogin('')

const unreadable = (row: SourceRow): Judged => ({
  key: `row ${row.number}`,
  login: NO_LOGIN,
  folded: undefined,
  hash: '',
  plan: undefined,
  verdict: { route: 'skip', reason: 'row_unreadable', blocked: 'row_unreadable' },
  rejection: undefined,
  lastLogin: undefined,
})

/** What Okta says against an import of the hash itself, if anything. */
type ComplaintOf = (encoded: string) => string | undefined

const createComplaints = (hashes: HashSettings): ComplaintOf => {
  const { complaints } = createHashMode(hashes)
  return (encoded) => complaints?.(new Map([['password_hash', encoded]]))[0]
}

/** A hash as it was given, with what the hook makes of it. */
interface GivenHash {
  readonly encoded: string
  readonly found: Inspection
}

const blockedBy = (login: TypedLogin, hash: GivenHash | undefined): BlockedReason | undefined => {
  if (login.normalised === '') return 'login_missing'
  if (login.isTooLong) return 'login_too_long'
  if (!hash) return undefined
  const { encoded, found } = hash
  if (encoded === '') return 'hash_missing'
  return 'flaw' in found ? `hash_${found.flaw}` : undefined
}

const DISABLED: Verdict = { route: 'skip', reason: 'disabled', isDisabled: true }
const UNCLEAR: Verdict = {
  route: 'skip',
  reason: 'enabled_unreadable',
  blocked: 'enabled_unreadable',
}

type WayOf = Pick<Verdict, 'route' | 'reason'>

const wayOf = (
  complaint: () => string | undefined,
  blocked: BlockedReason | undefined,
  rejection: string | undefined,
): WayOf => {
  if (rejection !== undefined)
    return { route: 'skip', reason: `Okta would refuse to create the user: ${rejection}` }
  if (blocked === 'login_missing' || blocked === 'login_too_long')
    return { route: 'skip', reason: blocked }
  const against = complaint()
  if (against === undefined) return { route: 'hash', reason: 'Okta takes the hash itself' }
  return blocked === undefined
    ? { route: 'hook', reason: against }
    : { route: 'reset', reason: blocked }
}

/** What can be said of a hash beyond its flaw, in words that hold nothing of it. */
const describeBlocked = (
  blocked: BlockedReason | undefined,
  encoded: string,
  hashes: HashSettings,
): Pick<Verdict, 'note' | 'advice'> => {
  if (blocked === 'hash_truncated') return { note: `${encoded.length} characters` }
  if (blocked !== 'hash_unrecognised' && blocked !== 'hash_out_of_bounds') return {}
  const { what, remedy } = describeEncoded(encoded, hashes)
  if (what === 'unrecognised' || remedy === undefined) return {}
  return { note: what, advice: `${what}: ${remedy}` }
}

const NOT_GIVEN = 'its hash is not in the file'

const kindOf = ({ found }: GivenHash): string | undefined =>
  'flaw' in found ? undefined : describeKind(found.kind)

const judgeEnabled = (
  login: TypedLogin,
  hash: GivenHash | undefined,
  rejection: string | undefined,
  { complaintOf, hashes }: { complaintOf: ComplaintOf; hashes: HashSettings },
): Verdict => {
  const blocked = blockedBy(login, hash)
  const kind = hash && blocked === undefined ? kindOf(hash) : undefined
  return {
    ...wayOf(() => (hash ? complaintOf(hash.encoded) : NOT_GIVEN), blocked, rejection),
    ...(blocked !== undefined && { blocked }),
    ...(hash && describeBlocked(blocked, hash.encoded, hashes)),
    ...(kind !== undefined && { kind }),
    ...(rejection !== undefined && { isRefused: true }),
  }
}

/** The hook refuses a login with two accounts before it looks at anything else, and Okta has no two users of one login. */
export const withAmbiguity = (verdict: Verdict): Verdict => {
  const { route, reason, isDisabled, isRefused } = verdict
  if (isDisabled) return verdict
  const way: WayOf =
    route === 'skip' ? { route, reason } : { route: 'reset', reason: 'ambiguous_login' }
  return { ...way, blocked: 'ambiguous_login', ...(isRefused && { isRefused }) }
}

/** Rows of JSON leave out what has no value, and only the first ones are looked at in advance. */
const refuseLateHash = ({ fields, line }: SoundRow): void => {
  if (!fields.has(HASH_COLUMN)) return
  const detail = `  Line ${line} has a ${HASH_COLUMN}, and the first rows have none: put a row with one first.`
  throw new AppError('columns_missing', { detail })
}

const MAX_KEY = 60

export const createJudge = ({ columns, hashes, prepare }: JudgeDeps) => {
  const complaintOf = createComplaints(hashes)
  const judgeSound = (row: SoundRow): Judged => {
    const { fields } = row
    const id = textOf(fields.get(columns.id))
    const login = readLogin(flagText(fields.get(columns.login)) ?? '')
    if (columns.hash === undefined) refuseLateHash(row)
    const encoded = columns.hash === undefined ? undefined : textOf(fields.get(columns.hash))
    const hash = encoded === undefined ? undefined : { encoded, found: inspect(encoded, hashes) }
    const enabled = readFlag(fields.get(columns.enabled))
    const rejection = enabled === false ? undefined : prepare?.(row).rejection
    const verdict =
      enabled === undefined
        ? UNCLEAR
        : enabled
          ? judgeEnabled(login, hash, rejection, { complaintOf, hashes })
          : DISABLED
    return {
      key: id === '' ? `row ${row.number}` : printable(id, MAX_KEY),
      login,
      folded: login.normalised === '' ? undefined : foldLogin(login.typed.trim()),
      hash: encoded ?? '',
      plan: hash && !('flaw' in hash.found) ? hash.found : undefined,
      verdict,
      rejection,
      lastLogin: columns.lastLogin === undefined ? undefined : fields.get(columns.lastLogin),
    }
  }
  return (row: SourceRow): Judged => ('flaw' in row ? unreadable(row) : judgeSound(row))
}
