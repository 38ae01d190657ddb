/** A sandbox behind a proxy that loses calls and answers, and says when a call is about to be made and was made. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { limits, oktaError } from './okta-server.ts'

/**
 * What a `lost` answer or one of `500` asked for took effect; with `dropped` and `503` it did not. With `late` it takes
 * effect after the next call was answered.
 */
export type OrgFault =
  | 'none'
  | 'late'
  | 'lost'
  | 'dropped'
  | 'lost 500'
  | 'dropped 500'
  | '429'
  | 'die before'
  | 'die after'

export interface ProxiedCall {
  readonly method: string
  readonly path: string
}

interface FlakyOptions {
  readonly target: string
  readonly fault: (call: ProxiedCall) => OrgFault
  /** Called at the moment of the death of the caller. */
  readonly onDeath: () => void
  readonly onCall: (call: ProxiedCall) => void
  /** The code of the 403 that a call gets in place of its answer. */
  readonly refusal?: (call: ProxiedCall) => string | undefined
}

const readBody = async (req: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface Forwarded {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

const forward = (target: string, req: IncomingMessage, body: Buffer): Promise<Forwarded> =>
  new Promise((resolve, reject) => {
    const { method, headers } = req
    // The links of the sandbox lead to the host that was asked for.
    const sent = request(new URL(req.url ?? '', target), { method, headers }, (res) => {
      void readBody(res).then((answer) =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: answer }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })

const fail = (res: ServerResponse, status: number, code: string): void => {
  res.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 429 && limits(10, 0)),
  })
  res.end(JSON.stringify(oktaError(code)))
}

export const startFlakyOrg = async (options: FlakyOptions) => {
  const { target, fault, onDeath, onCall, refusal } = options
  let late: (() => Promise<unknown>) | undefined
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const call = { method: req.method ?? '', path: req.url ?? '' }
    const body = await readBody(req)
    const kind = fault(call)
    const cut = (): void => void req.socket.resetAndDestroy()
    const code = refusal?.(call)
    if (kind === 'die before') onDeath()
    const before = late
    late = undefined
    if (kind === 'late') {
      onCall(call)
      late = () => forward(target, req, body)
      cut()
    } else if (kind === 'dropped' || kind === 'die before') cut()
    else if (code !== undefined) fail(res, 403, code)
    else if (kind === '429') fail(res, 429, 'E0000047')
    else if (kind === 'dropped 500') fail(res, 500, 'E0000009')
    else {
      onCall(call)
      const { status, headers, body: given } = await forward(target, req, body)
      if (kind === 'die after') onDeath()
      if (kind === 'lost' || kind === 'die after') cut()
      else if (kind === 'lost 500') fail(res, 500, 'E0000009')
      else {
        await before?.()
        res.writeHead(status, headers).end(given)
      }
    }
  }
  const server = createServer((req, res) => void answer(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
