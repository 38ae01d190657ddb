/** `status --brief`: a mail of few short lines, whatever there is to say, and what else a run says in one line. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CutOffForecast } from '../../src/campaign/forecast/forecast.ts'
import { refuseFew, refuseReach } from '../../src/campaign/forecast/refusals.ts'
import { readSavedReport } from '../../src/campaign/state/saved-report.ts'
import { STATE_NAMES, type PersonState } from '../../src/campaign/state/states.ts'
import { systemClock } from '../../src/clock.ts'
import { BRIEF_LINES, BRIEF_WIDTH, describeBrief } from '../../src/commands/status/brief.ts'
import type { StatusReport } from '../../src/commands/status/report.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import {
  addMoved,
  addPending,
  decided,
  LEGACY_HASH,
  makeLedger,
  makeLegacyStore,
  oktaOf,
} from '../support/campaign.ts'
import { runInProcess } from '../support/in-process.ts'
import { fc } from '../support/properties.ts'
import { startTestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const DAY_MS = 86_400_000
const AT = Date.UTC(2026, 10, 27, 7)
const TODAY = Math.floor(AT / DAY_MS)
const GO_LIVE = Date.UTC(2026, 9, 5)

const NOBODY = Object.fromEntries(STATE_NAMES.map((name) => [name, 0])) as Record<
  PersonState,
  number
>

interface Given {
  readonly org?: string
  readonly moved?: number
  readonly notMoved?: number
  readonly states?: Partial<Record<PersonState, number>>
  readonly week?: number
  readonly newer?: number
  readonly cutOffs?: readonly CutOffForecast[]
  readonly changes?: readonly string[]
  readonly failIfLate?: number
  readonly newestAt?: number
  readonly noLedger?: string
  readonly goLive?: number | undefined
}

const reportOf = (given: Given): StatusReport => {
  const { org = 'https://acme.okta.com', moved = 0, notMoved = 0, week = 0, newer = 0 } = given
  const { states = {}, cutOffs = [], changes = [], failIfLate, noLedger, newestAt = AT } = given
  return {
    ...{ accounts: undefined, users: { count: 0, sameLogin: 0 }, natives: 0 },
    ...{ oktaSeconds: 1, readAt: AT },
    decisions:
      noLedger === undefined ? { count: 1, oldestAt: 0, newestAt, firstVerifiedAt: 0 } : undefined,
    sources: { org, store: undefined, ledger: undefined, ledgerSize: undefined, noLedger },
    ...{ at: AT, goLive: 'goLive' in given ? given.goLive : GO_LIVE, waves: undefined },
    summary: {
      ...{ states: { ...NOBODY, ...states }, moved, notMoved, newer, strangers: 0 },
      ...{ native: { people: 0, signedIn: 0 }, perDay: [[TODAY, week]], movedAtUnknown: 0 },
      ...{ bySilence: undefined, importedLater: 0 },
    },
    foretold: { cutOffs, changes, backtest: [], course: () => [], chanceOf: () => 0 },
    options: {
      ...{ state: 'state.sqlite', late: 90, mail: [], cutOff: cutOffs.map(({ day }) => day) },
      ...(failIfLate !== undefined && { failIfLate }),
    },
  }
}

const linesOf = (given: Given): string[] => describeBrief(reportOf(given)).split('\n')

describe('a brief status', () => {
  it('opens with a subject, and says who is left, what comes, and what to do', () => {
    const states = { silent: 66_912, tried: 1_871, verified: 12, blocked: 37 }
    const late = { people: 3_494, low: 2_597, high: 4_391 }
    const told = { cutOffs: [{ day: 80, notMoved: 65_934, late }], week: 934, newer: 7 }
    expect(linesOf({ moved: 51_164, notMoved: 68_836, states, ...told })).toEqual([
      'acme.okta.com: 51,164 of 120,000 moved (42.6 %), 934 in the last 7 days',
      'Not moved 68,836: silent 66,912, tried 1,871, blocked 37, verified 12',
      'If it ends 2026-12-24: 65,934 not moved, 3,494 late (2,597 to 4,391)',
      '7 changed their legacy password after they moved.',
      '37 can never be verified.',
      'To do: okta-migrate reconcile --password-changed lists them.',
      '',
    ])
  })

  it('gives the most urgent advice, and none where all is well', () => {
    const states = { missing: 14, blocked: 37 }
    expect(linesOf({ states }).at(-2)).toContain('okta-migrate reconcile lists who is missing')
    expect(linesOf({ moved: 1 }).at(-2)).toMatch(/^To do: nothing\. /)
    expect(linesOf({ newestAt: AT - 3.9 * DAY_MS }).at(-2)).toMatch(/^To do: nothing\. /)
    expect(linesOf({ newestAt: AT - 4 * DAY_MS })).toContain(
      'The newest decision of the hook is 4 days old.',
    )
  })

  const count = fc.oneof(fc.constant(0), fc.nat(20_000_000))
  const late = fc.oneof(
    fc.record({ people: count, low: count, high: count }),
    fc.constantFrom(refuseFew(60), refuseReach(80, 90, 60)).map((refused) => ({ refused })),
  )
  const cutOff = fc
    .record({ day: fc.nat(2_000), notMoved: fc.option(count), late })
    .map((each) => ({
      ...each,
      notMoved: each.notMoved ?? undefined,
    }))
  const sentence = fc.array(fc.string({ maxLength: 90 })).map((words) => words.join(' '))

  it('cuts what has no blank to break at', () => {
    const lines = linesOf({ noLedger: 'x'.repeat(200) })
    expect(lines.map(({ length }) => length).filter((length) => length >= BRIEF_WIDTH)).toEqual([
      BRIEF_WIDTH,
    ])
  })

  it('has few and short lines, whatever there is to say', () => {
    fc.assert(
      fc.property(
        fc.record({
          org: fc.nat(200).map((n) => `https://${'a'.repeat(n)}.okta.com`),
          ...{ moved: count, notMoved: count, week: count, newer: count, failIfLate: count },
          states: fc.record(
            Object.fromEntries(STATE_NAMES.map((name) => [name, count])) as Record<
              PersonState,
              typeof count
            >,
          ),
          cutOffs: fc.array(cutOff, { maxLength: 30 }),
          changes: fc.array(sentence, { maxLength: 20 }),
          noLedger: fc.constantFrom(undefined, 'LEDGER_DB_URL is off'),
          goLive: fc.constantFrom(undefined, GO_LIVE),
          newestAt: fc.nat(90).map((days) => AT - days * DAY_MS),
        }),
        ({ noLedger, ...given }) => {
          const lines = linesOf({ ...given, ...(noLedger !== undefined && { noLedger }) })
          expect(lines.pop()).toBe('')
          expect(lines.length).toBeLessThanOrEqual(BRIEF_LINES)
          expect(lines.filter((line) => line.length > BRIEF_WIDTH)).toEqual([])
          expect(lines[0]).toMatch(/: [\d,]+ of [\d,]+ moved/)
          expect(lines.at(-1)).toMatch(/^To do: /)
        },
      ),
    )
  })
})

describe('a run', () => {
  const setUp = async () => {
    const dir = tempDir()
    const org = await startTestSandbox({ startedAt: GO_LIVE - DAY_MS })
    for (const name of ['ann', 'bob', 'cid']) await addMoved(org, `${name}@example.com`)
    for (const name of ['dan', 'eve']) await addPending(org, `${name}@example.com`)
    const store = makeLegacyStore(dir, [
      { id: 1, login: 'ann@example.com', wave: 'north', changed: '2026-11-01' },
      { id: 2, login: 'bob@example.com', wave: 'north', changed: '2026-09-01' },
      { id: 3, login: 'cid@example.com', wave: 'ces secret', changed: null },
      { id: 4, login: 'dan@example.com', wave: 'south', changed: '2026-11-01' },
      // Seconds since 1970 as PostgreSQL has them: with a fraction of a millisecond.
      { id: 5, login: 'eve@example.com', wave: 'south', seen: '1790000000.123456' },
    ])
    const ledger = await makeLedger(dir, [
      decided('id 1', 'VERIFIED', { decidedAt: '2026-10-06T08:00:00.000Z' }),
      decided('id 2', 'VERIFIED', { decidedAt: '2026-10-06T08:00:00.000Z' }),
    ])
    const run = (env: Record<string, string>, ...args: string[]) =>
      runInProcess(
        (perform) => statusCommand(perform, { ...systemClock, epochMs: () => AT }),
        ['--state', join(dir, 'state.sqlite'), ...args],
        { ...store, ...ledger, ...oktaOf(org), ...env },
      )
    return { dir, run }
  }

  it('counts who changed the legacy password after the move, in each form', async () => {
    const { run } = await setUp()
    const option = ['--password-changed', 'changed_at']
    const [words, brief, json] = [
      await run({}, ...option),
      await run({}, ...option, '--brief'),
      await run({}, ...option, '--json'),
    ]
    expect(words.stdout).toMatch(/^Changed their legacy password after they moved: 1 person\./m)
    expect(brief.stdout).toMatch(/^1 changed their legacy password after they moved\.$/m)
    expect(JSON.parse(json.stdout)).toMatchObject({ newer: 1 })
    // It is not known, which is not the same as nobody.
    expect(JSON.parse((await run({}, '--json')).stdout)).not.toHaveProperty('newer')
  })

  it('counts by wave, without the names of single people', async () => {
    const { run } = await setUp()
    const { stdout } = await run({}, '--wave', 'WAVE')
    expect(stdout).toMatch(/^ {2}north +2 +2 +100\.0 % +0 +2026-10-04$/m)
    expect(stdout).toMatch(/^ {2}south +2 +0 +0\.0 % +2 +2026-10-04$/m)
    expect(stdout).toMatch(/^ {2}1 others +1 +1 +100\.0 % +0 +2026-10-04$/m)
    const json = await run({}, '--wave', 'wave', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      waves: {
        column: 'wave',
        shown: [
          {
            name: 'north',
            people: 2,
            moved: 2,
            notMoved: 0,
            missing: 0,
            firstImport: '2026-10-04',
          },
          { name: 'south', people: 2, moved: 0, notMoved: 2 },
        ],
        others: { waves: 1, people: 1, moved: 1 },
      },
    })
    expect(stdout + json.stdout).not.toContain('ces secret')
  })

  it('refuses a wave that would show logins or hashes, and one of accounts that are not read', async () => {
    const { run } = await setUp()
    for (const column of ['login', 'id', 'password_hash', 'PASSWORD_HASH']) {
      const { code, stdout, stderr } = await run({}, '--wave', column)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('An example: --wave department')
    }
    expect(await run({}, '--wave', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no column "nothing" for --wave') as unknown,
    })
    for (const option of ['--wave', '--password-changed']) {
      expect(await run({ LEGACY_DB_URL: '' }, option, 'wave')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${option} names a column of the accounts`) as unknown,
      })
    }
  })

  it('shows no login and no hash, and keeps no hash, whatever is asked for', async () => {
    const { dir, run } = await setUp()
    const options = ['--wave', 'wave', '--password-changed', 'changed_at']
    const shown = [
      await run({}, ...options),
      await run({}, ...options, '--brief'),
      await run({}, ...options, '--json'),
    ].map(({ stdout, stderr }) => stdout + stderr)
    const saved = readSavedReport(join(dir, 'state.sqlite'))?.json ?? ''
    const files = ['state.sqlite', 'ledger.sqlite'].map((name) =>
      readFileSync(join(dir, name), 'latin1'),
    )
    expect(files.join('')).toContain('"column":"wave"')
    expect([...shown, saved].join('')).not.toMatch(/@example\.com|00u/)
    expect([...shown, saved, ...files].join('')).not.toContain(LEGACY_HASH.slice(7, 29))
  })

  it('in brief writes nothing else, and no login', async () => {
    const { run } = await setUp()
    const { code, stdout, stderr } = await run({}, '--brief')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).not.toContain('example.com')
    expect(stdout.split('\n')[0]).toMatch(
      /^127\.0\.0\.1:\d+: 3 of 5 moved \(60\.0 %\), 0 in the last/,
    )
  })
})
