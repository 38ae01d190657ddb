/** Owns the body of the ledger's thread, where a slow disk or database holds up nobody. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { asAppError } from '../errors/errors.ts'
import { openLedgerDatabase } from './database/database.ts'
import { Keeper } from './forwarder.ts'
import type { FromKeeper, LedgerSetup, ToKeeper } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('thread.ts runs as a worker thread only')

const { place, spillDir, replica, guesses, toldUpTo } = workerData as LedgerSetup
const tell = (message: FromKeeper): void => port.postMessage(message)

const listen = (keeper: Keeper): void => {
  port.on('message', (message: ToKeeper) => {
    if (message !== 'close') {
      keeper.take(message)
      return
    }
    void keeper.close().then(() => port.close())
  })
}

const keeper = new Keeper({
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
