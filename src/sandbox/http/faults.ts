/** The faults that the sandbox can inject, their rates, and the route that changes them. */
import { Hono } from 'hono'
import * as z from 'zod'
import { parseAs, readJson, type OrgEnv } from './request.ts'
import { STAGED_ANSWERS } from './staged-answers.ts'

const ANSWERS = Object.keys(STAGED_ANSWERS) as (keyof typeof STAGED_ANSWERS)[]

const rate = z.number().min(0).max(1)
const count = z.int().min(0).max(1_000_000_000)

export const faultSchema = z.strictObject({
  /** Milliseconds added to each response. */
  latencyMs: count.default(0),
  /** The share of API calls, from 0 to 1, that fail with 500 and are not processed. */
  errorRate: rate.default(0),
  /** The share of API calls whose connection is reset before they are processed. */
  resetBeforeRate: rate.default(0),
  /** The share of API calls whose connection is reset after they are processed. */
  resetAfterRate: rate.default(0),
  /** The name of an answer that replaces the usual one. */
  answer: z.enum(['usual', ...ANSWERS]).default('usual'),
  /** The share of API calls that get this answer. */
  answerRate: rate.default(1),
  /** Whether only calls that change something get it. */
  answerWritesOnly: z.boolean().default(false),
  /** Milliseconds by which Okta's clock is ahead; negative if it is behind. */
  clockSkewMs: z.int().min(-1_000_000_000).max(1_000_000_000).default(0),
  /** Refuses writes, and does not store a VERIFIED password. */
  readOnly: z.boolean().default(false),
  /** Calls per minute in each bucket. Okta's usual limit for users is 600. */
  rateLimit: count.default(600),
  /** Calls at the same time. 75 is Okta's default for a production org. */
  concurrency: count.default(75),
})

export type Faults = Readonly<z.infer<typeof faultSchema>>
export type FaultSettings = z.input<typeof faultSchema>

export const createFaults = (random: () => number, settings: FaultSettings) => {
  let current: Faults = parseAs(faultSchema, settings, 'faults')
  return {
    get current() {
      return current
    },
    /**
     * Changes the named faults only.
     * @throws OktaError E0000001 for unknown names and for values that do not fit
     */
    set(settings: unknown): Faults {
      const changes = parseAs(z.looseObject({}), settings, 'faults')
      current = parseAs(faultSchema, { ...current, ...changes }, 'faults')
      return current
    },
    /** Whether an event with this rate occurs now. */
    occurs: (rate: number) => rate > 0 && random() < rate,
  }
}

export const FAULTS_PATH = '/sandbox/faults'

/** Shows and changes the faults while the sandbox runs. Not part of Okta's API. */
export const faultsApi = (faults: ReturnType<typeof createFaults>): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get(FAULTS_PATH, (c) => c.json(faults.current))
  app.put(FAULTS_PATH, async (c) => c.json(faults.set(await readJson(c))))
  return app
}
