/** Finds a marked secret in a text, as it is or in the encodings that a careless log line might use. */
import { createHash } from 'node:crypto'

/** base64 of the mark wherever it stands in a longer text: three alignments, edges cut off. */
const inBase64 = (mark: string): string[] =>
  [0, 1, 2].map((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + mark).toString('base64')
    return encoded.slice(offset === 0 ? 0 : 4, -4)
  })

const digestsOf = (secret: string): string[] =>
  (['md5', 'sha1', 'sha256'] as const).flatMap((algorithm) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) =>
      createHash(algorithm).update(secret).digest(encoding),
    ),
  )

/**
 * @param mark an unusual run of letters and digits inside the secret
 * @returns the encodings in which the secret appears in the text
 */
export const tracesOf = (mark: string, secret: string, text: string): string[] => {
  const hex = Buffer.from(mark).toString('hex')
  const encodings = [mark, mark.toLowerCase(), ...inBase64(mark), hex, hex.toUpperCase()]
  return [...encodings, ...digestsOf(secret)].filter((encoding) => text.includes(encoding))
}
