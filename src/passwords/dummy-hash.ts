/** A bcrypt hash that no password is known to match: for work whose outcome is not looked at. */

/** @param cost bcrypt's, from 4 to 31 */
export const dummyHash = (cost: number): string =>
  `$2b$${String(cost).padStart(2, '0')}$ThisIsNoSaltOfAnyones.ThisHashBelongsToNobodyAtAll...`
