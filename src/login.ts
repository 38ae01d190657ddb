/** The two forms of a login: the one it is looked up in, and the one in which Okta holds two for the same. */

/**
 * The form in which logins are looked up: trimmed, NFC, lower case. Okta holds logins unique without
 * regard to case, and sends what the user typed.
 */
export const normaliseLogin = (username: string): string =>
  username.trim().toLowerCase().normalize('NFC')

/**
 * Okta holds logins unique without regard to case and diacritics (Okta management API, UserProfile,
 * `login`), so that two which fold to the same text cannot both be created. Marks are dropped from Latin and
 * Greek letters only: in other scripts they make different letters (か and が, กิ and กุ).
 */
export const foldLogin = (login: string): string =>
  login
    .normalize('NFD')
    .toLowerCase()
    .normalize('NFD')
    .replace(/([\p{sc=Latn}\p{sc=Grek}])\p{Mn}+/gu, '$1')
    .normalize('NFC')
