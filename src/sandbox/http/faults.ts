/** Owns what can be made to go wrong, and how often it does. */
import * as z from 'zod'
import { parseAs } from './request.ts'
import { STAGED_ANSWERS, type StagedAnswerName } from './staged-answers.ts'

const ANSWERS = Object.keys(STAGED_ANSWERS) as StagedAnswerName[]

const rate = z.number().min(0).max(1)
const count = z.int().min(0).max(1_000_000_000)

export const faultSchema = z.strictObject({
  /** Milliseconds by which every answer is late. */
  latencyMs: count.default(0),
  /** How many of the API calls, from 0 to 1, are answered 500 instead of being carried out. */
  errorRate: rate.default(0),
  /** How many of the API calls are cut off before they are carried out. */
  resetBeforeRate: rate.default(0),
  /** How many of the API calls are carried out, but their answer is lost. */
  resetAfterRate: rate.default(0),
  /** An answer that comes instead of the usual one, by its name. */
  answer: z.enum(['usual', ...ANSWERS]).default('usual'),
  /** How many of the API calls have that answer. */
  answerRate: rate.default(1),
  /** Whether only calls that change something have it. */
  answerWritesOnly: z.boolean().default(false),
  /** Milliseconds by which Okta's date and time are ahead; behind, where negative. */
  clockSkewMs: z.int().min(-1_000_000_000).max(1_000_000_000).default(0),
  /** Writes are refused, and a VERIFIED password is not stored. */
  readOnly: z.boolean().default(false),
  /** Calls per minute in each bucket. Okta's customary 600 for users. */
  rateLimit: count.default(600),
  /** Calls at the same time. Okta's default for a production org. */
  concurrency: count.default(75),
})

export type Faults = Readonly<z.infer<typeof faultSchema>>
export type FaultSettings = z.input<typeof faultSchema>

export interface FaultInjector {
  readonly current: Faults
  /**
   * Sets what is named and leaves the rest.
   * @throws OktaError E0000001 for names and values that are none
   */
  set(settings: unknown): Faults
  /** Whether something that happens at this rate happens now. */
  occurs(rate: number): boolean
}

export const createFaults = (random: () => number, settings: FaultSettings): FaultInjector => {
  let current: Faults = parseAs(faultSchema, settings, 'faults')
  return {
    get current() {
      return current
    },
    set(more) {
      const named = parseAs(z.looseObject({}), more, 'faults')
      current = parseAs(faultSchema, { ...current, ...named }, 'faults')
      return current
    },
    occurs: (rate) => rate > 0 && random() < rate,
  }
}
