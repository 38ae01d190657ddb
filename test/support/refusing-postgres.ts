/** A PostgreSQL server that refuses every login, the first ones only when the test asks for it. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

const CANNOT_ENCRYPT = Buffer.from('N')
const SSL_REQUEST_BYTES = 8

/** An ErrorResponse (PostgreSQL, "Message Formats"). */
const refusal = (): Buffer => {
  const fields = ['SFATAL', 'VFATAL', 'C28P01', 'Mwrong password', ''].join('\0') + '\0'
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(4 + fields.length, 1)
  return Buffer.concat([head, Buffer.from(fields)])
}

export const startRefusingPostgres = async () => {
  const held: Socket[] = []
  const open = new Set<Socket>()
  let logins = 0
  let isHeld = true
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      if (chunk.length === SSL_REQUEST_BYTES) return void socket.write(CANNOT_ENCRYPT)
      logins++
      if (isHeld) held.push(socket)
      else socket.end(refusal())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `postgres://someone@127.0.0.1:${port}/ledger`,
    logins: () => logins,
    /** Answers the waiting logins, and from now on each one at once. */
    refuse: (): void => {
      isHeld = false
      for (const socket of held) socket.end(refusal())
    },
  }
}
