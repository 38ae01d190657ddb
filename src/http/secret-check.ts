/** Compares secrets that a caller sends with those that are configured, in constant time. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Which of the configured secrets a call carried, so that the end of a rotation can be seen. */
export type SecretUsed = 'current' | 'previous'

export interface Secrets {
  readonly current: string
  readonly previous: string | undefined
}

/**
 * Compares a header's values with the secrets. Okta sends the value entered in the Admin Console
 * unchanged, including any scheme. A header that is sent twice is refused even if one value is right: a
 * proxy and this server might disagree on which one counts.
 * @returns a function of the header's values, one for each time it was sent
 */
export const createSecretCheck = (secrets: Secrets) => {
  if (secrets.current === '' || secrets.previous === '') throw new TypeError('a secret is empty')
  // Digests under a random key have one length, so timing reveals neither the length nor the content.
  const key = randomBytes(32).toString('base64')
  const digest = (value: string): Buffer => hash('sha256', key + value, 'buffer')
  const current = digest(secrets.current)
  const previous = digest(secrets.previous ?? secrets.current)

  return (values: readonly string[] | undefined): SecretUsed | undefined => {
    const given = digest(values?.length === 1 ? (values[0] ?? '') : '')
    const isCurrent = timingSafeEqual(given, current)
    const isPrevious = timingSafeEqual(given, previous)
    if (isCurrent) return 'current'
    return isPrevious ? 'previous' : undefined
  }
}
