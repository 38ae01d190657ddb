/** An endpoint for event hooks: it answers the verification, and keeps what is delivered. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { LogEvent } from '../../src/sandbox/log/system-log.ts'

export interface DeliveredBatch {
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly eventId: string
    readonly eventTime: string
    readonly source: string
    readonly data: { readonly events: readonly LogEvent[] }
  }
}

/** Statuses in turn, and the last of them from then on; 0 for no answer at all. */
export const startEventReceiver = async (...statuses: number[]) => {
  const batches: DeliveredBatch[] = []
  const verifications: IncomingHttpHeaders[] = []
  const waiting: { readonly events: number; readonly resolve: () => void }[] = []
  const events = () => batches.flatMap(({ body }) => body.data.events)
  let verification: unknown = undefined
  const server = createServer((req, res) => {
    if (req.method === 'GET') {
      verifications.push(req.headers)
      if (verification === 'silence') return
      const given = req.headers['x-okta-verification-challenge']
      res.end(JSON.stringify({ verification: verification ?? given }))
      return
    }
    let text = ''
    req.on('data', (chunk: Buffer) => (text += chunk.toString()))
    req.on('end', () => {
      const status = statuses[Math.min(batches.length, statuses.length - 1)] ?? 204
      const body = JSON.parse(text) as DeliveredBatch['body']
      batches.push({ headers: req.headers, body })
      for (const one of waiting) if (events().length >= one.events) one.resolve()
      if (status > 0) res.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    batches,
    verifications,
    events,
    /** Answers the verification with something else from now on; with `silence`, not at all. */
    answerVerification: (answer: unknown): void => void (verification = answer),
    /** Resolves when so many events have come, however often. */
    received: (count: number): Promise<void> =>
      new Promise((resolve) => {
        if (events().length >= count) resolve()
        else waiting.push({ events: count, resolve })
      }),
  }
}

export const eventHookBody = (uri: string, items: string[], more: object = {}) => ({
  name: 'Moved people',
  events: { type: 'EVENT_TYPE', items, ...more },
  channel: {
    type: 'HTTP',
    version: '1.0.0',
    config: {
      uri,
      headers: [{ key: 'X-Other', value: 'other' }],
      authScheme: { type: 'HEADER', key: 'Authorization', value: 'Basic ZXZlbnRz' },
    },
  },
})

export const onlyIf = (event: string, expression: string) => ({
  filter: {
    type: 'EXPRESSION_LANGUAGE',
    eventFilterMap: [{ event, condition: { version: null, expression } }],
  },
})
