/** What the ledger's thread runs, so that a slow disk or database delays no answer. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { asAppError } from '../errors/errors.ts'
import { openLedgerDatabase } from './database/database.ts'
import { Forwarder } from './forwarder.ts'
import type { FromForwarder, LedgerThreadOptions, ToForwarder } from './protocol.ts'

const port = parentPort
if (!port) throw new TypeError('ledger-thread.ts runs as a worker thread only')

const { target, ...options } = workerData as LedgerThreadOptions
const send = (message: FromForwarder): void => port.postMessage(message)

const onMessage = (message: ToForwarder): void => {
  if (message === 'close') void forwarder.close().then(() => port.close())
  else forwarder.enqueue(message)
}

const forwarder = new Forwarder({
  ...options,
  open: (isReopened) => openLedgerDatabase(target, isReopened),
  clock: systemClock,
  send,
})

const refuse = (err: unknown): void => {
  const { code, detail } = asAppError(err)
  send({ kind: 'refused', code, detail })
}

try {
  forwarder.open()
  port.on('message', onMessage)
  send({ kind: 'opened' })
  // The server may have started already when the database refuses, so the thread runs until it is closed.
  await forwarder.start().then(() => send({ kind: 'ready' }), refuse)
} catch (err) {
  refuse(err)
  port.close()
}
