/** A server on a free port that gives a test's answers and records the calls. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface StubAnswer {
  readonly status?: number
  readonly headers?: Record<string, string | string[]>
  /** Sent as JSON, or as it is where it is text. */
  readonly body?: unknown
}

/** Answers a call, or handles its socket. */
export type Responder = (
  call: Received,
  res: ServerResponse,
) => StubAnswer | undefined | Promise<StubAnswer>

const readAll = async (req: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of req) text += String(chunk)
  return text
}

const respond = (res: ServerResponse, { status = 200, headers = {}, body }: StubAnswer): void => {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body))
}

export const startOkta = async (respondTo: Responder) => {
  const calls: Received[] = []
  const server = createServer((req, res) => {
    void readAll(req).then(async (body) => {
      const { method = '', url: path = '', headers } = req
      const call = { method, path, headers, body }
      calls.push(call)
      const answer = await respondTo(call, res)
      if (answer) respond(res, answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  onTestFinished(close)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, calls, close }
}

/** Answers one call after another as listed, the last one again and again. */
export const inTurn = (...answers: (StubAnswer | Responder)[]): Responder => {
  let turn = 0
  return (call, res) => {
    const answer = answers[Math.min(turn++, answers.length - 1)]
    return typeof answer === 'function' ? answer(call, res) : answer
  }
}

/** Resets the connection without an answer. */
export const reset: Responder = (_, res) => {
  res.socket?.resetAndDestroy()
  return undefined
}

/** Never answers. */
export const silence: Responder = () => undefined

/** Headers of a rate limit whose window ends so many seconds after this answer, by Okta's clock. */
export const limits = (limit: number, remaining: number, seconds = 60): Record<string, string> => {
  const date = Date.UTC(2031, 0, 1)
  return {
    date: new Date(date).toUTCString(),
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(remaining),
    'x-rate-limit-reset': String(date / 1000 + seconds),
  }
}

export const oktaError = (errorCode: string, ...causes: string[]): object => ({
  errorCode,
  errorSummary: `summary of ${errorCode}`,
  errorLink: errorCode,
  errorId: 'oaeX',
  errorCauses: causes.map((errorSummary) => ({ errorSummary })),
})
