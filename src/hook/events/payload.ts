/** Reads what an event hook of Okta sends (Okta Management API, "Event Hooks"), and keeps what tells of people who moved. */
import * as z from 'zod'
import { MOVE_EVENTS, type MoveEvent } from '../../call-record.ts'
import { AppError } from '../../errors/errors.ts'
import { parseJson } from '../../text/parse-json.ts'
import { sourceSchema } from '../payload.ts'

const schema = z.object({
  eventType: z.literal('com.okta.event_hook'),
  source: sourceSchema,
  data: z.object({ events: z.array(z.unknown()) }),
})

/** `user.import.password` also tells of each time that the hook did not verify a password: its outcome counts. */
const eventSchema = z.object({
  /** Kept in the ledger: no room for words. */
  uuid: z.guid(),
  published: z.iso.datetime({ offset: true }).transform(Date.parse),
  eventType: z.enum(MOVE_EVENTS),
  outcome: z.object({ result: z.literal('SUCCESS') }),
})

export interface EventDelivery {
  readonly source: string | undefined
  readonly events: readonly MoveEvent[]
  /** How many others came with them. */
  readonly ignored: number
}

/** @throws AppError `events_invalid` */
export const parseDelivery = (text: string): EventDelivery => {
  const { data: body } = schema.safeParse(parseJson(text))
  if (!body) throw new AppError('events_invalid')
  const all = body.data.events
  const events = all.flatMap((each): MoveEvent[] => {
    const { data } = eventSchema.safeParse(each)
    return data ? [{ uuid: data.uuid, type: data.eventType, publishedMs: data.published }] : []
  })
  return { source: body.source, events, ignored: all.length - events.length }
}
