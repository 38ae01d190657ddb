/** A ledger's thread that only reports its status, and how it changes. */
import { parentPort } from 'node:worker_threads'

const report = (database, spill) =>
  parentPort.postMessage({ kind: 'status', status: { database, spill, waiting: 7 } })

report('unreachable', 'ok')
report('unreachable', 'failing')
report('newer_schema', 'failing')
report('refused', 'failing')
report('failing', 'failing')
report('migrating', 'failing')
report('ok', 'ok')
report('ok', 'failing')
report('ok', 'ok')
parentPort.postMessage({ kind: 'vanished', file: 'spill' })
parentPort.postMessage({ kind: 'vanished', file: 'database' })
parentPort.postMessage({ kind: 'ready' })
parentPort.on('message', (message) => message === 'close' && process.exit())
