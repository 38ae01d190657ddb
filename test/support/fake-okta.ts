/** A small Okta on a real socket that creates and finds users, with a test's faults. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** The request of a `lost` answer took effect, that of a `dropped` one did not. */
export type Fault = 'none' | 'lost' | 'dropped' | 'lost 500' | '500' | '429' | '401'

export interface FakeUser {
  readonly id: string
  readonly status: string
  readonly created: string
  readonly lastLogin?: string
  readonly profile: Readonly<Record<string, unknown>> & { readonly login: string }
  readonly credentials: { readonly provider: { readonly type: string; readonly name: string } }
}

export interface Call {
  readonly method: string
  readonly path: string
  readonly body: Record<string, unknown> | undefined
}

type Answer = readonly [status: number, body: unknown]

const fold = (login: string): string =>
  login
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()

const error = (status: number, errorCode: string, ...causes: string[]): Answer => [
  status,
  { errorCode, errorSummary: 'x', errorCauses: causes.map((errorSummary) => ({ errorSummary })) },
]

const providerOf = (credentials: Record<string, unknown>): { type: string; name: string } => {
  const { provider, password } = credentials as {
    provider?: { type: string; name: string }
    password?: { hook?: object; hash?: object }
  }
  if (provider) return provider
  const type = password?.hook || password?.hash ? 'IMPORT' : 'OKTA'
  return { type, name: type }
}

const readBody = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export interface FakeOptions {
  /** The fault for a call. */
  readonly fault?: (call: Call, n: number) => Fault
  /** Refuses a create call, or an update, with this answer. */
  readonly refuse?: (profile: Record<string, unknown>) => Answer | undefined
  /** Attributes that updates silently do not change. */
  readonly readOnly?: readonly string[]
  /** Changes to a user at the moment of a deactivation. */
  readonly onDeactivate?: (user: FakeUser) => Partial<FakeUser>
  /** Refuses every deactivation. */
  readonly refuseDeactivation?: boolean
  /** Refuses to find users. */
  readonly refuseQuestions?: boolean
  /** The schema of users; without it, reading it is forbidden. */
  readonly schema?: () => unknown
}

export const startFakeOkta = async ({
  fault = () => 'none',
  refuse,
  readOnly = [],
  onDeactivate = () => ({}),
  refuseDeactivation = false,
  refuseQuestions = false,
  schema,
}: FakeOptions = {}) => {
  const users = new Map<string, FakeUser>()
  const calls: Call[] = []
  let made = 0

  const seed = (login: string, created = '2020-01-01T00:00:00.000Z', more = {}): void =>
    void users.set(fold(login), {
      id: `00u${made++}`,
      status: 'ACTIVE',
      created,
      profile: { login, ...more },
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
    })

  const create = (body: Record<string, unknown>): Answer => {
    const profile = body['profile'] as FakeUser['profile']
    const refusal = refuse?.(profile)
    if (refusal) return refusal
    const key = fold(profile.login)
    if (users.has(key)) {
      const cause = 'login: An object with this field already exists in the current organization'
      return error(400, 'E0000001', cause)
    }
    const user = {
      id: `00u${made++}`,
      status: 'ACTIVE',
      created: new Date().toISOString(),
      profile,
      credentials: { provider: providerOf((body['credentials'] ?? {}) as Record<string, unknown>) },
    }
    users.set(key, user)
    return [200, user]
  }

  const byId = (id: string): [string, FakeUser] | undefined =>
    [...users].find(([, user]) => user.id === id)

  const update = (id: string, profile: Record<string, unknown>): Answer => {
    const [key, user] = byId(id) ?? []
    if (key === undefined || !user) return error(404, 'E0000007')
    const refusal = refuse?.(profile)
    if (refusal) return refusal
    const taken = Object.entries(profile).filter(([name]) => !readOnly.includes(name))
    const after = { ...user, profile: { ...user.profile, ...Object.fromEntries(taken) } }
    users.set(key, after)
    return [200, after]
  }

  const deactivate = (id: string): Answer => {
    const [key, user] = byId(id) ?? []
    if (key === undefined || !user) return error(404, 'E0000007')
    users.set(key, { ...user, status: 'DEPROVISIONED', ...onDeactivate(user) })
    return [200, {}]
  }

  /** For a user who is not deactivated, Okta's DELETE only deactivates. */
  const remove = (id: string): Answer => {
    const [key, user] = byId(id) ?? []
    if (key === undefined || !user) return error(404, 'E0000007')
    if (user.status !== 'DEPROVISIONED') return deactivate(id)
    users.delete(key)
    return [204, undefined]
  }

  /** Finds a user by login in any case, and by the short name before the @, as Okta does. */
  const find = (name: string): Answer => {
    const wanted = name.toLowerCase()
    const all = [...users.values()]
    const user =
      all.find(({ id }) => id === name) ??
      all.find(({ profile }) => profile.login.toLowerCase() === wanted) ??
      all.find(({ profile }) => profile.login.toLowerCase().split('@')[0] === wanted)
    return user ? [200, user] : error(404, 'E0000007')
  }

  const search = (expression: string, fold: (text: string) => string): Answer => {
    const [, name = '', value = ''] = /^profile\.(\w+) eq "(.*)"$/.exec(expression) ?? []
    const isWanted = ({ profile }: FakeUser): boolean => fold(String(profile[name])) === fold(value)
    return [200, [...users.values()].filter(isWanted)]
  }

  const group = (id: string): Answer => [200, { id, type: 'OKTA_GROUP', profile: { name: id } }]

  const answer = ({ method, path, body }: Call): Answer => {
    const { pathname, searchParams } = new URL(path, 'http://x')
    if (pathname.startsWith('/api/v1/meta/')) {
      return schema ? [200, schema()] : error(403, 'E0000006')
    }
    const [, id = '', operation] = /^\/api\/v1\/users\/([^/]+)(\/.*)?$/.exec(pathname) ?? []
    if (method === 'DELETE') return remove(id)
    if (operation !== undefined && refuseDeactivation) return error(403, 'E0000022', 'no')
    if (operation !== undefined) return deactivate(id)
    if (method === 'POST' && id !== '') return update(id, body?.['profile'] as FakeUser['profile'])
    if (method === 'POST') return create(body ?? {})
    if (pathname.startsWith('/api/v1/groups/')) return group(pathname.slice(15))
    if (refuseQuestions) return error(400, 'E0000031', 'no')
    if (pathname !== '/api/v1/users') return find(decodeURIComponent(pathname.slice(14)))
    const [filter, wanted] = [searchParams.get('filter'), searchParams.get('search')]
    if (filter !== null) return search(filter, (text) => text)
    return wanted === null ? [200, []] : search(wanted, (text) => text.toLowerCase())
  }

  const send = (res: ServerResponse, [status, body]: Answer): void => {
    res.writeHead(status, {
      'content-type': 'application/json',
      'x-okta-request-id': `req${calls.length}`,
      'x-rate-limit-limit': '100000',
      'x-rate-limit-remaining': '99999',
      'x-rate-limit-reset': String(Math.ceil(Date.now() / 1000) + (status === 429 ? 0 : 60)),
    })
    res.end(body === undefined ? '' : JSON.stringify(body))
  }

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const text = await readBody(req)
    const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
    const call = { method: req.method ?? '', path: req.url ?? '', body }
    calls.push(call)
    const wrong = fault(call, calls.length)
    if (wrong === 'dropped') req.socket.destroy()
    else if (wrong === '429') send(res, error(429, 'E0000047'))
    else if (wrong === '401') send(res, error(401, 'E0000011'))
    else if (wrong === '500') send(res, error(500, 'E0000009'))
    else {
      const reply = answer(call)
      if (wrong === 'lost') req.socket.destroy()
      else send(res, wrong === 'lost 500' ? error(500, 'E0000009') : reply)
    }
  }

  const server = createServer((req, res) => void handle(req, res).catch(() => res.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    users,
    calls,
    seed,
    creates: () => calls.filter(({ method }) => method === 'POST'),
    updates: () => calls.filter(({ method, path }) => method === 'POST' && !path.includes('?')),
  }
}

export type FakeOkta = Awaited<ReturnType<typeof startFakeOkta>>
