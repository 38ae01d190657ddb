/** Finds the entry of a login in a directory: none, one, or more than one. */
import {
  AndFilter,
  EqualityFilter,
  OrFilter,
  PresenceFilter,
  SearchRequest,
  type Filter,
} from 'ldapts'
import { foldLogin, MAX_LOGIN_LENGTH } from '../../login.ts'
import type { DirectoryAnswer, DirectoryConnection } from './connection.ts'
import { describeResult, directoryFailure, directoryUnusable } from './failures.ts'
import type { DirectoryEntry, DirectoryResult } from './responses.ts'
import type { EntrySearch } from './url.ts'

const [SUCCESS, SIZE_LIMIT_EXCEEDED, NO_SUCH_OBJECT, INVALID_DN_SYNTAX] = [0, 4, 32, 34]

/** Two tell that a login is not unique. */
const MAX_ENTRIES = 2

/** No attribute at all (RFC 4511, section 4.5.1.8). */
const NO_ATTRIBUTES = '1.1'

/** Folding makes text at most four times shorter, and takes long for a long run of combining marks. */
const MAX_VALUE_LENGTH = 4 * MAX_LOGIN_LENGTH

/** The login is a value and never parsed, so that no character in it means anything. */
const filterFor = ({ attributes, filters }: EntrySearch, login: string): Filter => {
  const any = attributes.map((attribute) => new EqualityFilter({ attribute, value: login }))
  return new AndFilter({ filters: [new OrFilter({ filters: any }), ...filters] })
}

/**
 * Whether an entry is that of what was typed: one of its values equals it as Okta compares logins. The directory's
 * own comparison is not relied on: it passes over blanks, accents or whole characters, as its rules say.
 */
const isEntryOf = ({ values }: DirectoryEntry, typed: string): boolean =>
  values.some((value) => value.length <= MAX_VALUE_LENGTH && foldLogin(value.trim()) === typed)

/** @throws AppError `legacy_unusable` or `legacy_unavailable` */
const refuseSearch = (result: DirectoryResult): never => {
  if (result.code === NO_SUCH_OBJECT || result.code === INVALID_DN_SYNTAX)
    throw directoryUnusable(
      `LEGACY_LOGIN_URL: the directory has no base of this name, or does not show it to LEGACY_LOGIN_BIND_DN: ${describeResult(result)}`,
    )
  throw directoryFailure(`answered a search with ${describeResult(result)}`)
}

const searchedBy = (
  connection: DirectoryConnection,
  search: EntrySearch,
  login: string,
  seconds: number,
): Promise<DirectoryAnswer> =>
  connection.ask(
    'search',
    (messageId) =>
      new SearchRequest({
        messageId,
        baseDN: search.base,
        scope: search.scope,
        filter: filterFor(search, login),
        attributes: [...search.attributes],
        sizeLimit: MAX_ENTRIES,
        timeLimit: seconds,
      }),
  )

/**
 * @param login normalised
 * @param username as typed
 * @param seconds that the directory may take
 * @returns the name of the entry
 * @throws AppError `legacy_unavailable`
 */
export const findEntry = async (
  connection: DirectoryConnection,
  search: EntrySearch,
  { login, username }: { readonly login: string; readonly username: string },
  seconds: number,
): Promise<{ readonly dn: string } | 'unknown_login' | 'ambiguous_login'> => {
  const { result, entries } = await searchedBy(connection, search, login, seconds)
  const isCut = result.code === SIZE_LIMIT_EXCEEDED && entries.length >= MAX_ENTRIES
  if (result.code !== SUCCESS && !isCut) return refuseSearch(result)
  const typed = foldLogin(username.trim())
  const [own, another] = entries.filter((entry) => isEntryOf(entry, typed))
  if (!own) return 'unknown_login'
  // Where entries were cut off, a second one of this login may be among them.
  if (another || isCut || entries.length > MAX_ENTRIES) return 'ambiguous_login'
  // A bind without a name is anonymous, and succeeds with any password (RFC 4513, section 5.1.2).
  if (own.dn.trim() === '') throw directoryFailure('sent an entry without a name')
  return { dn: own.dn }
}

/** @throws AppError `legacy_unusable` where there is no base, `legacy_unavailable` */
export const findBase = async (
  connection: DirectoryConnection,
  { base }: EntrySearch,
): Promise<void> => {
  const { result } = await connection.ask(
    'search',
    (messageId) =>
      new SearchRequest({
        messageId,
        baseDN: base,
        scope: 'base',
        filter: new PresenceFilter({ attribute: 'objectClass' }),
        attributes: [NO_ATTRIBUTES],
      }),
  )
  if (result.code !== SUCCESS) refuseSearch(result)
}
