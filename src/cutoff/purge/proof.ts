/** The proof of a purge: one object that says what it was decided from, and a list of the people without their names. */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import type Database from 'better-sqlite3'
import { AppError } from '../../errors/errors.ts'
import { csvLine } from '../../text/csv-line.ts'
import { parseJson } from '../../text/parse-json.ts'
import type { JournalledStep } from '../journal.ts'
import type { PurgedPerson } from './verdicts.ts'

const SCHEMA = 'okta-migrate/purge-proof@1'

/** How the proof and its list begin, so that no other files are replaced by them. */
export const PROOF_HEAD = /^\{\s*"schema":\s*"okta-migrate\/purge-proof@/
export const LIST_HEAD = /^person,evidence,password_at,seen_at\r/

export const LIST_COLUMNS = csvLine(['person', 'evidence', 'password_at', 'seen_at'])

const iso = (ms: number): string => new Date(ms).toISOString()

/** @param person a fingerprint */
export const listLine = (
  person: string,
  { evidence, password_at: at }: PurgedPerson,
  seenAt: number,
): string => csvLine([person, evidence, iso(at), iso(seenAt)])

/** What was read, as one line for each row, in an order that is always the same. */
const INPUTS = {
  users:
    "SELECT okta_id || ',' || coalesce(status, '') || ',' || coalesce(provider, '') || ',' || coalesce(password_changed, '') FROM people WHERE okta_id IS NOT NULL ORDER BY okta_id",
  events:
    "SELECT okta_id || ',' || coalesce(success, '') || ',' || coalesce(reset, '') FROM temp.pulled ORDER BY okta_id",
  accounts: "SELECT hex || ',' || digest FROM temp.target ORDER BY id",
  audited:
    "SELECT id || ',' || digest || ',' || coalesce(changed_until, '') || ',' || is_unreadable FROM temp.audited ORDER BY id",
} as const

export type InputDigests = Readonly<
  Record<keyof typeof INPUTS, { readonly rows: number; readonly sha256: string }>
>

export const digestInputs = (db: Database.Database): InputDigests =>
  Object.fromEntries(
    Object.entries(INPUTS).map(([name, sql]) => {
      const hash = createHash('sha256')
      let rows = 0
      for (const line of db.prepare<[], string>(sql).pluck().iterate()) {
        hash.update(`${line}\n`)
        rows++
      }
      return [name, { rows, sha256: hash.digest('hex') }]
    }),
  ) as InputDigests

export const describeStep = (each: JournalledStep): object => ({
  step: each.step,
  state: each.state,
  begunAt: iso(each.begunAt),
  endedAt: each.endedAt === undefined ? undefined : iso(each.endedAt),
  evidence: each.evidence,
  requestId: each.requestId,
  people: each.people,
})

export const proofText = (facts: object): string =>
  `${JSON.stringify({ schema: SCHEMA, ...facts }, null, 2)}\n`

const fileSchema = z.object({ file: z.string(), sha256: z.string() })

/** What a check reads of it. */
const schema = z.object({
  schema: z.literal(SCHEMA),
  at: z.string(),
  statement: z.string(),
  hashColumn: z.string(),
  dialect: z.enum(['sqlite', 'postgres', 'mysql']),
  counts: z.object({ purged: z.number() }),
  script: fileSchema,
})

export type PurgeProof = z.infer<typeof schema>

/** @throws AppError `purge_unreadable` */
export const readProof = (text: string, path: string): PurgeProof => {
  const { data } = schema.safeParse(parseJson(text))
  if (data) return data
  throw new AppError('purge_unreadable', { detail: `${path} is no proof of a purge.` })
}
