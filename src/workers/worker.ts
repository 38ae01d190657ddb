/** Owns the body of a worker thread: one check at a time, as told. */
import { parentPort, workerData } from 'node:worker_threads'
import { createEngine } from '../passwords/engine.ts'
import type { CheckReply, CheckRequest, FromWorker, WorkerSetup } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('worker.ts runs as a worker thread only')

const { bounds } = workerData as WorkerSetup
const engine = createEngine(bounds)
const send = (message: FromWorker): void => port.postMessage(message)

const check = (request: CheckRequest): CheckReply => {
  const began = performance.now()
  const [outcome] = engine.verify([request])
  if (!outcome) throw new TypeError('no outcome')
  return { outcome, runMs: performance.now() - began }
}

port.on('message', (request: CheckRequest) => send(check(request)))
send('ready')
