/** A ledger's thread that only tells how things stand, and how they change. */
import { parentPort } from 'node:worker_threads'

const tell = (database, spill) =>
  parentPort.postMessage({ kind: 'status', status: { database, spill, waiting: 7 } })

tell('unreachable', 'ok')
tell('unreachable', 'failing')
tell('newer_schema', 'failing')
tell('refused', 'failing')
tell('failing', 'failing')
tell('migrating', 'failing')
tell('ok', 'ok')
tell('ok', 'failing')
tell('ok', 'ok')
parentPort.postMessage({ kind: 'vanished', file: 'spill' })
parentPort.postMessage({ kind: 'vanished', file: 'database' })
parentPort.postMessage({ kind: 'ready' })
parentPort.on('message', (message) => message === 'close' && process.exit())
