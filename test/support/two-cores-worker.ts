/** A thread with one core more than the product's. */
import { parentPort } from 'node:worker_threads'
import { CORES, createEngine } from '../../src/passwords/engine.ts'
import type { BatchRequest, FromWorker } from '../../src/workers/protocol.ts'
import { roundsDigestCore } from './rounds-digest.ts'

const engine = createEngine([...CORES, roundsDigestCore])
const send = (message: FromWorker): void => parentPort?.postMessage(message)

parentPort?.on('message', (checks: BatchRequest) =>
  send({ outcomes: engine.verify(checks), runMs: 1 }),
)
send({
  cores: engine.cores.map(({ computes, name, lanes }) => ({ computes, name, lanes })),
  calibrations: engine.cores.map(({ trial, lanes }) => ({
    kind: trial.kind,
    ms: Array.from({ length: lanes }, (_, i) => 1 + i / 10),
  })),
})
