/** Owns the body of a worker thread: one batch of checks at a time, as told. */
import { parentPort, workerData } from 'node:worker_threads'
import { dummyHash } from '../passwords/dummy-hash.ts'
import { createEngine, type PasswordCheck } from '../passwords/engine.ts'
import type { BatchReply, Calibration, FromWorker, WorkerOptions } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('worker.ts runs as a worker thread only')

const engine = createEngine((workerData as WorkerOptions).bounds)
const { name, fallback, lanes } = engine
const send = (message: FromWorker): void => port.postMessage(message)

const run = (checks: readonly PasswordCheck[]): BatchReply => {
  const began = performance.now()
  const outcomes = engine.verify(checks)
  return { outcomes, runMs: performance.now() - began }
}

/** Long enough to measure, short enough not to hold up a start. */
const TRIAL_COST = 5
const TRIALS = 3
const TRIAL: PasswordCheck = {
  encoded: dummyHash(TRIAL_COST),
  password: 'a trial',
}

/** A round is of every width, so that a slow moment does not make one width look worse than the others. */
const tryWidths = (): number[] =>
  Array.from({ length: lanes }, (_, i) => run(Array<PasswordCheck>(i + 1).fill(TRIAL)).runMs)

/** The best of a few, since the first ones run before the compiler is done with them. */
const calibrate = (): Calibration => {
  const rounds = Array.from({ length: TRIALS }, tryWidths)
  const ms = rounds.reduce((best, round) => best.map((ms, i) => Math.min(ms, round[i] ?? ms)))
  return { cost: TRIAL_COST, ms }
}

port.on('message', (checks: readonly PasswordCheck[]) => send(run(checks)))
send({
  engine: { name, lanes, ...(fallback !== undefined && { fallback }) },
  calibration: calibrate(),
})
