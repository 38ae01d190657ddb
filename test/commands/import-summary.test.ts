/** The summary of an import, as a person sees it at three widths, and as a program does. */
import { describe, expect, it } from 'vitest'
import {
  describeSummary,
  toSummaryEvent,
  type Summary,
} from '../../src/commands/import/summary-report.ts'
import { createColourise } from '../../src/commands/terminal/colour.ts'
import { NO_COUNTS } from '../support/progress.ts'
import { createScreen } from '../support/screen.ts'

const NO_ENDS = { created: 0, updated: 0, existing: 0, rejected: 0, failed: 0, skipped: 0 }
const CLEAN: Summary = {
  counts: {
    ...NO_COUNTS,
    created: 10,
    total: 10,
    before: NO_COUNTS,
    thisRun: NO_ENDS,
    lastRow: 0,
    inFlight: 0,
  },
  end: 'finished',
  dryRun: false,
  seconds: 12.3,
  reasons: [],
  existing: {},
  changes: {},
  paths: {
    journal: 'users.csv.journal',
    rejects: 'users.rejects.csv',
    existingFile: 'users.existing.csv',
  },
  files: ['users.csv.journal'],
  next: {
    what: 'List the users who have not signed in yet',
    command: 'okta-migrate users list --pending',
  },
}
const REASONS = [
  { reason: 'firstName is missing', count: 1_234, lines: [2, 5, 9] },
  { reason: 'login is the same as that of line …', count: 2, lines: [17, 20] },
  ...Array.from({ length: 10 }, (_, i) => ({ reason: `problem ${i}`, count: 1, lines: [i] })),
]
const BAD: Summary = {
  ...CLEAN,
  counts: {
    ...CLEAN.counts,
    total: 825_936,
    created: 812_345,
    existing: 12_345,
    rejected: 1_234,
    failed: 12,
  },
  reasons: REASONS,
  existing: { ACTIVE: 12_300, DEPROVISIONED: 45 },
  files: ['使用者.rejects.csv', '使用者.csv.journal'],
  next: {
    what: 'Correct 使用者.rejects.csv, and import it',
    command: "okta-migrate import '使用者.rejects.csv'",
  },
}
const STOPPED: Summary = {
  ...BAD,
  end: 'stopped',
  counts: {
    ...BAD.counts,
    sending: 3,
    total: 1_000_000,
    before: { ...NO_COUNTS, created: 800_000, existing: 12_000, rejected: 1_200, failed: 12 },
  },
}

const SUMMARIES: Readonly<Record<string, Summary>> = {
  'all well': CLEAN,
  'some failed': BAD,
  'stopped, after other runs': STOPPED,
  'an update': {
    ...CLEAN,
    counts: { ...CLEAN.counts, created: 2, updated: 310, existing: 9_688, total: 10_000 },
    existing: { ACTIVE: 9_998 },
    changes: { title: 5, city: 308 },
  },
  'dry run': {
    ...BAD,
    counts: { ...BAD.counts, existing: 0 },
    existing: {},
    dryRun: true,
    files: ['使用者.rejects.csv'],
  },
  'dry run of an update': {
    ...CLEAN,
    counts: { ...CLEAN.counts, created: 2, updated: 310, existing: 9_688, total: 10_000 },
    existing: { ACTIVE: 9_998 },
    changes: { title: 5, city: 308 },
    dryRun: true,
    files: [],
  },
}

/** A summary with what has changed since earlier runs. */
const summed = (summary: Summary): Summary => {
  const { before, ...counts } = summary.counts
  const since = (name: keyof typeof NO_ENDS): number => counts[name] - before[name]
  const names = Object.keys(NO_ENDS) as (keyof typeof NO_ENDS)[]
  const ends = Object.fromEntries(names.map((name) => [name, since(name)])) as typeof NO_ENDS
  return { ...summary, counts: { ...summary.counts, thisRun: ends } }
}

describe('the summary', () => {
  it('is readable at every width', async () => {
    const shown: string[] = []
    for (const [name, summary] of Object.entries(SUMMARIES)) {
      for (const columns of [60, 80, 120]) {
        const screen = createScreen(columns, 60)
        screen.stream.write(describeSummary(summed(summary), createColourise(screen.stream, {})))
        shown.push(`${name}, ${columns} columns:\n${await screen.shown()}\n`)
      }
    }
    await expect(shown.join('\n')).toMatchFileSnapshot('snapshots/summary.txt')
  })

  it('is an event too', () => {
    expect(toSummaryEvent(summed({ ...STOPPED, reasons: REASONS.slice(0, 1) }))).toEqual({
      event: 'summary',
      created: 812_345,
      updated: 0,
      changes: {},
      existing: 12_345,
      rejected: 1_234,
      failed: 12,
      skipped: 0,
      existingByStatus: STOPPED.existing,
      unsettled: 3,
      total: 1_000_000,
      end: 'stopped',
      journal: 'users.csv.journal',
      rejects: 'users.rejects.csv',
      existingFile: 'users.existing.csv',
      thisRun: { created: 12_345, updated: 0, existing: 345, rejected: 34, failed: 0, skipped: 0 },
      seconds: 12,
      reasons: REASONS.slice(0, 1),
      files: STOPPED.files,
      next: STOPPED.next.command,
    })
  })
})

describe('colour', () => {
  const colours = (env: object, isTTY: boolean): boolean =>
    createColourise({ isTTY }, env as Record<string, string>)('red', 'x') !== 'x'

  it.each<[object, boolean, boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
  ])('of %j, on a terminal: %j, is %j', (env, isTTY, expected) => {
    expect(colours(env, isTTY)).toBe(expected)
  })
})
