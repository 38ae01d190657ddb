/** Reading counts for the page: what happens where the ledger cannot be read. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createCountsReader } from '../../src/ledger/counts.ts'
import { ManualClock } from '../support/clock.ts'
import { tempDir } from '../support/temp.ts'

it('a ledger that is not there is not made', async () => {
  const url = `sqlite:${tempDir()}/ledger.sqlite`
  const read = createCountsReader({ target: { url }, org: undefined }, systemClock)
  await expect(read()).rejects.toThrow('the ledger cannot be read')
  await expect(read()).rejects.toThrow('the ledger cannot be read')
})

/** AuthenticationOk and ReadyForQuery (PostgreSQL, "Message Formats"). */
const WELCOME = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I')

/** A server that lets everybody in, and answers no statement. */
const startHangingServer = async (): Promise<string> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.write(WELCOME))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return `postgres://nobody@127.0.0.1:${port}/ledger?sslmode=disable`
}

it('a server that hangs costs 5 s and one thread, and is asked again', async () => {
  const url = await startHangingServer()
  const clock = new ManualClock()
  const read = createCountsReader({ target: { url }, org: undefined }, clock)
  const first = read()
  await expect(read()).rejects.toThrow('still being read')
  expect(clock.pending).toEqual([5_000])
  clock.advance(5_000)
  await expect(first).rejects.toThrow('timed out')
  const readAgain = (): Promise<unknown> => {
    const again = read().catch((err: unknown) => (err as Error).message)
    clock.advance(5_000)
    return again
  }
  await expect.poll(readAgain).toBe('timed out')
})
