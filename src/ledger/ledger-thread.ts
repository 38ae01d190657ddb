/** What the ledger's thread runs, so that a slow disk or database delays no answer. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { asAppError } from '../errors/errors.ts'
import { openLedgerDatabase } from './database/database.ts'
import { Forwarder } from './forwarder.ts'
import type { FromForwarder, LedgerThreadOptions, ToForwarder } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('ledger-thread.ts runs as a worker thread only')

const { target, spillDir, replica, guesses, guessesUpTo } = workerData as LedgerThreadOptions
const send = (message: FromForwarder): void => port.postMessage(message)

const listen = (forwarder: Forwarder): void => {
  port.on('message', (message: ToForwarder) => {
    if (message !== 'close') {
      forwarder.enqueue(message)
      return
    }
    void forwarder.close().then(() => port.close())
  })
}

const forwarder = new Forwarder({
  spillDir,
  open: (isReopened) => openLedgerDatabase(target, isReopened),
  replica,
  guesses,
  guessesUpTo,
  clock: systemClock,
  send,
})

const refuse = (err: unknown): void => {
  const { code, detail } = asAppError(err)
  send({ kind: 'refused', code, detail })
}

try {
  forwarder.open()
  listen(forwarder)
  send({ kind: 'opened' })
  // The server may have started already when the database refuses, so the thread runs until it is closed.
  await forwarder.start().then(() => send({ kind: 'ready' }), refuse)
} catch (err) {
  refuse(err)
  port.close()
}
