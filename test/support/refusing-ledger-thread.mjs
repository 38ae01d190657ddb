/** A ledger's thread whose database refuses; it records that it was closed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

parentPort.on('message', (message) => {
  if (message !== 'close') return
  writeFileSync(join(workerData.spillDir, 'closed'), '')
  parentPort.close()
})
parentPort.postMessage({ kind: 'opened' })
parentPort.postMessage({ kind: 'refused', code: 'ledger_newer' })
