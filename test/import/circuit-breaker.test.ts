/** The circuit breaker: a run stops where Okta refuses row after row for one reason, and reports the reason and the rows that are left. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCircuitBreaker, MAX_SAME_REFUSALS } from '../../src/import/run/circuit-breaker.ts'
import type { RowOutcome } from '../../src/import/journal/row.ts'
import { reasonKindOf } from '../../src/import/report/reasons.ts'
import { startFakeOkta } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { fc } from '../support/properties.ts'
import { tempDir } from '../support/temp.ts'

const refused = (reason: string, errorCode = 'E0000001'): RowOutcome => ({
  state: 'failed',
  reason,
  errorCode,
  isRefusal: true,
})

const CREATED: RowOutcome = { state: 'created' }
const UPDATED: RowOutcome = { state: 'updated' }
const EXISTING: RowOutcome = { state: 'existing' }
const DUPLICATE: RowOutcome = { state: 'failed', errorCode: 'E0000001', reason: 'login: taken' }

const firstStop = (outcomes: readonly RowOutcome[]): number => {
  const { observe } = createCircuitBreaker()
  return outcomes.findIndex((outcome) => observe(outcome) !== undefined)
}

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

describe('the circuit breaker', () => {
  it('opens at the 25th refusal for one cause, whatever values it names', () => {
    expect(MAX_SAME_REFUSALS).toBe(25)
    const all = times(30, (i) => refused(`login: 'user${i}' is not allowed`))
    expect(firstStop(all)).toBe(24)
  })

  it('ignores duplicates, and starts counting again after a created user or another cause', () => {
    const one = refused('city: too long')
    const other = refused('city: too long', 'E0000003')
    expect(firstStop([...times(24, () => one), EXISTING, DUPLICATE, one])).toBe(26)
    expect(firstStop([...times(24, () => one), CREATED, ...times(24, () => one)])).toBe(-1)
    expect(firstStop([...times(24, () => one), UPDATED, ...times(24, () => one)])).toBe(-1)
    expect(firstStop([...times(24, () => one), other, ...times(24, () => one)])).toBe(-1)
  })
})

describe('the kind of a reason', () => {
  it('is the same for all values, and contains none', () => {
    const value = fc.stringMatching(/^[a-z]{3,8}\d{1,4}$/)
    fc.assert(
      fc.property(value, value, (a, b) => {
        const reasonFor = (v: string): string =>
          `email: '${v} x' is not allowed; nobody has it, and it belongs to ${v}@x.example (${v}, ACTIVE)`
        expect(reasonKindOf(reasonFor(a))).toBe(reasonKindOf(reasonFor(b)))
        expect(reasonKindOf(reasonFor(a))).not.toContain(a)
      }),
    )
  })

  it.each([
    [
      "Property name 'team' is not defined in profile",
      "Property name 'team' is not defined in profile",
    ],
    ['login is the same as that of line 12', 'login is the same as that of line …'],
    ['city is longer than 128 characters', 'city is longer than 128 characters'],
    ["not allowed in the user's current status", "not allowed in the user's current status"],
  ])('of "%s" is "%s"', (reason, kind) => {
    expect(reasonKindOf(reason)).toBe(kind)
  })
})

const start = async (rows: number, refuseFrom = 0) => {
  const okta = await startFakeOkta({
    refuse: ({ firstName, login }) =>
      Number(firstName) < refuseFrom
        ? undefined
        : [
            400,
            {
              errorCode: 'E0000001',
              errorCauses: [{ errorSummary: `team: "${String(login)}" is odd` }],
            },
          ],
  })
  const file = join(tempDir(), 'users.csv')
  const input = `email,firstName,lastName\n${times(rows, (i) => `u${i}@x.example,${i},B\n`).join('')}`
  writeFileSync(file, input)
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
  return { okta, env, input, run: (...args: string[]) => runImport([file, ...args], env) }
}

const CAUSE = 'The cause: E0000001 team: … is odd'

describe('a run that Okta refuses row by row', () => {
  it('stops, reports the cause without values, and counts the rows that are left', async () => {
    const { okta, run } = await start(8_000)
    const { code, stdout, stderr } = await run()
    expect(code).toBe(1)
    const sent = okta.creates().length
    expect(sent).toBeGreaterThanOrEqual(25)
    expect(sent).toBeLessThan(60)
    expect(stderr).toContain(
      `Okta refused 25 consecutive rows for the same reason, so the run stopped.\n${CAUSE}`,
    )
    expect(stderr).toContain(`${8_000 - sent} rows were left untouched.`)
    expect(stderr).toContain('--keep-going')
    expect(stdout).toContain(`  ${sent}  E0000001 team: … is odd (lines `)
    await run()
    expect(okta.creates().length).toBeGreaterThanOrEqual(sent + 25)
    expect(new Set(okta.creates().map(({ body }) => JSON.stringify(body))).size).toBe(
      okta.creates().length,
    )
  })

  it('continues with --keep-going, and counts by reason', async () => {
    const { okta, run } = await start(60, 10)
    const { code, stdout } = await run('--keep-going', '--json')
    expect([code, okta.creates().length]).toEqual([1, 60])
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      created: 10,
      failed: 50,
      reasons: [{ reason: 'E0000001 team: … is odd', count: 50 }],
    })
  })

  it('does not read the rest of a stream, whose end is unknown', async () => {
    const { env, input } = await start(200)
    const dir = tempDir()
    const paths = [
      '--journal',
      join(dir, 'j'),
      '--rejects',
      join(dir, 'r'),
      '--existing',
      join(dir, 'e'),
    ]
    const { code, stderr } = await runImport(['-', ...paths], env, input)
    expect(code).toBe(1)
    expect(stderr).toContain(`${CAUSE}\nThe rows after them were left untouched.`)
  })

  it('continues where rows are rejected here, and not by Okta', async () => {
    const { okta, env } = await start(0)
    const file = join(tempDir(), 'bad.csv')
    writeFileSync(file, `email,firstName,lastName\n${times(60, (i) => `bad${i},A,B\n`).join('')}`)
    const { code, stderr } = await runImport([file], env)
    expect([code, okta.creates().length]).toEqual([1, 0])
    expect(stderr).not.toContain('in a row')
  })
})
