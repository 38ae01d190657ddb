/** kill -9 at random moments of an import, its update and its undo, with faults on; CRASH_RUNS says how often. */
import Database from 'better-sqlite3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRandom } from '../../src/sandbox/random.ts'
import { startCommand, type Ended } from '../support/command.ts'
import { startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

/** How often each of the three commands is killed. */
const RUNS = Number(process.env['CRASH_RUNS'] ?? 5)
const ROWS_PER_RUN = 40
const ROWS = RUNS * ROWS_PER_RUN
const FAULTS = {
  errorRate: 0.03,
  resetBeforeRate: 0.03,
  resetAfterRate: 0.05,
  rateLimit: 1_000_000,
}

interface Row {
  readonly login: string | null
  readonly id: string
  readonly state: string
  readonly madeBy: string | null
  readonly changed: string | null
}

const start = async () => {
  const seed = Date.now() % 2 ** 32
  const random = createRandom(seed)
  const sandbox = await startTestSandbox({ seed, faults: FAULTS })
  const file = join(tempDir(), 'users.csv')
  const logins = Array.from({ length: ROWS }, (_, i) => `user${i}@x.example`)
  const write = (city: (i: number) => string): void => {
    const lines = logins.map((login, i) => `${login},A,B,${city(i)}\n`)
    writeFileSync(file, `email,firstName,lastName,city\n${lines.join('')}`)
  }
  const env = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: TOKEN }
  const users = () => [...sandbox.users()].slice(1)
  const rows = (): Row[] => {
    const journal = new Database(`${file}.journal`)
    const sql = 'SELECT login, okta_id AS id, state, made_by AS madeBy, changed FROM rows'
    try {
      return journal.prepare<[], Row>(sql).all()
    } finally {
      journal.close()
    }
  }

  /** Kills the command `RUNS` times, each time after it has done some more of `all`, and then lets it end. */
  const survive = async (
    args: readonly string[],
    all: number,
    done: () => number,
  ): Promise<Ended> => {
    const runOnce = async (more: number): Promise<Ended> => {
      const { child, ended } = startCommand(args, env)
      const wanted = done() + more
      await until(
        `${wanted} are done, or the command has ended`,
        () => child.exitCode !== null || done() >= wanted,
        () => `${done()} are done`,
      )
      child.kill('SIGKILL')
      return ended
    }
    for (let killed = 0; killed < RUNS; killed++) {
      const { code } = await runOnce(1 + Math.floor((random() * all) / RUNS))
      expect(code, `seed ${seed}`).toBe(null)
    }
    return runOnce(Infinity)
  }
  const org = new URL(sandbox.url).host
  return { seed, org, file, logins, write, users, rows, survive }
}

const summaryOf = ({ stdout }: Ended): unknown =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')

it(
  `kill -9 is survived ${RUNS} times by an import, an update and an undo, and the journal agrees row by row`,
  async () => {
    const { seed, org, file, logins, write, users, rows, survive } = await start()
    write(() => 'Paris')
    const imported = await survive(['import', file, '--json'], ROWS, () => users().length)
    const counts = { created: ROWS, existing: 0, failed: 0 }
    expect([imported.code, summaryOf(imported)], `seed ${seed}`).toMatchObject([0, counts])
    expect(
      users()
        .map(({ profile }) => profile['login'])
        .sort(),
    ).toEqual([...logins].sort())
    const idsInOkta = users().map(({ id, profile }) => [profile['login'], id])
    expect(Object.fromEntries(rows().map(({ login, id }) => [login, id]))).toEqual(
      Object.fromEntries(idsInOkta),
    )

    // Half of them move. The traces of an update that crashed are never taken for a creation.
    const moves = (i: number): boolean => i % 2 === 0
    write((i) => (moves(i) ? 'Rome' : 'Paris'))
    const inRome = (): number => users().filter(({ profile }) => profile['city'] === 'Rome').length
    const updated = await survive(['import', file, '--update', '--json'], ROWS / 2, inRome)
    expect([updated.code, summaryOf(updated)], `seed ${seed}`).toMatchObject([
      0,
      { updated: ROWS / 2, failed: 0, unsettled: 0 },
    ])
    expect(users()).toHaveLength(ROWS)
    for (const [i, { state, changed }] of rows().entries()) {
      expect([state === 'updated', changed], `seed ${seed}, row ${i + 1}`).toEqual([
        moves(i),
        moves(i) ? 'city' : '',
      ])
    }

    const isOurs = ({ state, madeBy }: Row): boolean => state === 'created' && madeBy !== null
    const ours = rows().filter(isOurs)
    const others = rows().filter((row) => !isOurs(row))
    expect(ours.length).toBeGreaterThan(ROWS / 4)
    const left = (): number => users().length
    const undone = await survive(
      ['import', 'undo', `${file}.journal`, '--json', '--yes', `${org}:${ours.length}`],
      ours.length,
      () => -left(),
    )
    expect([undone.code, summaryOf(undone)], `seed ${seed}`).toMatchObject([
      0,
      { failed: 0, kept: 0 },
    ])
    expect(
      users()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(others.map(({ id }) => id).sort())
    expect(rows().filter(({ state }) => state === 'undone')).toHaveLength(ours.length)
  },
  60_000 + RUNS * 30_000,
)
