/** The listening socket, over bare sockets: pipelining, floods, unread bodies, and shutdown. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen, type ListenOptions } from '../../src/ops/listen.ts'
import { makeCertificate } from '../support/certificate.ts'
import { ManualClock } from '../support/clock.ts'
import { tempDir } from '../support/temp.ts'
import { LIMIT_MS } from '../support/until.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const post = (more: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${more}`

/** @param what the condition in words, for the error when the wait fails */
const nextData = async (socket: Socket, what: string): Promise<void> => {
  await once(socket, 'data', { signal: AbortSignal.timeout(LIMIT_MS) }).catch((cause: unknown) => {
    throw new Error(`waited in vain for ${what}`, { cause })
  })
}

/** A caller, what it has received so far, and whether its connection has ended. */
const follow = (socket: Socket) => {
  let received = ''
  let isClosed = false
  socket
    .on('data', (chunk: Buffer) => (received += chunk.toString()))
    .on('error', () => undefined)
    .on('close', () => (isClosed = true))
  onTestFinished(() => void socket.destroy())
  return {
    socket,
    received: () => received,
    answers: () => received.split('HTTP/1.1 ').length - 1,
    isClosed: () => isClosed,
    closed: async (): Promise<string> => {
      if (!isClosed) await once(socket, 'close')
      return received
    },
    waitFor: async (text: string): Promise<void> => {
      while (!received.includes(text)) await nextData(socket, text)
    },
  }
}

/** A server whose answers are held until `release`, or are sent at once. */
const start = async (more: Partial<ListenOptions> = {}, isHeld = false) => {
  const clock = new ManualClock()
  const waiting: (() => void)[] = []
  let calls = 0
  const listener = await listen({
    fetch: () => {
      calls++
      if (!isHeld) return new Response('done')
      return new Promise<Response>((resolve) => {
        waiting.push(() => resolve(new Response('done')))
      })
    },
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    clock,
    onRenewal: () => undefined,
    ...more,
  })
  onTestFinished(() => {
    for (const answer of waiting) answer()
    return listener.close()
  })
  const port = Number(new URL(listener.url).port)
  const call = async (text = '') => {
    const socket = more.tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1')
    const caller = follow(socket)
    await once(socket, more.tls ? 'secureConnect' : 'connect')
    if (text !== '') socket.write(text)
    return caller
  }
  return {
    listener,
    clock,
    port,
    call,
    calls: () => calls,
    waiting,
    admitted: (count: number) => expect.poll(() => calls).toBe(count),
    release: () => {
      for (const answer of waiting.splice(0)) answer()
    },
  }
}

const WAYS = [
  ['plain', () => undefined],
  ['TLS', () => makeCertificate(tempDir(), 'localhost')],
] as const

describe.each(WAYS)('pipelining over %s', (_, certificate) => {
  it('ends the connection after the first answer, and the second request is dropped', async () => {
    const server = await start({ tls: certificate() }, true)
    const caller = await server.call(GET)
    await server.admitted(1)
    caller.socket.write(GET + GET)
    // Another caller's request is not read before these.
    await server.call(GET)
    await server.admitted(2)
    expect(caller.isClosed()).toBe(false)
    server.release()
    expect(await caller.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\nconnection: close\r\n[^]+done$/)
    expect([server.calls(), caller.answers()]).toEqual([2, 1])
  })

  it('in one packet is handled too, where the first answer is ready before the second request is read', async () => {
    const server = await start({ tls: certificate() })
    const caller = await server.call(GET.repeat(1_000))
    await caller.closed()
    expect([server.calls(), caller.answers()]).toEqual([1, 1])
  })

  it('is not assumed of a caller that waits for each answer', async () => {
    const server = await start({ tls: certificate() })
    const caller = await server.call(post('Content-Length: 2\r\n\r\nhi'))
    for (let answers = 1; answers < 200; answers++) {
      while (caller.answers() < answers) await nextData(caller.socket, `answer ${answers}`)
      caller.socket.write(post('Content-Length: 2\r\n\r\nhi'))
    }
    await expect.poll(caller.answers).toBe(200)
    expect([server.calls(), caller.isClosed()]).toEqual([200, false])
  })
})

describe('a request that never reaches the application', () => {
  it.each([
    ['requests without a host', 'GET / HTTP/1.1\r\n\r\n'],
    [
      'an expectation that the server does not meet',
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n',
    ],
    [
      'a call that waits for 100 Continue',
      post('Expect: 100-continue\r\nContent-Length: 0\r\n\r\n'),
    ],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
  ])('(%s) is answered once, however often it is sent at once', async (_, request) => {
    const server = await start()
    const caller = await server.call(request.repeat(100))
    const received = await caller.closed()
    expect(received.match(/HTTP\/1\.1 [2-5]/g)).toHaveLength(1)
    expect(server.calls()).toBeLessThanOrEqual(1)
  })

  it('is dropped if it came with an upgrade, which is declined', async () => {
    const server = await start()
    const caller = await server.call(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'.repeat(100),
    )
    await caller.waitFor('done')
    caller.socket.write(GET)
    await expect.poll(caller.answers).toBe(2)
    expect(server.calls()).toBe(2)
  })

  it('ends the connection if it is a CONNECT', async () => {
    const server = await start()
    const caller = await server.call('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await caller.closed()).toBe('')
  })
})

it('a caller that pipelines and hangs up does not affect other callers', async () => {
  const server = await start({}, true)
  const caller = await server.call(GET)
  await server.admitted(1)
  caller.socket.write(GET)
  const other = await server.call(GET)
  await server.admitted(2)
  caller.socket.resetAndDestroy()
  server.release()
  await other.waitFor('done')
  other.socket.write(GET)
  await server.admitted(3)
  server.release()
  await expect.poll(other.answers).toBe(2)
})

describe('an unread body', () => {
  it('is left unread, and the connection ends once the answer had time to arrive', async () => {
    const server = await start()
    const caller = await server.call(post('Content-Length: 1000000\r\n\r\n'))
    await caller.waitFor('done')
    await expect.poll(() => server.clock.pending).toEqual([500])
    expect(caller.isClosed()).toBe(false)
    server.clock.advance(500)
    await caller.closed()
  })

  it.each(WAYS)(
    'is not read behind an expectation that the server does not meet either, over %s',
    async (_, certificate) => {
      const server = await start({ tls: certificate() })
      const head = post('Expect: more\r\nTransfer-Encoding: chunked\r\n\r\n')
      const caller = await server.call(`${head}1\r\na\r\n`)
      await caller.waitFor('done')
      await expect.poll(() => server.clock.pending).toContain(500)
      server.clock.advance(500)
      await caller.closed()
      expect(server.calls()).toBe(1)
    },
  )

  it.each(WAYS)(
    'is not parsed in chunks from a caller that may not stream, over %s',
    async (_, certificate) => {
      let chunks = 0
      const fetch: ListenOptions['fetch'] = async (_request, { incoming }) => {
        incoming.on('data', () => chunks++)
        await new Promise(setImmediate)
        return new Response('done')
      }
      const mayStream: ListenOptions['mayStream'] = ({ headers }) => headers.from === 'okta'
      const server = await start({ tls: certificate(), fetch, mayStream })
      const rest = 'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n'
      const stranger = await server.call(post(rest))
      await stranger.waitFor('done')
      expect(stranger.received()).toContain('200 OK')
      expect(stranger.received()).toMatch(/^connection: close/im)
      expect(chunks).toBe(0)
      server.clock.advance(500)
      await stranger.closed()

      const okta = await server.call(post(`From: okta\r\n${rest}`))
      await okta.waitFor('done')
      expect(chunks).toBe(2)
      expect(okta.isClosed()).toBe(false)
    },
  )

  it('of a caller that may not stream counts as under way until it is answered', async () => {
    const server = await start({ mayStream: () => false }, true)
    const stranger = await server.call(post('Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n'))
    await server.admitted(1)
    const closed = server.listener.close()
    server.release()
    await stranger.waitFor('done')
    server.clock.advance(500)
    await closed
    await stranger.closed()
  })

  it('does not end the connection where it came with its head', async () => {
    const server = await start()
    const caller = await server.call(post('Content-Length: 2\r\n\r\nhi'))
    await caller.waitFor('done')
    caller.socket.write(GET)
    await expect.poll(caller.answers).toBe(2)
    expect(server.clock.pending).toEqual([])
  })
})

describe.each(WAYS)('an answer that its caller does not read, over %s', (_, certificate) => {
  // More than the kernel buffers for a caller that reads nothing.
  const fetch = (): Response => new Response('x'.repeat(12_000_000))

  it.each([
    ['sends no more', GET],
    ['pipelines', GET + GET],
    ['sends half a body', post('Content-Length: 1000000\r\n\r\n')],
  ])(
    'ends with its connection, and does not delay a shutdown, where the caller %s',
    async (__, request) => {
      const server = await start({ fetch, tls: certificate() })
      const caller = await server.call()
      caller.socket.pause()
      caller.socket.write(request)
      await expect.poll(() => server.clock.pending).toContain(500)
      const closed = server.listener.close()
      server.clock.advance(500)
      await closed
      caller.socket.resume()
      expect((await caller.closed()).length).toBeLessThan(12_000_000)
    },
  )
})

it('a short answer arrives, however late its caller reads it', async () => {
  const server = await start()
  const caller = await server.call()
  caller.socket.pause()
  caller.socket.write(GET)
  await server.admitted(1)
  await expect.poll(() => server.clock.pending).toEqual([])
  server.clock.advance(60_000)
  caller.socket.resume()
  await caller.waitFor('done')
  expect(caller.isClosed()).toBe(false)
})

describe('the limits of one address', () => {
  const LIMITS = { perSecond: 3, atOnce: 100 }

  it.each(WAYS)(
    'refuse calls that come too fast over %s, and accept them a second later',
    async (_, tls) => {
      const server = await start({ limits: LIMITS, tls: tls() })
      for (let i = 0; i < LIMITS.perSecond; i++) await (await server.call(GET)).waitFor('done')
      const refused = follow(connect(server.port, '127.0.0.1'))
      expect(await refused.closed()).toBe('')
      expect(server.listener.refused()).toBe(1)
      server.clock.advance(1_000)
      await (await server.call(GET)).waitFor('done')
    },
  )

  it('count open connections until they have ended', async () => {
    const server = await start({ limits: { perSecond: 100, atOnce: 2 } })
    const [first] = [await server.call(GET), await server.call(GET)]
    expect(await follow(connect(server.port, '127.0.0.1')).closed()).toBe('')
    first.socket.destroy()
    await first.closed()
    const answered = async (): Promise<boolean> => {
      const caller = follow(connect(server.port, '127.0.0.1'))
      caller.socket.write(GET)
      await Promise.race([caller.closed(), caller.waitFor('done')])
      return caller.received() !== ''
    }
    await expect.poll(answered).toBe(true)
  })

  it('apply to each address separately', async () => {
    const server = await start({ limits: { perSecond: 1, atOnce: 1 } })
    await (await server.call(GET)).waitFor('done')
    const other = follow(
      connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' }),
    )
    other.socket.write(GET)
    await other.waitFor('done')
  })
})

describe.each(WAYS)('the shutdown over %s', (_, certificate) => {
  const DELAY_MS = 3_000

  it('answers during the delay, asks each caller to disconnect, and ends idle and unfinished connections', async () => {
    const server = await start({ tls: certificate() })
    const idle = await server.call(GET)
    await idle.waitFor('done')
    const silent = await server.call()
    const half = await server.call('GET / HTTP/1.1\r\nHo')
    const withoutHandshake = follow(connect(server.port, '127.0.0.1'))
    await once(withoutHandshake.socket, 'connect')

    const closed = server.listener.close(DELAY_MS)
    const late = await server.call(GET)
    expect(await late.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\nconnection: close\r\n[^]+done$/)
    idle.socket.write(GET)
    expect(await idle.closed()).toMatch(/connection: close\r\n[^]+done$/)
    const another = await server.call(GET.slice(0, 10))
    server.clock.advance(DELAY_MS - 1)
    expect([silent, half, withoutHandshake, another].map((c) => c.isClosed())).toEqual(
      Array(4).fill(false),
    )
    server.clock.advance(1)
    await closed
    for (const caller of [silent, half, withoutHandshake, another]) {
      expect(await caller.closed()).toBe('')
    }
    await expect(server.call()).rejects.toThrow('ECONNREFUSED')
  })

  it('waits for calls under way, and no caller can prolong it', async () => {
    const server = await start({ tls: certificate() }, true)
    const caller = await server.call(GET)
    const half = await server.call(GET.slice(0, -2))
    await server.admitted(1)
    let isOver = false
    const closed = server.listener.close().then(() => (isOver = true))
    half.socket.write('\r\n')
    expect(await half.closed()).toBe('')
    expect([isOver, server.calls()]).toEqual([false, 1])
    server.release()
    expect(await caller.closed()).toMatch(/connection: close\r\n[^]+done$/)
    await closed
  })
})
