/** kill -9 at any moment, with faults on: no user lost, none created twice, none counted twice. */
import Database from 'better-sqlite3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/sandbox/random.ts'
import { startCommand, type Ended } from '../support/command.ts'
import { startFakeOkta, type Fault } from '../support/fake-okta.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const ROWS = 75

const FAULTS: readonly Fault[] = ['lost', 'dropped', 'lost 500', '500']

const input = (): string => {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    if (i % 25 === 7) return `no-address-${i},First,Last`
    if (i % 25 === 9) return `USER${i - 1}@x.example,First,Last`
    return `user${i}@x.example,First,Last`
  })
  return ['email,firstName,lastName', ...rows, ''].join('\n')
}

const REJECTED = 2 * Math.ceil(ROWS / 25)
const EXISTING = 5

/** Ends the run once it has made this many create calls; undefined where it ended before that. */
const runAndKill = async (
  args: readonly string[],
  env: Record<string, string>,
  creates: () => number,
  after: number,
): Promise<Ended | undefined> => {
  const { child, ended } = startCommand(args, env)
  let result: Ended | undefined
  void ended.then((end) => (result = end))
  const wanted = creates() + after
  await until(`${wanted} users are created`, () => creates() >= wanted || result !== undefined)
  child.kill('SIGKILL')
  const end = await ended
  return end.code === null ? undefined : end
}

describe('a run that is killed again and again', () => {
  it.each([1, 2])(
    'neither loses nor duplicates a user (seed %i)',
    async (seed) => {
      const next = createRandom(seed)
      const okta = await startFakeOkta({
        fault: ({ method }) =>
          method === 'POST' && next() < 0.1 ? (FAULTS[Math.floor(next() * 4)] ?? 'none') : 'none',
      })
      for (let i = 0; i < EXISTING; i++) okta.seed(`user${i}@x.example`)
      const dir = tempDir()
      const file = join(dir, 'users.csv')
      writeFileSync(file, input())
      const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
      const creates = (): number => okta.creates().length
      let end: Ended | undefined
      let kills = -1
      for (; !end; kills++) {
        const after = kills < 4 ? 1 + Math.floor(next() * 20) : Infinity
        end = await runAndKill(['import', file, '--json'], env, creates, after)
      }
      expect(kills).toBeGreaterThan(1)
      expect(JSON.parse(end.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
        event: 'summary',
        end: 'finished',
        created: ROWS - REJECTED - EXISTING,
        existing: EXISTING,
        rejected: REJECTED,
        failed: 0,
        unsettled: 0,
      })
      expect(okta.users.size).toBe(ROWS - REJECTED)
      const journal = new Database(`${file}.journal`, { readonly: true })
      const ids = journal.prepare("SELECT okta_id FROM rows WHERE state = 'created'").pluck().all()
      journal.close()
      expect(new Set(ids).size).toBe(ROWS - REJECTED - EXISTING)
      expect(ids).not.toContain(null)
    },
    120_000,
  )
})
