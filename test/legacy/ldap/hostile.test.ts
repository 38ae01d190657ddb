/** Legacy logins against servers that answer what no good directory does: nothing of it is a match. */
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readElement } from '../../../src/legacy/ldap/elements.ts'
import { readMessage } from '../../../src/legacy/ldap/responses.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { ManualClock } from '../../support/clock.ts'
import { openDirectory, verifyIn } from '../../support/directory.ts'
import { fc } from '../../support/properties.ts'
import {
  ber,
  entryOf,
  longBer,
  message,
  referenceOf,
  resultOf,
  startScriptedDirectory,
  type Bytes,
  type Script,
} from '../../support/scripted-directory.ts'
import { ACCOUNT, PASSWORD } from '../../support/slapd.ts'
import { tempDir } from '../../support/temp.ts'
import { until } from '../../support/until.ts'

const LOGIN = 'anna@example.com'
const DN = 'cn=anna,dc=example'

const nobody = (id: number): Buffer => resultOf(id, 'search', 0)

const found = (id: number, ...entries: readonly Buffer[]): Buffer =>
  Buffer.concat([...entries, nobody(id)])

const anna = (id: number): Buffer => found(id, entryOf(id, DN, [LOGIN]))

/** A directory in which the check of the start finds nobody, and each later search what the script says. */
const openScripted = async (
  script: Partial<Script>,
  options: Parameters<typeof openDirectory>[2] = {},
) => {
  let isStarting = true
  const { search = anna, bind = (id: number) => resultOf(id, 'bind', 0), ...rest } = script
  const server = await startScriptedDirectory({
    ...rest,
    bind,
    search: (id) => (isStarting ? nobody(id) : search(id)),
  })
  const store = await openDirectory(server.url, ACCOUNT, options)
  isStarting = false
  return { server, store }
}

const unavailable = { code: 'legacy_unavailable' }

describe('an answer to a bind', () => {
  it.each([
    ['success', 0, 'match'],
    ['invalidCredentials', 49, 'mismatch'],
  ])('with %s decides', async (_, code, result) => {
    const { store, server } = await openScripted({ bind: (id) => resultOf(id, 'bind', code) })
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe(result)
    expect(server.binds).toEqual([[DN, PASSWORD]])
  })

  it('may come byte by byte, and with the lengths of Active Directory', async () => {
    const { store } = await openScripted({
      search: (id) =>
        Buffer.concat([entryOf(id, DN, [LOGIN], longBer), resultOf(id, 'search', 0, '', longBer)]),
      bind: (id, _, socket) => {
        for (const byte of resultOf(id, 'bind', 0, 'in pieces', longBer))
          socket.write(Buffer.from([byte]))
        return undefined
      },
    })
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
  })

  const ID = (id: number): Buffer => ber(0x02, Buffer.from([id]))
  const REST = [ber(0x04), ber(0x04)] as const

  it.each<[string, (id: number) => Bytes]>([
    ['no content', (id) => message(id, ber(0x61))],
    ['no code', (id) => message(id, ber(0x61, ...REST))],
    ['an empty code', (id) => message(id, ber(0x61, ber(0x0a), ...REST))],
    ['a code and nothing else', (id) => message(id, ber(0x61, ber(0x0a, '\0')))],
    ['a code of five bytes', (id) => message(id, ber(0x61, ber(0x0a, '\0\0\0\0\0'), ...REST))],
    ['a negative code', (id) => message(id, ber(0x61, ber(0x0a, Buffer.from([0xff])), ...REST))],
    ['a code that is an integer', (id) => message(id, ber(0x61, ber(0x02, '\0'), ...REST))],
    ['a success of a search', (id) => resultOf(id, 'search', 0)],
    ['a success of an extended operation', (id) => resultOf(id, 'extended', 0)],
    ['an entry', (id) => entryOf(id, DN, [LOGIN])],
    ['a success of another message', (id) => resultOf(id + 1, 'bind', 0)],
    ['a success of no message', () => resultOf(0, 'bind', 0)],
    ['a message without a number', () => ber(0x30, ber(0x61, ber(0x0a, '\0'), ...REST))],
    ['an indefinite length', (id) => Buffer.concat([Buffer.from([0x30, 0x80]), ID(id)])],
    ['a length of five bytes', () => Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1])],
    ['a message that is too large', () => Buffer.from([0x30, 0x84, 0x7f, 0, 0, 0])],
    ['HTTP', () => 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['blanks', () => ' '.repeat(100_000)],
  ])('that is %s is an outage', async (_, answer) => {
    const { store, server } = await openScripted({ bind: (id) => answer(id) })
    await expect(verifyIn(store, LOGIN, PASSWORD)).rejects.toMatchObject(unavailable)
    await until('only kept connections are open', () => server.open() <= 1)
  })

  it('that is cut off, or does not come, is an outage', async () => {
    for (const part of [0, 1, 9]) {
      const { store } = await openScripted({
        bind: (id, _, socket) => {
          socket.end(resultOf(id, 'bind', 0).subarray(0, part))
          return undefined
        },
      })
      await expect(verifyIn(store, LOGIN, PASSWORD)).rejects.toMatchObject(unavailable)
    }
  })

  it('is read whole or not at all, wherever it is cut', () => {
    const bytes = resultOf(7, 'bind', 0, 'some words')
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (end) => {
        expect(readElement(bytes.subarray(0, end))).toBeUndefined()
      }),
    )
  })

  it('never ends the process, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 60 }), (content) => {
        try {
          const element = readElement(ber(0x30, Buffer.from(content)))
          if (element) readMessage(element)
        } catch (err) {
          expect(err).toBeInstanceOf(TypeError)
        }
      }),
    )
  })
})

describe('an answer to a search', () => {
  const outage = 'an outage'

  it.each<[string, (id: number) => Buffer, string, string?]>([
    ['nobody', nobody, 'unknown_login'],
    ['references to other servers alone', (id) => found(id, referenceOf(id)), 'unknown_login'],
    [
      'an entry and references',
      (id) => found(id, referenceOf(id), entryOf(id, DN, [LOGIN])),
      'match',
    ],
    ['another case', (id) => found(id, entryOf(id, DN, ['ANNA@Example.com'])), 'match'],
    [
      'accents, which Okta does not tell apart',
      (id) => found(id, entryOf(id, DN, ['änna@example.com'])),
      'match',
    ],
    [
      'another value that is the login',
      (id) => found(id, entryOf(id, DN, ['a@b.c', LOGIN])),
      'match',
    ],
    ['another person', (id) => found(id, entryOf(id, DN, ['bert@example.com'])), 'unknown_login'],
    ['a person without the attribute', (id) => found(id, entryOf(id, DN, [])), 'unknown_login'],
    ['blanks within', (id) => found(id, entryOf(id, DN, ['an na@example.com'])), 'unknown_login'],
    [
      'a value that only begins so',
      (id) => found(id, entryOf(id, DN, [`${LOGIN}.org`])),
      'unknown_login',
    ],
    [
      'a value that is no UTF-8',
      (id) => found(id, entryOf(id, DN, [Buffer.from([0xff])])),
      'unknown_login',
    ],
    [
      'a value that is no UTF-8 within the login',
      (id) => found(id, entryOf(id, DN, [Buffer.from('anna\xff', 'latin1')])),
      'unknown_login',
      'anna\ufffd',
    ],
    [
      'two entries',
      (id) => found(id, entryOf(id, DN, [LOGIN]), entryOf(id, 'cn=b', [LOGIN])),
      'ambiguous_login',
    ],
    [
      'the entry and one of another person',
      (id) => found(id, entryOf(id, 'cn=b', ['b']), entryOf(id, DN, [LOGIN])),
      'match',
    ],
    [
      'more entries than were asked for',
      (id) =>
        Buffer.concat([
          entryOf(id, DN, [LOGIN]),
          entryOf(id, 'cn=b', ['b']),
          resultOf(id, 'search', 4),
        ]),
      'ambiguous_login',
    ],
    [
      'a limit before there are two',
      (id) => Buffer.concat([entryOf(id, DN, [LOGIN]), resultOf(id, 'search', 4)]),
      outage,
    ],
    ['an entry without a name', (id) => found(id, entryOf(id, '', [LOGIN])), outage],
    ['an entry with a blank for a name', (id) => found(id, entryOf(id, ' ', [LOGIN])), outage],
    [
      'an entry whose name is no UTF-8',
      (id) => found(id, entryOf(id, Buffer.from([0xff]), [LOGIN])),
      outage,
    ],
    [
      'an entry and a referral',
      (id) => Buffer.concat([entryOf(id, DN, [LOGIN]), resultOf(id, 'search', 10)]),
      outage,
    ],
    [
      'an entry and busy',
      (id) => Buffer.concat([entryOf(id, DN, [LOGIN]), resultOf(id, 'search', 51)]),
      outage,
    ],
    ['no base', (id) => resultOf(id, 'search', 32), outage],
    ['a success of a bind', (id) => resultOf(id, 'bind', 0), outage],
    [
      'endless references',
      (id) => Buffer.concat(Array.from({ length: 1000 }, () => referenceOf(id))),
      outage,
    ],
  ])('with %s', async (_, search, expected, login = LOGIN) => {
    const { store, server } = await openScripted({ search })
    const result = await verifyIn(store, login, PASSWORD).catch((err: unknown) => {
      expect(err).toMatchObject(unavailable)
      return outage
    })
    expect(result).toBe(expected)
    expect(server.binds).toEqual(expected === 'match' ? [[DN, PASSWORD]] : [])
  })

  it('is asked for by the login as a value, two entries at most, and the attribute alone', async () => {
    const { store, server } = await openScripted({ search: nobody })
    await verifyIn(store, ' *)(mail=* ', PASSWORD)
    const [, search] = server.searches
    expect(search).toMatchObject({
      baseDN: 'dc=example',
      scope: 'sub',
      sizeLimit: 2,
      attributes: ['mail'],
    })
    expect(search?.filter.toString()).toBe(String.raw`(&(|(mail=\2a\29\28mail=\2a)))`)
  })
})

describe('passwords that a directory may take for empty', () => {
  it.each(['', '\0', '\0\0', '\0open sesame', 'open sesame\0'])(
    'are not bound: %j',
    async (password) => {
      const { store, server } = await openScripted({})
      expect(await verifyIn(store, LOGIN, password)).toBe('empty_password')
      expect(server.binds).toEqual([])
      expect(server.searches).toHaveLength(1)
    },
  )
})

describe('a server that hangs', () => {
  const hung = async (options: { signal?: AbortSignal } = {}) => {
    const clock = new ManualClock()
    const { store, server } = await openScripted({ bind: () => undefined }, { clock })
    const answer = verifyIn(store, LOGIN, PASSWORD, { deadline: 3_000, ...options })
    const failed = expect(answer).rejects
    await until('the bind has arrived', () => server.binds.length === 1)
    return { clock, server, failed }
  }

  it('is left at the deadline, with its connection', async () => {
    const { clock, server, failed } = await hung()
    clock.advance(3_000)
    await failed.toMatchObject(unavailable)
    await until('the connection of the bind is closed', () => server.open() === 1)
  })

  it('is left when no caller waits any more', async () => {
    const controller = new AbortController()
    const { server, failed } = await hung({ signal: controller.signal })
    controller.abort()
    await failed.toMatchObject({ code: 'caller_gone' })
    await until('the connection of the bind is closed', () => server.open() === 1)
  })

  it('in a search takes a third of the time at most', async () => {
    const clock = new ManualClock()
    const { store, server } = await openScripted({ search: () => undefined }, { clock })
    const answer = verifyIn(store, LOGIN, PASSWORD, { deadline: 3_000 })
    const failed = expect(answer).rejects
    await until('the search has arrived', () => server.searches.length === 2)
    clock.advance(999)
    expect(server.open()).toBe(1)
    clock.advance(1)
    await failed.toMatchObject(unavailable)
    await until('its connection is closed', () => server.open() === 0)
  })

  it('takes no more calls than the limit', async () => {
    const options = { clock: new ManualClock(), maxAtOnce: 2 }
    const { store, server } = await openScripted({ bind: () => undefined }, options)
    const controller = new AbortController()
    const { signal } = controller
    const waiting = [1, 2].map(() => verifyIn(store, LOGIN, PASSWORD, { deadline: 3_000, signal }))
    const gone = Promise.allSettled(waiting)
    await until('both binds have arrived', () => server.binds.length === 2)
    await expect(verifyIn(store, LOGIN, PASSWORD)).rejects.toMatchObject(unavailable)
    expect(server.binds).toHaveLength(2)
    controller.abort()
    await gone
  })
})

describe('a connection that was kept', () => {
  it('is replaced by one that is bound, where the server has closed it', async () => {
    const { store, server } = await openScripted({})
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
    server.cut()
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
    await until('one connection is open', () => server.open() === 1)
  })

  it('does the search again on a new one, once, where it fails in the middle of it', async () => {
    let searches = 0
    const { store } = await openScripted({
      search: (id) => (++searches === 1 ? 'a cut-off answer' : anna(id)),
    })
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
    expect(searches).toBe(2)
  })
})

describe('an account whose password was changed in the directory', () => {
  it('is tried again after 30 seconds, and not by each call', async () => {
    const clock = new ManualClock()
    let code = 0
    let tries = 0
    const account = (id: number): Buffer => {
      tries++
      return resultOf(id, 'bind', code)
    }
    const { store, server } = await openScripted({ account }, { clock })
    expect(tries).toBe(1)
    code = 49
    server.cut()
    await until('the kept connection is closed', () => server.open() === 0)
    for (let i = 0; i < 5; i++)
      await expect(verifyIn(store, LOGIN, PASSWORD)).rejects.toMatchObject({
        ...unavailable,
        detail: expect.stringContaining('LEGACY_LOGIN_BIND_PASSWORD') as string,
      })
    expect(tries).toBe(2)
    code = 0
    clock.advance(30_000)
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
    expect(tries).toBe(3)
  })
})

describe('StartTLS', () => {
  const open = async (extended: Script['extended'] & {}) => {
    const server = await startScriptedDirectory({ search: anna, bind: () => undefined, extended })
    const store = await openDirectory(`${server.url}&starttls=true`, ACCOUNT)
    expect(store.state).toBe('unreachable')
    return server
  }

  it.each<[string, Script['extended'] & {}]>([
    ['is refused', (id) => resultOf(id, 'extended', 2)],
    [
      'comes with an answer in plain text',
      (id) => Buffer.concat([resultOf(id, 'extended', 0), resultOf(id + 1, 'bind', 0)]),
    ],
    [
      'comes with a part of one',
      (id) =>
        Buffer.concat([resultOf(id, 'extended', 0), resultOf(id + 1, 'bind', 0).subarray(0, -1)]),
    ],
  ])('that %s sends no password', async (_, extended) => {
    const server = await open(extended)
    expect(server.binds).toEqual([])
    expect(server.searches).toEqual([])
  })
})

/** A server with TLS behind an attacker, who adds to the answer to StartTLS: the start of a success. */
const startForgedStartTls = async () => {
  const { certFile, keyFile } = makeCertificate(tempDir(), 'directory')
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)]
  const refusal = resultOf(2, 'bind', 49)
  // It is whole once the server's own refusal has become the end of its words.
  const forged = resultOf(2, 'bind', 0, ' '.repeat(refusal.length)).subarray(0, -refusal.length)
  let passwords = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(Buffer.concat([resultOf(1, 'extended', 0), forged]))
      const secure = new TLSSocket(socket, { isServer: true, cert, key })
      secure.on('error', () => undefined)
      secure.on('data', () => {
        passwords++
        secure.write(refusal)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const url = `ldap://localhost:${port}/?base=dc=a&attribute=mail&starttls=true`
  return { url, ca: cert.toString(), passwords: () => passwords }
}

it('reads nothing after StartTLS that came before it', async () => {
  const { url, ca, passwords } = await startForgedStartTls()
  const store = await openDirectory(url, ACCOUNT, { ca, loginMs: 3_000 })
  expect(store.state).toBe('unreachable')
  expect(passwords()).toBe(0)
})

it('does not take a server of another kind for a directory', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const store = await openDirectory(`ldap://127.0.0.1:${port}/?base=dc=a&attribute=mail`, ACCOUNT)
  expect(store.state).toBe('unreachable')
  await expect(verifyIn(store, LOGIN, PASSWORD)).rejects.toMatchObject(unavailable)
})

it('trusts no unknown certificate, though Node.js was told to', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { certFile, keyFile } = makeCertificate(tempDir(), 'localhost')
  let messages = 0
  const server = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
  server.on('secureConnection', (socket) => socket.on('data', () => messages++))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const url = `ldaps://localhost:${port}/?base=dc=a&attribute=mail`
  await expect(openDirectory(url, ACCOUNT, { loginMs: 3_000 })).rejects.toMatchObject({
    code: 'legacy_unusable',
  })
  expect(messages).toBe(0)
})
