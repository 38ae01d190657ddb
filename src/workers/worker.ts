/** The body of a worker thread: makes the cores, and checks one batch at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import { OutOfMemory, type PasswordCheck } from '../passwords/family.ts'
import { CORES, CoreMissing, createEngine, type EngineCore } from '../passwords/engine.ts'
import {
  ALL_CORES,
  type BatchReply,
  type BatchRequest,
  type Calibration,
  type FromWorker,
  type ToWorker,
  type WorkerData,
} from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('worker.ts runs as a worker thread only')

const { isFirst } = workerData as WorkerData
const engine = createEngine(CORES)
const send = (message: FromWorker): void => port.postMessage(message)

/** Any other error is a bug, and ends the thread: what it leaves behind is not trusted. */
const verify = (checks: BatchRequest): Omit<BatchReply, 'runMs'> => {
  try {
    return { outcomes: engine.verify(checks) }
  } catch (err) {
    if (err instanceof OutOfMemory) return { outcomes: [], failure: 'out_of_memory' }
    if (err instanceof CoreMissing) return { outcomes: [], failure: 'core_missing' }
    throw err
  }
}

const run = (checks: BatchRequest): BatchReply => {
  const startedAt = performance.now()
  const reply = verify(checks)
  return { ...reply, runMs: performance.now() - startedAt }
}

const TRIALS = 3

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

const told = new Set<string>()

/** Makes a core, unless it is made, and tells about it. */
const make = (name: string): void => {
  if (told.has(name)) return
  told.add(name)
  const core = engine.coreOf(name)
  const areMore = isFirst && told.size < CORES.length
  if ('why' in core) {
    send({ cores: [], missing: [core], calibrations: [], areMore })
    return
  }
  const { computes, lanes, fallback } = core
  const info = { computes, name: core.name, lanes, ...(fallback !== undefined && { fallback }) }
  send({ cores: [info], calibrations: isFirst ? [calibrate(core)] : [], areMore })
}

/** A turn of the event loop for each, so that checks need not wait for all of them. */
const makeAll = ([next, ...others]: readonly string[]): void => {
  if (next === undefined) return
  make(next)
  setImmediate(makeAll, others)
}

const names = CORES.map(({ computes }) => computes)

port.on('message', (request: ToWorker) => {
  if (typeof request === 'string') {
    if (request === ALL_CORES) makeAll(names)
    else make(request)
    return
  }
  const [first] = request
  if (first) make(first.plan.kind.name)
  send(run(request))
})
for (const name of names.slice(0, 1)) make(name)
