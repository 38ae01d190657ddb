/** Owns the body of the ledger's thread, where a slow disk or database holds up nobody. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { asAppError } from '../errors/errors.ts'
import { openLedgerDatabase } from './database/database.ts'
import { Forwarder } from './forwarder.ts'
import type { FromForwarder, LedgerThreadOptions, ToForwarder } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('thread.ts runs as a worker thread only')

const { place, spillDir, replica, guesses, toldUpTo } = workerData as LedgerThreadOptions
const tell = (message: FromForwarder): void => port.postMessage(message)

const listen = (keeper: Forwarder): void => {
  port.on('message', (message: ToForwarder) => {
    if (message !== 'close') {
      keeper.take(message)
      return
    }
    void keeper.close().then(() => port.close())
  })
}

const keeper = new Forwarder({
  spillDir,
  open: (isRemade) => openLedgerDatabase(place, isRemade),
  replica,
  guesses,
  toldUpTo,
  clock: systemClock,
  wall: Date.now,
  tell,
})

const refuse = (err: unknown): void => {
  const { code, detail } = asAppError(err)
  tell({ kind: 'refused', code, detail })
}

try {
  keeper.open()
  listen(keeper)
  tell({ kind: 'opened' })
  // The server may serve already when the refusal comes, so this goes on until it is closed.
  await keeper.start().then(() => tell({ kind: 'ready' }), refuse)
} catch (err) {
  refuse(err)
  port.close()
}
