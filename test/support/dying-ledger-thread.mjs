/** A ledger's thread that dies of its first entry; its replacement is the real one. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

const mark = join(workerData.spillDir, 'died')

if (existsSync(mark)) {
  await import('../../src/ledger/ledger-thread.ts')
} else {
  writeFileSync(mark, '')
  parentPort.on('message', (message) => message === 'open' || process.exit(1))
  parentPort.postMessage({ kind: 'ready' })
}
