/**
 * One whole cut-off, with random kills, lost answers and people who move meanwhile. A few hundred people by default:
 * `CUTOFF_PEOPLE=120000 vitest run test/cutoff/scale.property.test.ts` is the same with as many as a large org has.
 */
import Database from 'better-sqlite3'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cutoffCommand } from '../../src/commands/cutoff/cutoff.ts'
import { SWITCHES } from '../../src/sandbox/switches.ts'
import { makeLegacyStore } from '../support/campaign.ts'
import type { OrgFault } from '../support/flaky-org.ts'
import { runInProcess } from '../support/in-process.ts'
import { fc, PROPERTY_SEED as SEED } from '../support/properties.ts'
import { forgetAndChoose, startResets, type Resets } from '../support/resets.ts'
import { startHookStub, VERIFIED } from '../support/sandbox.ts'

const PEOPLE = Number(process.env['CUTOFF_PEOPLE'] ?? 200)
/** Of five people one signs in before the close. */
const MOVED = Math.floor(PEOPLE / 5)
const RESET = Math.min(400, Math.floor(PEOPLE / 10))
const SIGN_INS_AT_ONCE = 20
const MAX_RUNS = 200

const KINDS: readonly OrgFault[] = ['lost', 'dropped', 'lost 500', 'dropped 500', '429']
const fault = fc.oneof(
  { weight: 30, arbitrary: fc.constant<OrgFault>('none') },
  { weight: 4, arbitrary: fc.constantFrom(...KINDS) },
  { weight: 1, arbitrary: fc.constantFrom<OrgFault[]>('die before', 'die after') },
)
const switches = fc.record(
  Object.fromEntries(
    Object.entries(SWITCHES).map(([name, { answers }]) => [
      name,
      fc.constantFrom<unknown[]>(...answers),
    ]),
  ),
)

const faultsOf = (run: number): OrgFault[] =>
  fc.sample(fault, { seed: SEED + run, numRuns: RESET * 3 })

const signIn = async ({ org }: Resets, count: number): Promise<void> => {
  const left = org.people.slice(0, count)
  const work = async (): Promise<void> => {
    for (let person = left.pop(); person; person = left.pop())
      await org.signIn(person.login, person.password)
  }
  await Promise.all(Array.from({ length: SIGN_INS_AT_ONCE }, work))
}

/** @returns how many runs it took */
const resetAll = async (resets: Resets, moved: Set<string>): Promise<number> => {
  const logins = resets.loginsNow()
  for (let run = 1; run < MAX_RUNS; run++) {
    const login = logins[(run * 7) % logins.length] ?? ''
    if ((await resets.user(login)).status !== 'RECOVERY') {
      await forgetAndChoose(resets.org, login)
      // Whether the org lets somebody with a hook do so is one of its open questions.
      const users = [...resets.org.users()]
      const now = users.find(({ profile }) => profile['login'] === login)
      if (now?.password === 'stored') moved.add(login)
    }
    if ((await resets.reset(true, faultsOf(run))) === 0) return run
  }
  throw new Error('the resets never end')
}

const checkResets = async (resets: Resets, moved: ReadonlySet<string>): Promise<void> => {
  expect(resets.violations).toEqual([])
  const lines = new Map(resets.lines().map((line) => [line.login, line.state]))
  const mails = new Map<string, number>()
  const { body } = await resets.org.call('GET', '/sandbox/mails')
  for (const { login, kind } of body as { login: string; kind: string }[])
    if (kind === 'reset') mails.set(login, (mails.get(login) ?? 0) + 1)
  for (const login of resets.loginsNow()) {
    const isMoved = moved.has(login)
    expect([login, lines.get(login), mails.get(login) ?? 0]).toEqual([
      ...[login, isMoved ? 'skipped' : 'done', isMoved ? 0 : 1],
    ])
  }
  expect([...mails.keys()].filter((login) => !lines.has(login))).toEqual([])
}

interface Purged {
  readonly purged: number
  readonly people: number
}

const purge = async (resets: Resets): Promise<Purged> => {
  const { dir, org, host, env } = resets
  const all = [...org.users()].map(({ profile }, id) => ({ id, login: String(profile['login']) }))
  const store = makeLegacyStore(dir, all)
  const files = ['--out', join(dir, 'purge.sql'), '--proof', join(dir, 'proof.json')]
  const run = (...args: string[]) => {
    const sql = 'UPDATE people SET password_hash = NULL WHERE id = :id'
    const options = [
      '--sql',
      sql,
      '--min-days',
      '0',
      '--accept',
      'changes_unknown',
      '--journal',
      resets.journalPath(),
      ...files,
    ]
    return runInProcess(cutoffCommand, ['purge', ...options, ...args], { ...env, ...store })
  }
  const counted = await run('--dry-run', '--json')
  expect([counted.code, counted.stderr]).toEqual([0, expect.anything()])
  const counts = JSON.parse(counted.stdout.split('\n')[0] ?? '') as Purged
  expect((await run('--yes', `${host}:${counts.purged}`)).code).toBe(0)
  return counts
}

/** @returns the logins whose hash is gone */
const runScript = (dir: string): string[] => {
  const path = join(dir, 'purge.sql')
  const db = new Database(join(dir, 'legacy.sqlite'))
  try {
    db.exec('CREATE INDEX people_id ON people (id)')
    if (existsSync(path)) db.exec(readFileSync(path, 'utf8').replace('.bail on', ''))
    return db
      .prepare<[], string>('SELECT login FROM people WHERE password_hash IS NULL')
      .pluck()
      .all()
  } finally {
    db.close()
  }
}

it(
  `holds with ${PEOPLE} people, by the seed ${SEED}`,
  { timeout: 300_000 + PEOPLE * 60 },
  async () => {
    const began = performance.now()
    const { url } = await startHookStub(VERIFIED)
    const people = { count: PEOPLE, habits: 'billing' } as const
    const resets = await startResets({ people }, `${url}/hooks/okta/password-import`)
    const [chosen = {}] = fc.sample(switches, { seed: SEED, numRuns: 1 })
    await resets.org.call('PUT', '/sandbox/switches', chosen)
    await signIn(resets, MOVED)
    // At scale the journal is looked at in the end, and not at each call.
    resets.watch(PEOPLE < 10_000)
    await resets.renew(RESET)
    const moved = new Set<string>()
    const runs = await resetAll(resets, moved)
    await checkResets(resets, moved)
    const { body } = await resets.org.call('GET', '/api/v1/inlineHooks')
    expect((body as { status: string }[]).map(({ status }) => status)).toEqual(['INACTIVE'])
    const counts = await purge(resets)
    const gone = runScript(resets.dir)
    expect(gone).toHaveLength(counts.purged)
    expect(gone.length).toBeGreaterThan(0)
    const users = new Map(
      [...resets.org.users()].map((user) => [String(user.profile['login']), user]),
    )
    const without = gone.filter((login) => {
      const user = users.get(login)
      return user?.password !== 'stored' || user.status === 'RECOVERY'
    })
    expect(without).toEqual([])
    const seconds = Math.round((performance.now() - began) / 1000)
    console.log(
      JSON.stringify({
        people: counts.people,
        moved: MOVED,
        reset: RESET - moved.size,
        runs,
        purged: counts.purged,
        seconds,
        memoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
        seed: SEED,
        switches: chosen,
      }),
    )
  },
)
