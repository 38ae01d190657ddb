/** The endpoint of an event hook: Okta pushes news of people who moved, which are counted and decide nothing. */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { EventCounts, EventSink, LogSink } from '../../call-record.ts'
import type { Clock } from '../../clock.ts'
import { AppError, asAppError, describeUnforeseen, refusal } from '../../errors/errors.ts'
import { jsonResponse, problemResponse } from '../answer.ts'
import { createSecretCheck } from '../../http/secret-check.ts'
import { headerValues, isFromOrg } from '../authenticate.ts'
import { checkHeaders, readBody } from '../body.ts'
import { parseDelivery } from './payload.ts'

export const EVENTS_PATH = '/hooks/okta/events'

export interface EventsAppOptions {
  /** In lower case. */
  readonly authHeader: string
  readonly secret: string
  /** If set, calls from any other org are rejected. */
  readonly orgUrl: string | undefined
}

export interface EventsDeps {
  readonly settings: EventsAppOptions
  readonly sink: EventSink
  readonly clock: Clock
  readonly log: LogSink
  readonly onCounted?: ((counts: EventCounts) => void) | undefined
}

/** Okta sends events of a short time together, and has no limit that is documented. */
const MAX_EVENTS_BYTES = 1024 * 1024

/** Okta gives up after 3 seconds ("Event hooks"). */
const BODY_MS = 2_500

/** Bodies of events in memory; what comes beyond them is refused, since sign-ins come first. */
const MAX_AT_ONCE = 8

const CHALLENGE_HEADER = 'x-okta-verification-challenge'

interface EventsEnv {
  Bindings: HttpBindings
}

/** Okta asks once whether the endpoint expects it ("One-time verification request"); no secret need be sent with that. */
const verify = (c: Context<EventsEnv>): Response => {
  const [challenge, ...others] = headerValues(c.env.incoming.rawHeaders, CHALLENGE_HEADER)
  if (challenge === undefined || others.length > 0 || !/^[\x21-\x7e]{1,256}$/.test(challenge)) {
    return problemResponse(refusal('events_invalid'))
  }
  return jsonResponse(200, { verification: challenge })
}

const count = (sink: EventSink, delivery: ReturnType<typeof parseDelivery>): EventCounts => {
  const counts = { kept: 0, ignored: delivery.ignored, repeated: 0, dropped: 0 }
  for (const event of delivery.events) counts[sink.add(event)] += 1
  return counts
}

const receive = ({ settings, sink, clock, log, onCounted }: EventsDeps) => {
  const { authHeader, orgUrl } = settings
  const matchSecret = createSecretCheck({ current: settings.secret, previous: undefined })
  let underWay = 0

  const read = async ({ incoming }: HttpBindings): Promise<string> => {
    if (underWay >= MAX_AT_ONCE) throw refusal('events_busy')
    underWay += 1
    try {
      return await readBody(incoming, clock.now() + BODY_MS, clock, MAX_EVENTS_BYTES)
    } finally {
      underWay -= 1
    }
  }

  return async (c: Context<EventsEnv>): Promise<Response> => {
    const { incoming } = c.env
    if (!matchSecret(headerValues(incoming.rawHeaders, authHeader))) {
      throw new AppError('unauthenticated', { detail: 'missing or wrong secret' })
    }
    checkHeaders(incoming.headers, MAX_EVENTS_BYTES)
    const delivery = parseDelivery(await read(c.env))
    if (orgUrl !== undefined && !isFromOrg(orgUrl, delivery.source)) {
      throw new AppError('unauthenticated', { detail: 'source is not OKTA_ORG_URL' })
    }
    const counts = count(sink, delivery)
    onCounted?.(counts)
    log.info({ ...counts, status: 204 }, 'events of Okta')
    return new Response(null, { status: 204 })
  }
}

export const createEventsApp = (deps: EventsDeps): Hono<EventsEnv> => {
  const app = new Hono<EventsEnv>()
  app.get(EVENTS_PATH, verify)
  app.post(EVENTS_PATH, receive(deps))
  app.onError((err) => {
    const failure = asAppError(err)
    const { code: reason, detail, cause } = failure
    const about = cause === undefined ? undefined : describeUnforeseen(cause)
    const fields = { reason, detail, cause: about, status: failure.row.status }
    deps.log.warn(fields, 'events of Okta were refused')
    return problemResponse(failure)
  })
  return app
}
