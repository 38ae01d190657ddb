/** A whole sandbox on a free port, a caller with a token, and a hook with given answers. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'

export const TOKEN = 'token-for-tests'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface TestSandbox extends Sandbox {
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>
  readonly create: (profile: object, more?: object, query?: string) => Promise<Answer>
  readonly signIn: (username: string, password: string) => Promise<Answer>
}

export const profileFor = (login: string) => ({
  login,
  email: login,
  firstName: 'Isaac',
  lastName: 'Brock',
})

export const HOOK_PASSWORD = { credentials: { password: { hook: { type: 'default' } } } }

export const startTestSandbox = async (options: SandboxOptions = {}): Promise<TestSandbox> => {
  const tokens = [{ scheme: 'SSWS', token: TOKEN } as const, ...(options.tokens ?? [])]
  const bugs: unknown[] = []
  const sandbox = await startSandbox({ ...options, tokens, onBug: (err) => bugs.push(err) })
  onTestFinished(async () => {
    await sandbox.close()
    if (bugs.length > 0) throw bugs[0]
  })
  const call: TestSandbox['call'] = async (method, path, body, headers) => {
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        authorization: `SSWS ${TOKEN}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }
  return {
    ...sandbox,
    // Nearly every test begins by creating somebody.
    events: () => sandbox.events().filter(({ eventType }) => eventType !== 'user.lifecycle.create'),
    call,
    create: (profile, more = {}, query = '') =>
      call('POST', `/api/v1/users${query}`, { profile, ...more }),
    signIn: (username, password) => call('POST', '/api/v1/authn', { username, password }),
  }
}

export interface HookCall {
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

/** The hook's answer, or another reaction. */
export type HookReply =
  | {
      readonly status: number
      readonly body?: unknown
      readonly headers?: Record<string, string>
      /** The hook waits for it before it answers. */
      readonly after?: Promise<unknown>
    }
  | 'hang'
  | 'reset'

export const VERIFIED = {
  status: 200,
  body: { commands: [{ type: 'com.okta.action.update', value: { credential: 'VERIFIED' } }] },
}
export const UNVERIFIED = {
  status: 200,
  body: { commands: [{ type: 'com.okta.action.update', value: { credential: 'UNVERIFIED' } }] },
}

const listenOn = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })

/** Starts a hook that gives these replies in turn, and the last of them from then on. */
export const startHookStub = async (...replies: HookReply[]) => {
  const calls: HookCall[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const server = createServer((req, res) => {
    let text = ''
    req.on('data', (chunk: Buffer) => (text += chunk.toString()))
    req.on('end', () => {
      const reply: HookReply = replies[Math.min(calls.length, replies.length - 1)] ?? UNVERIFIED
      calls.push({ headers: req.headers, body: JSON.parse(text) as unknown })
      for (const { count, resolve } of waiting) if (calls.length >= count) resolve()
      if (reply === 'hang') return
      if (reply === 'reset') {
        req.socket.resetAndDestroy()
        return
      }
      const { status, body, headers = {}, after } = reply
      void Promise.resolve(after).then(() => {
        res.writeHead(status, { 'content-type': 'application/json', ...headers })
        res.end(typeof body === 'string' ? body : JSON.stringify(body))
      })
    })
  })
  const url = await listenOn(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url,
    calls,
    /** Resolves when so many calls have come. */
    called: (count: number): Promise<void> =>
      new Promise((resolve) => {
        if (calls.length >= count) resolve()
        else waiting.push({ count, resolve })
      }),
  }
}

export const hookBody = (uri: string, config: object = {}) => ({
  name: 'Legacy passwords',
  type: 'com.okta.user.credential.password.import',
  version: '1.0.0',
  channel: {
    type: 'HTTP',
    version: '1.0.0',
    config: {
      uri,
      method: 'POST',
      authScheme: { type: 'HEADER', key: 'Authorization', value: 'Basic c2VjcmV0' },
      ...config,
    },
  },
})
