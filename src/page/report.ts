/** The report of a status as the page shows it: the fields of `status --json` that it needs. */
import * as z from 'zod'

const count = z.number().nonnegative()
const date = z.iso.date()

const cutOff = z.object({
  date,
  notMoved: count.optional(),
  late: count.optional(),
  low: count.optional(),
  high: count.optional(),
})

/** Without a name: of people without one, or all other waves. */
const wave = z.object({ name: z.string().optional(), people: count, moved: count, notMoved: count })

const schema = z.object({
  at: z.iso.datetime(),
  goLive: date.optional(),
  moved: count,
  notMoved: z.object({ people: count }).catchall(count),
  perDay: z.array(z.tuple([date, count])),
  bySilence: z
    .array(z.object({ days: z.number().optional(), people: count, moved: count }))
    .optional(),
  lateDays: count.optional(),
  forecast: z
    .union([z.array(cutOff), z.object({ refused: z.object({ sentence: z.string() }) })])
    .optional(),
  /** How many more will have moved by then: as foretold, and the range that is meant to hold 8 of 10 times. */
  course: z.array(z.tuple([date, count, count, count])).optional(),
  waves: z.object({ shown: z.array(wave), others: wave.optional() }).optional(),
})

export type PageReport = z.infer<typeof schema>

/** @returns undefined where it is not the report of a status, or of a version that the page does not know */
export const readPageReport = (text: string): PageReport | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
