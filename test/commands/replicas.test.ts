/** Two servers as one service: each is killed once, their databases are restarted, and nothing is lost. */
import { hashSync } from 'bcryptjs'
import { expect, it, onTestFinished } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { startCommand } from '../support/command.ts'
import { describeEach, MYSQL, POSTGRES, type Kind } from '../support/databases.ts'
import { readDecisions, runSql } from '../support/ledger-sql.ts'
import { missingPrograms, startPrivateDatabase } from '../support/private-databases.ts'
import { startProxy } from '../support/proxy.ts'
import { SignIns, type Reply, type SignIn } from '../support/sign-ins.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'
const PASSWORD = 'open sesame'
const CALLERS = 20

/** So many that no login comes near the limit on wrong passwords. */
const PEOPLE = 4_000

const nameOf = (n: number): string => `person${n % PEOPLE}@example.com`

/** Right, wrong, for an unknown login, for a disabled account. */
const signIn = (n: number): SignIn => {
  const kind = n % 4
  return {
    username: kind === 2 ? `no-${nameOf(n)}` : nameOf(n),
    password: kind === 1 ? 'open barley' : PASSWORD,
    outcome: kind === 0 ? 'VERIFIED' : 'UNVERIFIED',
  }
}

interface Restartable {
  readonly url: string
  readonly down: () => Promise<void>
  readonly up: () => Promise<void>
}

/**
 * A separate server, where its programs are installed. One that is shared with other tests
 * is cut off instead, which is what a client sees of a restart.
 */
const makeRestartable = async (name: 'postgres' | 'mysql', kind: Kind): Promise<Restartable> => {
  if (missingPrograms(name) === undefined) {
    const server = await startPrivateDatabase(name)
    onTestFinished(() => server.remove())
    return server
  }
  const database = await kind.create()
  onTestFinished(() => database.drop())
  const proxy = await startProxy(new URL(database.url), kind.defaultPort)
  return { url: proxy.url, down: async () => proxy.down(), up: proxy.up }
}

const fill = async (url: string): Promise<void> => {
  for (const statement of MYSQL.schema) await runSql(url, statement)
  const hash = hashSync(PASSWORD, 8)
  const rows = Array.from(
    { length: PEOPLE },
    (_, i) => `('${nameOf(i)}', '${hash}', ${i % 4 === 3 ? 0 : 1})`,
  )
  await runSql(url, `INSERT INTO accounts (login, password_hash, enabled) VALUES ${rows.join()}`)
}

const startReplica = async (env: Record<string, string>) => {
  const server = startCommand(['serve'], env)
  const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
  return {
    hook: base + HOOK_PATH,
    waiting: async (): Promise<unknown> => {
      const { ledger } = (await (await fetch(`${base}/readyz`)).json()) as {
        ledger: { waiting: number }
      }
      return ledger.waiting
    },
    /** Whether its answers could have come before their decisions were on the disk. */
    wasSlow: () => server.stdout().includes('disk is slow'),
    end: async (signal: NodeJS.Signals): Promise<void> => {
      server.child.kill(signal)
      await server.ended
    },
  }
}

type Replica = Awaited<ReturnType<typeof startReplica>>

const missingIn = async (name: 'postgres' | 'mysql', kind: Kind): Promise<string | undefined> =>
  missingPrograms(name) === undefined ? undefined : kind.missing()

const BOTH = {
  title: 'PostgreSQL and MySQL',
  missing: async () => (await missingIn('postgres', POSTGRES)) ?? (await missingIn('mysql', MYSQL)),
}

await describeEach([BOTH], 'two servers with their ledger and legacy store', () => {
  it('answer correctly through kill -9 and restarts, and each decision is in the ledger once', async () => {
    const [ledger, legacy] = await Promise.all([
      makeRestartable('postgres', POSTGRES),
      makeRestartable('mysql', MYSQL),
    ])
    await fill(legacy.url)
    const environments = [tempDir(), tempDir()].map((spillDir) => ({
      PORT: '0',
      HOOK_SECRET: SECRET,
      FINGERPRINT_KEY: 'a key that both have',
      LEGACY_DB_URL: legacy.url,
      LEDGER_DB_URL: ledger.url,
      LEDGER_SPILL_DIR: spillDir,
      HASH_WORKERS: '1',
    }))
    const replicas = await Promise.all(environments.map(startReplica))
    const signIns = new SignIns({
      secret: SECRET,
      urls: replicas.map(({ hook }) => hook),
      signIn,
    })
    const more = async (count: number, what: (reply: Reply) => boolean): Promise<void> => {
      const before = signIns.count(what)
      await expect.poll(() => signIns.count(what) - before).toBeGreaterThanOrEqual(count)
    }
    const answers = (count: number): Promise<void> => more(count, ({ status }) => status === 200)
    const killed: Replica[] = []
    const kill = async (i: number): Promise<void> => {
      await expect.poll(() => signIns.underWay[i]).toBeGreaterThan(0)
      const [replica] = replicas.slice(i)
      if (!replica) throw new TypeError(`no replica ${i}`)
      await replica.end('SIGKILL')
      killed.push(replica)
    }
    const restart = async (i: number): Promise<void> => {
      const replica = await startReplica(environments[i] ?? {})
      replicas[i] = replica
      signIns.urls[i] = replica.hook
    }

    signIns.start(CALLERS)
    await answers(200)
    await kill(0)
    await answers(100)
    await ledger.down()
    await answers(100)
    await restart(0)
    await answers(100)
    // Its latest decisions are on its own disk alone.
    await kill(1)
    await answers(100)
    await ledger.up()
    await legacy.down()
    await more(50, ({ status }) => status === 503)
    await legacy.up()
    await answers(100)
    await restart(1)
    await answers(100)
    await signIns.stop()

    expect(signIns.wrong).toEqual([])
    for (const { waiting } of replicas) await expect.poll(waiting).toBe(0)
    for (const { end } of replicas) await end('SIGTERM')
    const { lost, ...rest } = signIns.audit(await readDecisions(ledger.url))
    expect(rest).toEqual({ repeated: [], wrong: [] })
    if (!killed.some(({ wasSlow }) => wasSlow())) expect(lost).toEqual([])
  })
})
