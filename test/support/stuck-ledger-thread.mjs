/** A ledger's thread whose disk never answers. */
import { parentPort } from 'node:worker_threads'

parentPort.on('message', (message) => {
  if (message === 'close') parentPort.close()
})
parentPort.postMessage({ kind: 'ready' })
