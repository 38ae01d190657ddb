/** kill -9 at random moments against the sandbox with its faults on; CRASH_RUNS says how often. */
import Database from 'better-sqlite3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRandom } from '../../src/sandbox/random.ts'
import { startCommand, type Ended } from '../support/command.ts'
import { startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const RUNS = Number(process.env['CRASH_RUNS'] ?? 5)
const ROWS_PER_RUN = 40
const ROWS = RUNS * ROWS_PER_RUN
const FAULTS = {
  errorRate: 0.03,
  resetBeforeRate: 0.03,
  resetAfterRate: 0.05,
  rateLimit: 1_000_000,
}

it(`is survived ${RUNS} times: every row is in Okta once, and the journal agrees row by row`, async () => {
  const seed = Date.now() % 2 ** 32
  const random = createRandom(seed)
  const sandbox = await startTestSandbox({ seed, faults: FAULTS })
  const file = join(tempDir(), 'users.csv')
  const logins = Array.from({ length: ROWS }, (_, i) => `user${i}@x.example`)
  writeFileSync(file, `email,firstName,lastName\n${logins.map((l) => `${l},A,B\n`).join('')}`)
  const env = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: TOKEN }
  const stored = (): number => [...sandbox.users()].length - 1

  /** @param more how many users further on the run is killed */
  const run = async (more: number): Promise<Ended> => {
    const { child, ended } = startCommand(['import', file, '--json'], env)
    const wanted = stored() + more
    while (child.exitCode === null && stored() < wanted) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    child.kill('SIGKILL')
    return ended
  }

  let killed = 0
  while (killed < RUNS) {
    const { code } = await run(1 + Math.floor(random() * ROWS_PER_RUN))
    expect(code, `seed ${seed}`).toBe(null)
    killed++
  }
  const { code, stdout } = await run(Infinity)
  const summary: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  expect(summary, `seed ${seed}`).toMatchObject({ created: ROWS, existing: 0, failed: 0 })
  expect(code).toBe(0)

  const users = [...sandbox.users()].slice(1)
  const inOkta = users.map(({ id, profile }) => [profile['login'], id])
  expect(inOkta.map(([login]) => login).sort()).toEqual([...logins].sort())
  const journal = new Database(`${file}.journal`, { readonly: true })
  const rows = journal
    .prepare<[], { login: string; id: string }>(
      "SELECT login, okta_id AS id FROM rows WHERE state = 'created'",
    )
    .all()
  journal.close()
  expect(Object.fromEntries(rows.map(({ login, id }) => [login, id]))).toEqual(
    Object.fromEntries(inOkta),
  )
  expect(rows).toHaveLength(ROWS)
})
