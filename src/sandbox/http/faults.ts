/** The faults that the sandbox can inject, and their rates. */
import * as z from 'zod'
import { createControl } from './controls.ts'
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
  /** Calls per minute to the System Log. 50 is Okta's for enterprise orgs. */
  logRateLimit: count.default(50),
  /** Milliseconds by which events appear in the System Log too late, at most. */
  logDelayMs: count.default(0),
  /** The share of the System Log's pages that are not full, although there is more. */
  shortPageRate: rate.default(0),
  /** The share of events that event hooks never get. */
  eventDropRate: rate.default(0),
  /** The share of events that they get twice. */
  eventDuplicateRate: rate.default(0),
  /** The share of events that they get after those of the next minute. */
  eventReorderRate: rate.default(0),
  /** Milliseconds by which they get events too late, at most. */
  eventDelayMs: count.default(0),
  /** Events that all event hooks together get in 24 hours. 400,000 is Okta's limit. */
  eventLimit: count.default(400_000),
  /** Calls at the same time. 75 is Okta's default for a production org. */
  concurrency: count.default(75),
})

export type Faults = Readonly<z.infer<typeof faultSchema>>
export type FaultSettings = z.input<typeof faultSchema>

export const createFaults = (random: () => number, settings: FaultSettings) => {
  const control = createControl(faultSchema, settings, 'faults')
  // Without a delay no number is drawn, so that a seed gives the same faults as before.
  const upTo = (ms: number): number => (ms > 0 ? Math.floor(random() * ms) : 0)
  return {
    get current(): Faults {
      return control.current
    },
    set: (changes: unknown): Faults => control.set(changes),
    /** Whether an event with this rate occurs now. */
    occurs: (rate: number) => rate > 0 && random() < rate,
    /** How much too late the next event appears in the System Log. */
    logDelayMs: (): number => upTo(control.current.logDelayMs),
    /** How much too late event hooks get the next event. */
    eventDelayMs: (): number => upTo(control.current.eventDelayMs),
  }
}

export const FAULTS_PATH = '/sandbox/faults'
