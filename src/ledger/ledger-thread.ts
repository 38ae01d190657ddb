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

let isOpen = false

/** The server may have started already when the database refuses, so the thread runs until it is closed. */
const open = async (): Promise<void> => {
  try {
    forwarder.open()
  } catch (err) {
    refuse(err)
    port.close()
    return
  }
  isOpen = true
  send({ kind: 'opened' })
  await forwarder.start().then(() => send({ kind: 'ready' }), refuse)
}

const close = async (): Promise<void> => {
  if (isOpen) await forwarder.close()
  port.close()
}

port.on('message', (message: ToForwarder) => {
  if (message === 'open') void open()
  else if (message === 'close') void close()
  else forwarder.enqueue(message)
})
