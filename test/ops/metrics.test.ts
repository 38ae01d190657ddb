/** The metrics about calls: the same content as the log, in few series. */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { rmSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../../src/ops/metrics.ts'
import { ManualClock } from '../support/clock.ts'
import { payload, SECRET, startHook, type HookOptions } from '../support/hook.ts'
import { seriesOf, sumOf } from '../support/metrics.ts'

const LOGIN = 'good@example.com'
const ROWS = [{ login: LOGIN, hash: hashSync('open sesame', 4) }]
const PREVIOUS = 'the secret of last month'

const start = async (options: HookOptions = {}) => {
  const outcomes = [{ outcome: 'VERIFIED', reason: 'match' }]
  const { registry, countCall } = createMetrics({
    deadlineMs: 2_345,
    lookupLimitMs: 1_250,
    outcomes,
  })
  const hook = await startHook({ rows: ROWS, onAnswered: countCall, ...options })
  onTestFinished(() => hook.close())
  return { hook, text: () => registry.metrics() }
}

const countsIn = (lines: readonly Record<string, unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { outcome, reason } of lines) {
    const name = `okta_migrate_calls_total{outcome="${String(outcome)}",reason="${String(reason)}"}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('calls', () => {
  it('are counted as they are logged', async () => {
    const secrets = { current: SECRET, previous: PREVIOUS }
    const { hook, text } = await start({ settings: { secrets } })
    const zero = seriesOf(await text(), 'okta_migrate_calls_total')
    expect(zero).toEqual({ 'okta_migrate_calls_total{outcome="VERIFIED",reason="match"}': 0 })

    await hook.signIn(LOGIN, 'open sesame')
    await hook.signIn(LOGIN, 'not it')
    await hook.signIn('nobody@example.com', 'open sesame')
    await hook.send('{}')
    await hook.send('{}', { authorization: 'wrong' })
    await hook.send('{}', { 'content-type': 'text/plain' })
    await hook.send(JSON.stringify(payload(LOGIN, 'open sesame')), { authorization: PREVIOUS })
    await hook.send(JSON.stringify(payload(LOGIN, 'open sesame')))

    const lines = hook.lines().filter(({ msg }) => msg === 'password import')
    expect(lines).toHaveLength(8)
    const counted = await text()
    expect(seriesOf(counted, 'okta_migrate_calls_total')).toEqual(countsIn(lines))
    expect(seriesOf(counted, 'okta_migrate_repeated_calls_total')).toEqual({
      'okta_migrate_repeated_calls_total{repeat="replayed"}': 1,
    })
    expect(seriesOf(counted, 'okta_migrate_deprecated_secret_calls_total')).toEqual({
      'okta_migrate_deprecated_secret_calls_total{secret="previous"}': 1,
    })
  })

  it('are measured in seconds, each check once', async () => {
    const { hook, text } = await start()
    await hook.signIn(LOGIN, 'open sesame')
    await hook.send('{}')
    const repeated = JSON.stringify(payload(LOGIN, 'not it'))
    await hook.send(repeated)
    await hook.send(repeated)
    const lines = hook.lines().filter(({ msg }) => msg === 'password import')
    const total = (field: string): number =>
      lines.reduce((sum, line) => sum + Number(line[field] ?? 0), 0) / 1_000
    const counted = await text()
    const rounding = lines.length * 0.000_05
    const off = (name: string, field: string): number =>
      Math.abs(sumOf(counted, `okta_migrate_${name}_sum`) - total(field))
    expect(off('call_duration_seconds', 'totalMs')).toBeLessThanOrEqual(rounding)
    expect(off('lookup_duration_seconds', 'lookupMs')).toBeLessThanOrEqual(rounding)
    expect(off('check_wait_seconds', 'waitMs')).toBeLessThanOrEqual(rounding)
    expect(off('check_run_seconds', 'runMs')).toBeLessThanOrEqual(rounding)
    expect(sumOf(counted, 'okta_migrate_call_duration_seconds_count')).toBe(4)
    expect(sumOf(counted, 'okta_migrate_lookup_duration_seconds_count')).toBe(2)
    expect(seriesOf(counted, 'okta_migrate_check_run_seconds_count')).toEqual({
      'okta_migrate_check_run_seconds_count{lanes="1"}': 2,
    })
  })

  it('are put into buckets of which one ends at the deadline, and one where Okta stops waiting', async () => {
    const { registry, countCall } = createMetrics({
      deadlineMs: 2_345,
      lookupLimitMs: 1_250,
      outcomes: [],
    })
    countCall({ outcome: 'VERIFIED', reason: 'match', status: 200, totalMs: 2_340 })
    const of = (le: string): string =>
      `okta_migrate_call_duration_seconds_bucket{le="${le}",outcome="VERIFIED"}`
    const buckets = seriesOf(await registry.metrics(), 'okta_migrate_call_duration_seconds_bucket')
    expect(buckets).toMatchObject({ [of('2')]: 0, [of('2.345')]: 1, [of('3')]: 1 })
  })

  it('are measured with a lookup that failed, and not with one that was never made', async () => {
    const { hook, text } = await start({ guesses: { limit: 1, windowMs: 60_000 } })
    const lookups = async (): Promise<number> =>
      sumOf(await text(), 'okta_migrate_lookup_duration_seconds_count')
    await hook.send('{}', { authorization: 'wrong' })
    await hook.signIn(LOGIN, 'not it')
    await hook.signIn(LOGIN, 'not it either')
    expect(hook.lines().at(-1)).toMatchObject({ reason: 'too_many_guesses' })
    expect(await lookups()).toBe(1)
    rmSync(hook.legacyPath)
    await hook.signIn('other@example.com', 'not it')
    expect(hook.lines().at(-1)).toMatchObject({
      reason: 'legacy_unavailable',
      lookupMs: expect.any(Number) as number,
    })
    expect(await lookups()).toBe(2)
  })

  it('have the time of a lookup from its start to its end', async () => {
    const clock = new ManualClock()
    const { hook } = await start({ clock })
    const other = new Database(hook.legacyPath)
    onTestFinished(() => void other.close())
    other.exec('BEGIN EXCLUSIVE')
    const answered = hook.signIn(LOGIN, 'open sesame')
    await expect.poll(() => clock.pending).toContain(1_250)
    clock.advance(1_250)
    expect((await answered).status).toBe(503)
    expect(hook.lines().at(-1)).toMatchObject({ lookupMs: 1_250 })
  })

  it('have buckets for lookups of which one ends at their limit', async () => {
    const { registry, countCall } = createMetrics({
      deadlineMs: 2_345,
      lookupLimitMs: 1_172,
      outcomes: [],
    })
    countCall({ lookupMs: 1_170, status: 200, totalMs: 1_171 })
    countCall({ lookupMs: 0.15, status: 200, totalMs: 1 })
    const name = 'okta_migrate_lookup_duration_seconds_bucket'
    const of = (le: string): string => `${name}{le="${le}"}`
    const buckets = seriesOf(await registry.metrics(), name)
    expect(buckets).toMatchObject({ [of('0.0002')]: 1, [of('1')]: 1, [of('1.172')]: 2 })
  })

  it('add no series for values that their callers choose', async () => {
    const { hook, text } = await start()
    const many = async (round: string): Promise<number> => {
      for (const i of [1, 2, 3]) {
        await hook.signIn(`${round}-${i}@example.com`, `${round}-${i}`)
        await hook.send(`{"eventType":"${round}-${i}"}`, { authorization: `${round}-${i}` })
        await hook.send(JSON.stringify({ [`${round}-${i}`]: i }))
      }
      return (await text()).split('\n').filter((line) => line.startsWith('okta_migrate_')).length
    }
    expect(await many('again')).toBe(await many('first'))
  })

  it('are answered even where they cannot be counted, and the log says so', async () => {
    const { hook } = await start({
      onAnswered: () => {
        throw new TypeError(`no such label: ${LOGIN}`)
      },
    })
    expect((await hook.signIn(LOGIN, 'open sesame')).text).toContain('"VERIFIED"')
    expect(hook.lines().at(-1)).toMatchObject({
      level: 'error',
      msg: 'a call could not be counted',
      cause: { type: 'TypeError' },
    })
    expect(hook.rawLog()).not.toContain(LOGIN)
  })
})
