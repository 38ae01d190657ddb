/** Owns the form in which logins are compared during an import. */

/**
 * Okta holds logins unique without regard to case and diacritics (Okta management API, UserProfile,
 * `login`), so that two which fold to the same text cannot both be created.
 */
export const foldLogin = (login: string): string =>
  login
    .normalize('NFD')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .normalize('NFC')
