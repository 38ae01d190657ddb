/** Reads from a saved status what a plan says of it. */
import * as z from 'zod'
import type { SavedReport } from '../campaign/state/saved-report.ts'
import { parseJson } from '../text/parse-json.ts'

const count = z.number().catch(0)

/** In milliseconds since 1970. */
const day = z.iso.date().transform((text) => Date.parse(text))

const forecastSchema = z.object({
  date: z.string(),
  late: z.number(),
  low: z.number(),
  high: z.number(),
})

/** The fields of `status --json` (docs/EVENTS.md). */
const schema = z.object({
  moved: count,
  notMoved: z.object({ again: count }).catch({ again: 0 }),
  notCounted: z.object({ missing: count }).catch({ missing: 0 }),
  sources: z
    .object({ legacy: z.object({ unreadable: count }).optional().catch(undefined) })
    .catch({ legacy: undefined }),
  forecast: z.array(forecastSchema.optional().catch(undefined)).catch([]),
  goLive: day.optional().catch(undefined),
  lateDays: z.number().catch(90),
  mails: z.array(day).catch([]),
})

export type LateForecast = z.infer<typeof forecastSchema>

export interface CampaignCounts {
  readonly moved: number
  readonly missing: number
  /** Rows of the accounts that could not be read. */
  readonly unreadable: number
  /** VERIFIED more than once, and Okta has no password. */
  readonly again: number
  /** Of the first day that a forecast was asked for. */
  readonly late: LateForecast | undefined
  /** In milliseconds since 1970. */
  readonly goLive: number | undefined
  /** Who comes within so many days after the hook has ended comes too late. */
  readonly lateDays: number
  /** The days of mails that asked people to sign in, in milliseconds since 1970. */
  readonly mails: readonly number[]
}

export const readStatus = (report: SavedReport | undefined): CampaignCounts => {
  const { data } = schema.safeParse(parseJson(report?.json ?? '{}'))
  return {
    moved: data?.moved ?? 0,
    missing: data?.notCounted.missing ?? 0,
    unreadable: data?.sources.legacy?.unreadable ?? 0,
    again: data?.notMoved.again ?? 0,
    late: data?.forecast.find((each) => each !== undefined),
    goLive: data?.goLive,
    lateDays: data?.lateDays ?? 90,
    mails: data?.mails ?? [],
  }
}
