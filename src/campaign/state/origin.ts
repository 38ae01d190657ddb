/** Where the people of a state come from: what the run after must know to read only what has changed since. */
import type Database from 'better-sqlite3'
import * as z from 'zod'
import { STATE_VERSION } from './tables.ts'

const schema = z.object({
  /** Its URL. */
  org: z.string(),
  /** Equal where the accounts are read from the same place, in the same way. */
  accountsKey: z.string(),
  /** Undefined where no accounts were read. */
  accounts: z
    .object({
      ...{ count: z.number(), withoutLogin: z.number() },
      hasHashes: z.boolean(),
      unreadable: z.object({ count: z.number(), lines: z.array(z.number()).readonly() }),
    })
    .optional(),
  /** When all accounts and users were read: milliseconds since 1970. */
  readAt: z.number(),
  sameLogin: z.number(),
  /** Where to follow the System Log from, and when it was last read. */
  log: z.object({
    at: z.number(),
    from: z.union([z.object({ since: z.number() }), z.object({ next: z.string() })]),
    /** What the link of `from` asks for. */
    eventTypes: z.array(z.string()),
  }),
})

export type StateOrigin = z.output<typeof schema>

const TABLES = "SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'people')"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const readOrigin = (db: Database.Database): StateOrigin | undefined => {
  const isCurrent = Number(db.pragma('user_version', { simple: true })) === STATE_VERSION
  if (!isCurrent || db.prepare<[], number>(TABLES).pluck().get() !== 2) return undefined
  const text = db.prepare<[], string>("SELECT value FROM meta WHERE name = 'origin'").pluck().get()
  return text === undefined ? undefined : schema.safeParse(parse(text)).data
}
