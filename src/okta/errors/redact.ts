/** Removes the secrets of a request from Okta's messages about it. */

/** The keys of secrets in requests to Okta: passwords, parts of hashes, recovery answers, the hook's secret. */
const SECRET_KEYS = new Set(['value', 'salt', 'answer', 'clientSecret', 'password'])

/** The profile is not secret. Redacting its values, such as a city, would damage every message. */
const OPEN_KEYS = new Set(['profile'])

const secretsIn = (value: unknown, isSecret = false): string[] => {
  if (typeof value === 'string') return isSecret && value !== '' ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    OPEN_KEYS.has(key) ? [] : secretsIn(inner, SECRET_KEYS.has(key)),
  )
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A secret as it is, in JSON, in a URL and in HTML. */
const spellingsOf = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
  secret.replace(/[&<>"']/g, (char) => HTML[char] ?? char),
]

export type Redact = (text: string) => string

/**
 * Removes the secrets of a request with this body. It must get a text before the text is shortened, since a part
 * of a secret would not be recognised.
 */
export const redactorFor = (body: unknown): Redact => {
  const spellings = [...new Set(secretsIn(body).flatMap(spellingsOf))]
  // The longest first, since one may be a part of another.
  spellings.sort((a, b) => b.length - a.length)
  return (text) => spellings.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}
