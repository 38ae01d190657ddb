/** Answers the calls of an import at once, as an org without limits would: a process of its own, which prints its address. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createUserSchema, schemaView } from '../src/sandbox/org/schema.ts'

const LIMIT = 1_000_000_000
const WINDOW_S = 60

let calls = 0

const headers = (body: string): Record<string, string | number> => {
  calls++
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-okta-request-id': `stub${String(calls).padStart(24, '0')}`,
    'x-rate-limit-limit': LIMIT,
    'x-rate-limit-remaining': LIMIT - calls,
    'x-rate-limit-reset': (Math.floor(Date.now() / 1000 / WINDOW_S) + 1) * WINDOW_S,
  }
}

const answer = (res: ServerResponse, body: string): void => {
  res.writeHead(200, headers(body)).end(body)
}

const NOW = new Date().toISOString()

/** With the fields of Okta's answer that an import reads, and as many bytes as it has for a small profile. */
const userOf = (request: string): string => {
  const { profile } = JSON.parse(request) as { readonly profile: object }
  const times = { created: NOW, activated: null, statusChanged: null, lastLogin: null }
  return JSON.stringify({
    id: `00u${String(calls).padStart(17, '0')}`,
    status: 'ACTIVE',
    ...times,
    lastUpdated: NOW,
    passwordChanged: null,
    type: { id: 'oty000000000000stub1' },
    profile: { ...profile, mobilePhone: null, secondEmail: null },
    credentials: { provider: { type: 'IMPORT', name: 'IMPORT' } },
    _links: { self: { href: `http://stub.invalid/api/v1/users/00u${calls}` } },
  })
}

const SCHEMA = JSON.stringify(schemaView(createUserSchema(), 'http://stub.invalid/', 'user', NOW))

/** All that an import asks before its first row. */
const questions = (url: string): string => {
  if (url.startsWith('/api/v1/meta/')) return SCHEMA
  return url.startsWith('/api/v1/users/me') ? userOf('{"profile":{"login":"stub"}}') : '[]'
}

const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
  if (req.method !== 'POST') {
    answer(res, questions(req.url ?? ''))
    return
  }
  let body = ''
  req.setEncoding('utf8')
  req.on('data', (part: string) => (body += part))
  req.on('end', () => answer(res, userOf(body)))
}

const server = createServer(onRequest).listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
