/** Reads a login as it was typed, gives it the form for lookups and the form that Okta compares, and makes one up. */
import { randomBytes } from 'node:crypto'

/** In UTF-16 code units. RFC 5321, section 4.5.3.1: 64 before the @ and 255 after it. Okta allows 100 in all. */
export const MAX_LOGIN_LENGTH = 320

/**
 * The form in which logins are looked up: trimmed, NFC, lower case. Okta compares logins without regard to
 * case, and sends them as the user typed them.
 */
export const normaliseLogin = (username: string): string =>
  username.trim().toLowerCase().normalize('NFC')

/** A login as it was typed at a sign-in, read once. */
export interface TypedLogin {
  readonly typed: string
  readonly normalised: string
  /** Whether it is longer than any login. Then both forms are cut, and no account has them. */
  readonly isTooLong: boolean
}

/** Cuts before it normalises: the time that NFC takes grows with the square of a run of combining marks. */
export const readLogin = (username: string): TypedLogin => {
  const trimmed = username.trim()
  const isTooLong = trimmed.length > MAX_LOGIN_LENGTH
  const typed = isTooLong ? `${trimmed.slice(0, MAX_LOGIN_LENGTH)}…` : username
  return { typed, normalised: normaliseLogin(typed), isTooLong }
}

/**
 * The form in which Okta compares logins: without regard to case and diacritics (Okta management API,
 * UserProfile, `login`), so two logins with the same form cannot both be created. Marks are dropped from
 * Latin and Greek letters only: in other scripts they make different letters (か and が, กิ and กุ).
 */
export const foldLogin = (login: string): string =>
  login
    .normalize('NFD')
    .toLowerCase()
    .normalize('NFD')
    .replace(/([\p{sc=Latn}\p{sc=Grek}])\p{Mn}+/gu, '$1')
    .normalize('NFC')

/** Whether Okta takes the two for one. */
export const isOneLogin = (one: string, other: string): boolean =>
  foldLogin(one.trim()) === foldLogin(other.trim())

const random = (): string => randomBytes(6).toString('hex')

/** A login that no account has, for checks and probes; its domain can never exist (RFC 2606). */
export const unknownLogin = (local = `okta-migrate-probe-${random()}`): string =>
  `${local}@okta-migrate-${random()}.invalid`

const MADE_UP = /@okta-migrate-[\da-f]{12}\.invalid$/

/** Whether a normalised login is one of those. */
export const isMadeUp = (login: string): boolean => MADE_UP.test(login)
