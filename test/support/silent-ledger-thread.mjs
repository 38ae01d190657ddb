/** A ledger's thread whose spill is open, and whose database does not answer. */
import { parentPort } from 'node:worker_threads'

parentPort.on('message', (message) => {
  if (message === 'close') parentPort.close()
})
parentPort.postMessage({ kind: 'opened' })
