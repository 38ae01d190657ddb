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

/** The first message of a thread, when it is ready. */
export interface Ready {
  readonly cores: readonly CoreInfo[]
  readonly missing?: readonly MissingCore[]
  readonly calibrations: readonly Calibration[]
}

/** Checks of one kind. */
export type BatchRequest = readonly PasswordCheck[]

export interface BatchReply {
  /** One for each check, in the order of the request. */
  readonly outcomes: readonly Outcome[]
  /** Then there are no outcomes. */
  readonly isOutOfMemory?: boolean
  /** Milliseconds the batch took, by the thread's own clock. */
  readonly runMs: number
}

/** A thread sends `Ready` once, then one reply to each request, one request at a time. */
export type FromWorker = Ready | BatchReply
