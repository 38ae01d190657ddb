/** The progress display on a terminal: every wording, at three widths, without leftovers on the screen. */
import { describe, expect, it } from 'vitest'
import { createDisplay, showRegularly } from '../../src/commands/terminal/progress-display.ts'
import { importView } from '../../src/commands/import/reporter.ts'
import { withWaitProgress } from '../../src/commands/terminal/wait-progress.ts'
import { createProgress } from '../../src/import/report/progress.ts'
import type { Snapshot } from '../../src/import/run/run.ts'
import type { RateLimitStatus } from '../../src/okta/client/client.ts'
import { ManualClock } from '../support/clock.ts'
import { PACE, START } from '../support/progress.ts'
import { createScreen } from '../support/screen.ts'

interface Moment {
  readonly counts: Partial<Snapshot>
  readonly pace?: Partial<RateLimitStatus>
}

const start = (columns: number, env = {}) => {
  const screen = createScreen(columns)
  const clock = new ManualClock()
  let snapshot = START
  let pace = PACE
  const display = createDisplay({ stdout: screen.stream, stderr: screen.stream, env }, {})
  const look = createProgress({ snapshot: () => snapshot, pace: () => pace, clock })
  const end = showRegularly(display, clock, () => importView(look()))
  const after = async (ms: number, { counts, pace: next }: Moment): Promise<string> => {
    snapshot = { ...snapshot, ...counts }
    pace = { ...PACE, ...next }
    clock.advance(ms)
    return screen.shown()
  }
  return { ...screen, display, end, after, clock }
}

const LIMIT = { waitingUntil: 65_000, reason: 'rate limit share used up' }
const SILENCE = { since: -10_000, attempt: 3, hasErrors: false }
const MANY = { created: 812_345, existing: 12_345, rejected: 1_234, failed: 123 }

const MOMENTS: Readonly<Record<string, Moment>> = {
  'at the start': { counts: { sending: 10 } },
  'where the end is not known': { counts: { created: 25 } },
  'with an end': { counts: { created: 40, existing: 10, total: 200 } },
  'at a limit': { counts: { created: 300, total: 200_000 }, pace: LIMIT },
  'without an answer': { counts: { created: 300, total: 900_000 }, pace: { silence: SILENCE } },
  'with answers that are errors': {
    counts: { created: 300, total: 900_000 },
    pace: { silence: { ...SILENCE, hasErrors: true } },
  },
  'with many rows': { counts: { ...MANY, total: 1_000_000 }, pace: LIMIT },
}

describe('the two lines', () => {
  it('contain the same at every width', async () => {
    const shown: string[] = []
    for (const [name, moment] of Object.entries(MOMENTS)) {
      for (const columns of [60, 80, 120]) {
        const { after } = start(columns)
        const seen = await after(5_000, moment)
        expect(seen.split('\n')).toHaveLength(2)
        shown.push(`${name}, ${columns} columns:\n${seen}\n`)
      }
    }
    await expect(shown.join('\n')).toMatchFileSnapshot('snapshots/progress.txt')
  })

  it('stay two, however often they are drawn, and leave nothing behind', async () => {
    const { after, end, shown, clock } = start(60)
    for (let n = 1; n < 100; n++) await after(250, { counts: { created: n, total: 200 } })
    expect((await shown()).split('\n')).toHaveLength(2)
    end()
    expect(await shown()).toBe('')
    expect(clock.pending).toEqual([])
  })

  it('stay two on a terminal that becomes narrower or wider', async () => {
    const { after, resize, display } = start(120)
    display.notify('A line before.')
    for (const columns of [120, 60, 30, 100]) {
      await resize(columns)
      const seen = await after(250, { counts: { ...MANY, total: 1_000_000 }, pace: LIMIT })
      expect(seen.split('\n')).toHaveLength(3)
      expect(seen).toMatch(/^A line before\.\n82 %/)
    }
  })

  it('make room for a notice and for Ctrl-C, whatever their length', async () => {
    const { after, echo, display, shown } = start(60)
    await after(250, { counts: { created: 5, total: 20 } })
    await echo('^C')
    expect(await shown()).toMatch(/left\n\^C$/)
    display.notify('SIGINT: finishing the work in progress')
    display.notify('使用者名單'.repeat(10))
    const lines = (await after(250, { counts: { created: 6 } })).split('\n')
    expect(lines).toEqual([
      'SIGINT: finishing the work in progress',
      '使用者名單'.repeat(6),
      '使用者名單'.repeat(4),
      '30 %, 6 created, 0 already there, 0 rejected, 0 failed',
      expect.stringContaining('a second') as string,
    ])
  })
})

describe('without a terminal that can redraw', () => {
  it.each([{ TERM: 'dumb' }, { CI: 'true' }])(
    '%j prints lines, and no escape sequences',
    async (env) => {
      const { after, raw } = start(80, env)
      await after(10_000, { counts: { created: 40, total: 200 } })
      expect(raw()).toContain('20 %, 40 created, 0 already there, 0 rejected, 0 failed; ')
      expect(raw()).not.toContain('\u001b')
      expect(raw().trimEnd().split('\n')).toHaveLength(2)
    },
  )
})

describe('users and register', () => {
  const ask = async (columns: number, pace: Partial<RateLimitStatus>) => {
    const { stream, shown } = createScreen(columns)
    const clock = new ManualClock()
    const display = createDisplay({ stdout: stream, stderr: stream, env: {} }, {})
    let answer = (): void => undefined
    const client: Parameters<typeof withWaitProgress>[0] = {
      orgUrl: 'https://acme.okta.com',
      rateLimitStatus: { ...PACE, ...pace },
      withScopes: () => client,
      request: () =>
        new Promise((resolve) => {
          answer = () => resolve({ status: 200, headers: new Headers(), body: [], requestId: '' })
        }),
    }
    const progress = (): string => '12400 users read, 180 a second'
    const asked = withWaitProgress(client, { display, clock, progress }).request({
      method: 'GET',
      path: '/',
    })
    clock.advance(10_000)
    const during = await shown()
    answer()
    await asked
    return [during, await shown(), clock.pending] as const
  }

  it('show what they wait for during a request, and nothing between requests', async () => {
    const shown: string[] = []
    for (const pace of [{}, LIMIT, { silence: SILENCE }]) {
      for (const columns of [60, 80, 120]) {
        const [during, later, pending] = await ask(columns, pace)
        expect([later, pending]).toEqual(['', []])
        shown.push(`${columns} columns:\n${during}\n`)
      }
    }
    await expect(shown.join('\n')).toMatchFileSnapshot('snapshots/users.txt')
  })
})
