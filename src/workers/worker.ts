/** The body of a worker thread: checks one batch at a time. */
import { parentPort } from 'node:worker_threads'
import { OutOfMemory, type PasswordCheck } from '../passwords/family.ts'
import { CORES, createEngine, type EngineCore } from '../passwords/engine.ts'
import type { BatchReply, BatchRequest, Calibration, FromWorker } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('worker.ts runs as a worker thread only')

const engine = createEngine(CORES)
const send = (message: FromWorker): void => port.postMessage(message)

/** Any other error is a bug, and ends the thread: what it leaves behind is not trusted. */
const verify = (checks: BatchRequest): Omit<BatchReply, 'runMs'> => {
  try {
    return { outcomes: engine.verify(checks) }
  } catch (err) {
    if (!(err instanceof OutOfMemory)) throw err
    return { outcomes: [], isOutOfMemory: true }
  }
}

const run = (checks: BatchRequest): BatchReply => {
  const startedAt = performance.now()
  const reply = verify(checks)
  return { ...reply, runMs: performance.now() - startedAt }
}

const TRIALS = 5

/** Each round tries every width, so that a slow moment does not make one width look worse than the others. */
const tryWidths = ({ trial, lanes }: EngineCore): number[] => {
  const check: PasswordCheck = { plan: trial, password: 'a trial' }
  return Array.from({ length: lanes }, (_, i) => run(Array<PasswordCheck>(i + 1).fill(check)).runMs)
}

/** The best of several rounds, since the first ones run before the compiler is done. */
const calibrate = (core: EngineCore): Calibration => {
  const rounds = Array.from({ length: TRIALS }, () => tryWidths(core))
  const ms = rounds.reduce((best, round) => best.map((ms, i) => Math.min(ms, round[i] ?? ms)))
  return { kind: core.trial.kind, ms }
}

port.on('message', (checks: BatchRequest) => send(run(checks)))
send({
  cores: engine.cores.map(({ computes, name, lanes, fallback }) => ({
    ...{ computes, name, lanes },
    ...(fallback !== undefined && { fallback }),
  })),
  missing: engine.missing,
  calibrations: engine.cores.map(calibrate),
})
