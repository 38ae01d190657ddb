/** Owns the messages between the pool and its threads. */
import type { PasswordCheck, Engine } from '../passwords/engine.ts'
import type { Bounds, Outcome } from '../passwords/family.ts'

export interface WorkerOptions {
  readonly bounds: Bounds
}

/** How long batches took when a thread tried itself out. */
export interface Calibration {
  readonly cost: number
  /** Milliseconds of a batch of one check, of two, and so on up to the engine's lanes. */
  readonly ms: readonly number[]
}

/** What a thread says first. */
export interface Hello {
  readonly engine: Pick<Engine, 'name' | 'fallback' | 'lanes'>
  readonly calibration: Calibration
}

export type BatchRequest = readonly PasswordCheck[]

export interface BatchReply {
  /** One for each check, in the order of the request. */
  readonly outcomes: readonly Outcome[]
  /** Milliseconds the batch took, by the thread's own clock. */
  readonly runMs: number
}

/** A thread says hello once, then one reply for each request, one request at a time. */
export type FromWorker = Hello | BatchReply
