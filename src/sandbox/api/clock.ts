/** Moves the sandbox's clock ahead, so that months pass at once. Not part of Okta's API. */
import { Hono } from 'hono'
import * as z from 'zod'
import { invalid } from '../http/errors.ts'
import { originOf, parseAs, readJson, type OrgEnv } from '../http/request.ts'
import type { SimulatedClock } from '../simulated-clock.ts'
import { DAY_MS } from '../../clock.ts'

export const CLOCK_PATH = '/sandbox/clock'

/** About ten years in one jump. */
const MAX_DAYS = 3_653

const schema = z.union(
  [
    z.strictObject({ days: z.number().positive() }),
    z.strictObject({ to: z.iso.datetime({ offset: true }).transform(Date.parse) }),
  ],
  {
    error:
      'Needs either days, a number above 0, or to, a date and time such as 2027-01-31T12:00:00Z',
  },
)

/** @throws OktaError E0000001 */
const targetOf = (body: unknown, now: number): number => {
  const given = parseAs(schema, body, 'clock')
  const target = 'to' in given ? given.to : Math.floor(now + given.days * DAY_MS)
  if (target < now) throw invalid('to', 'The clock cannot go back')
  if (target > now + MAX_DAYS * DAY_MS) throw invalid('clock', 'Jumps ten years at most')
  return target
}

/** What happens until that time, before the clock is there. */
export type Pass = (target: number, origin: string) => Promise<object>

interface JumpDeps {
  readonly pass: Pass
  /** Called when the clock is there. */
  readonly arrive: () => void
}

export const clockApi = (wallClock: SimulatedClock, { pass, arrive }: JumpDeps): Hono<OrgEnv> => {
  // One jump after the other, so that nobody's visit is skipped or made twice.
  let jumping: Promise<unknown> = Promise.resolve()
  const jump = async (body: unknown, origin: string): Promise<object> => {
    const target = targetOf(body, wallClock.epoch())
    const happened = await pass(target, origin)
    wallClock.jumpTo(target)
    arrive()
    return { now: wallClock.iso(), ...happened }
  }
  const app = new Hono<OrgEnv>()
  app.get(CLOCK_PATH, (c) => c.json({ now: wallClock.iso() }))
  app.put(CLOCK_PATH, async (c) => {
    const body = await readJson(c)
    const mine = jumping.then(() => jump(body, originOf(c)))
    jumping = mine.catch(() => undefined)
    return c.json(await mine)
  })
  return app
}
