/** The messages between the pool and its threads. */
import type { EngineCore, MissingCore } from '../passwords/engine.ts'
import type { Kind, Outcome, PasswordCheck } from '../passwords/family.ts'

/** How long the batches of a core's trial took in a thread. */
export interface Calibration {
  readonly kind: Kind
  /** Milliseconds of a batch of one check, of two, and so on up to the core's lanes. */
  readonly ms: readonly number[]
}

export type CoreInfo = Pick<EngineCore, 'computes' | 'name' | 'lanes' | 'fallback'>

/** What a thread is started with. */
export interface WorkerData {
  /**
   * Whether it makes, tests and measures every core. One thread is enough, since all have the same machine: the
   * others make a core when it is needed.
   */
  readonly isFirst: boolean
}

/** What a thread tells about the cores that it has made. After the first such message it takes checks. */
export interface CoresMade {
  readonly cores: readonly CoreInfo[]
  readonly missing?: readonly MissingCore[]
  readonly calibrations: readonly Calibration[]
  /** Whether it makes others next. */
  readonly areMore?: boolean
}

/** Checks of one kind. */
export type BatchRequest = readonly PasswordCheck[]

/** Asks the first thread for all cores. */
export const ALL_CORES = '*'

/** Checks, or what the kinds are called whose core the first thread is to make next. */
export type ToWorker = BatchRequest | string

export interface BatchReply {
  /** One for each check, in the order of the request. */
  readonly outcomes: readonly Outcome[]
  /** Why there are no outcomes. */
  readonly failure?: 'out_of_memory' | 'core_missing'
  /** Milliseconds the batch took, by the thread's own clock. */
  readonly runMs: number
}

/** Besides what it tells about cores, a thread sends one reply to each batch, one batch at a time. */
export type FromWorker = CoresMade | BatchReply
