/** Two replicas behind the shipped HAProxy: what it refuses, and a rolling restart that loses no call. */
import { hashSync } from 'bcryptjs'
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { startCommand } from '../support/command.ts'
import { describeEach } from '../support/databases.ts'
import { freePort, missingHaproxy, startHaproxy } from '../support/haproxy.ts'
import { makeLegacyDb, payload } from '../support/hook.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'
const PASSWORD = 'open sesame'
const PEOPLE = 500

/** The minimum of sign-ins; more come while the replicas restart. A run with more of them needs the whole machine. */
const CALLS = Number(process.env['ROLLING_CALLS'])
const PER_SECOND = 75

const HAPROXY = { title: 'HAProxy', missing: async () => missingHaproxy() }

const startReplica = async (port: number, legacyPath: string) => {
  const env = {
    PORT: String(port),
    HOOK_SECRET: SECRET,
    LEGACY_DB_URL: `sqlite:${legacyPath}`,
    TLS_TERMINATED_BY_PROXY: 'true',
    DRAIN_DELAY_MS: '3000',
  }
  const server = startCommand(['serve'], env)
  await server.until(/the hook server is ready/)
  return server
}

/** Makes sign-ins at random moments, three of four over connections that are kept; none is ever repeated. */
const signInSteadily = (port: number) => {
  const agent = new Agent({ keepAlive: true, scheduling: 'fifo', maxSockets: 32 })
  const failures: string[] = []
  const calls: Promise<void>[] = []
  const end = new AbortController()
  const signIn = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const fail = (what: string): void => {
        failures.push(`${new Date().toISOString()} ${what}`)
        resolve()
      }
      const call = request(
        {
          ...{ host: '127.0.0.1', port, path: HOOK_PATH, method: 'POST' },
          agent: n % 4 === 0 ? false : agent,
          rejectUnauthorized: false,
          headers: { authorization: SECRET, 'content-type': 'application/json' },
        },
        (answer) => {
          let text = ''
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
          answer.on('error', (err) => fail(err.message))
          answer.on('end', () =>
            text.includes('"VERIFIED"') ? resolve() : fail(`${answer.statusCode} ${text}`),
          )
        },
      )
      call.on('error', (err) => fail(err.message))
      const credential = payload(`person${n % PEOPLE}`, PASSWORD, { eventId: randomUUID() })
      call.end(JSON.stringify(credential))
    })
  const running = (async () => {
    while (!end.signal.aborted) {
      calls.push(signIn(calls.length))
      await sleep((-Math.log(1 - Math.random()) * 1_000) / PER_SECOND)
    }
    await Promise.all(calls)
    agent.destroy()
  })()
  return {
    count: () => calls.length,
    failures,
    stop: (): Promise<void> => {
      end.abort()
      return running
    },
  }
}

await describeEach([HAPROXY], 'two replicas', () => {
  it.runIf(CALLS > 0)(
    'lose no call while they restart one after the other',
    { timeout: 600_000 },
    async () => {
      const hash = hashSync(PASSWORD, 4)
      const rows = Array.from({ length: PEOPLE }, (_, i) => ({
        login: `person${i}@example.com`,
        hash,
      }))
      const legacyPath = makeLegacyDb(tempDir(), rows)
      const ports = [await freePort(), await freePort()] as const
      const replicas = [
        await startReplica(ports[0], legacyPath),
        await startReplica(ports[1], legacyPath),
      ]
      const proxy = await startHaproxy(ports)
      await proxy.untilServer('hook-1', 'UP')
      await proxy.untilServer('hook-2', 'UP')
      const signIns = signInSteadily(proxy.port)
      for (let i = 0; i < 2 || signIns.count() < CALLS; i++) {
        const [at, name] = [i % 2, `hook-${(i % 2) + 1}`]
        const old = replicas[at]
        old?.child.kill('SIGTERM')
        expect((await old?.ended)?.code).toBe(0)
        await proxy.untilServer(name, 'DOWN')
        replicas[at] = await startReplica(ports[at] ?? 0, legacyPath)
        await proxy.untilServer(name, 'UP')
        await sleep(2_000)
      }
      await signIns.stop()
      expect(signIns.failures).toEqual([])
      process.stdout.write(`${signIns.count()} sign-ins, ${signIns.failures.length} lost\n`)
    },
  )

  it('are not reached by excess connections of one address', async () => {
    const proxy = await startHaproxy([await freePort(), await freePort()])
    await expect.poll(proxy.log).toContain('DOWN')
    const knock = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(proxy.port, '127.0.0.1')
        // A rejected connection ends at once; others stay open until the handshake times out.
        socket.on('error', () => undefined).on('close', () => resolve(true))
        socket.on('connect', () => setTimeout(() => resolve(false), 1_000))
      })
    const rejected = await Promise.all(Array.from({ length: 400 }, knock))
    expect(rejected.filter((was) => !was).length).toBeLessThanOrEqual(150)
    expect(rejected.filter((was) => was).length).toBeGreaterThanOrEqual(250)
  })
})
