/** A bare TCP exchange, for requests that fetch refuses to send. */
import { connect } from 'node:net'

/**
 * Sends the parts as they are and collects what comes back until the server closes the connection,
 * or until `enough` returns true.
 */
export const exchange = (
  base: string,
  parts: readonly string[],
  enough: (received: string) => boolean = () => false,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname)
    let received = ''
    socket.on('connect', () => {
      for (const part of parts) socket.write(part)
    })
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
      if (enough(received)) socket.destroy()
    })
    // A reset after the answer is how a server ends a request that it did not read to the end.
    socket.on('error', (err) => (received === '' ? reject(err) : undefined))
    socket.on('close', () => resolve(received))
  })

export const head = (path: string, headers: readonly string[]): string =>
  [`POST ${path} HTTP/1.1`, 'Host: hook.test', ...headers, '', ''].join('\r\n')

/** Sends the text, then drops the connection once the server has had a chance to read it. */
export const sendAndDrop = (
  base: string,
  text: string,
  wasRead: () => PromiseLike<unknown> = () => new Promise((resolve) => setImmediate(resolve)),
): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname)
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.write(text, () => void wasRead().then(() => socket.resetAndDestroy(), reject))
  })

/**
 * Sends the head of a call and waits until the server has admitted it, which "100 Continue" shows.
 * @returns a function that sends the body and resolves with all that the server sends to the end
 */
export const holdCall = async (
  base: string,
  path: string,
  headers: readonly string[],
): Promise<(body: string) => Promise<string>> => {
  const { hostname, port } = new URL(base)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(received)))
  socket.on('error', () => undefined)
  socket.write(head(path, ['Expect: 100-continue', ...headers]))
  await new Promise((resolve) => socket.once('data', resolve))
  return (body) => {
    socket.write(body)
    return closed
  }
}
