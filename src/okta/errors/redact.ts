/** Takes the secrets of a request out of what Okta says about it. */

/** Where a request to Okta holds a secret: passwords, halves of hashes, answers, the hook's own. */
const SECRET_KEYS = new Set(['value', 'salt', 'answer', 'clientSecret', 'password'])

/** The profile is no secret, and words of it, such as a city, would make holes in every sentence. */
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

/** As it is, and as it looks in JSON, in a URL and in HTML. */
const spellingsOf = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
  secret.replace(/[&<>"']/g, (char) => HTML[char] ?? char),
]

export type Redact = (text: string) => string

/**
 * What is said of a request with this body loses its secrets. It must see a text before the text is cut
 * to a length: what is left of a secret would not be found.
 */
export const redactorFor = (body: unknown): Redact => {
  const spellings = [...new Set(secretsIn(body).flatMap(spellingsOf))]
  // The longest first, since one may be a part of another.
  spellings.sort((a, b) => b.length - a.length)
  return (text) => spellings.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}
