/** Reads vectors/bcrypt.json, which was made by make-bcrypt.pl in the same folder. */
import { readFileSync } from 'node:fs'

interface Made {
  readonly hash: string
  readonly matches: boolean
  readonly password?: string
  /** A password that is not UTF-8. */
  readonly hex?: string
}

export const VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/bcrypt.json', import.meta.url), 'utf8'),
) as Made[]

export const TEXT_VECTORS = VECTORS.flatMap(({ hash, matches, password }) =>
  password === undefined ? [] : { encoded: hash, password, matches },
)

/** Cuts a list into batches of one size; the last one may be smaller. */
export const batches = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  )
