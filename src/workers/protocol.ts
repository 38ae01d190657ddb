/** Owns the messages between the pool and its threads. */
import type { Bounds, Outcome } from '../passwords/family.ts'

export interface WorkerSetup {
  readonly bounds: Bounds
}

export interface CheckRequest {
  readonly encoded: string
  readonly password: string
}

export interface CheckReply {
  readonly outcome: Outcome
  /** Milliseconds the check itself took, by the thread's own clock. */
  readonly runMs: number
}

/** A thread says `ready` once, then one reply for each request, one request at a time. */
export type FromWorker = 'ready' | CheckReply
