/** The status of a campaign in a few short lines of plain text, for a mail that is sent every week. */
import { DAY_MS } from '../../clock.ts'
import type { CutOffForecast } from '../../campaign/forecast/forecast.ts'
import { dateOf, LEAST_LATE } from '../../campaign/forecast/refusals.ts'
import { statesIn } from '../../campaign/state/states.ts'
import { describeChanges } from './forecast-report.ts'
import { unreadableCount } from '../campaign/unreadable-rows.ts'
import { percentOf } from './figures.ts'
import { figure } from '../../text/figure.ts'
import { gateOf } from './gate.ts'
import { movedInWeek, type StatusReport } from './report.ts'

/** Mail programs show so much without a break. */
export const BRIEF_WIDTH = 72
export const BRIEF_LINES = 15

const MAX_HOST = 30

const short = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text

/** Breaks at blanks. */
const fold = (text: string): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= BRIEF_WIDTH) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(short(last === undefined ? word : `  ${word}`, BRIEF_WIDTH))
  }
  return lines
}

/** Whole sentences for as long as they fit, and how many did not. */
const foldInto = (sentences: readonly string[], room: number, what: string): string[] => {
  const lines: string[] = []
  for (const [i, sentence] of sentences.entries()) {
    const folded = fold(sentence)
    const isLast = i === sentences.length - 1
    if (lines.length + folded.length > room - (isLast ? 0 : 1)) {
      return [...lines, `${figure(sentences.length - i)} more ${what}: okta-migrate status`]
    }
    lines.push(...folded)
  }
  return lines
}

const subjectOf = (report: StatusReport): string => {
  const { moved, notMoved } = report.summary
  const host = short(new URL(report.sources.org).host, MAX_HOST)
  const all = moved + notMoved
  const share = all === 0 ? '' : ` (${percentOf(moved, all)})`
  return `${host}: ${figure(moved)} of ${figure(all)} moved${share}, ${figure(movedInWeek(report))} in the last 7 days`
}

const notMovedOf = ({ summary: { notMoved, states } }: StatusReport): string => {
  const some = statesIn('not moved').filter((name) => states[name] > 0)
  const counts = some
    .sort((a, b) => states[b] - states[a])
    .map((name) => `${name} ${figure(states[name])}`)
  return `Not moved ${figure(notMoved)}${counts.length > 0 ? ': ' : ''}${counts.join(', ')}`
}

const cutOffSentence = ({ day, notMoved, late }: CutOffForecast, goLive: number): string => {
  const left = notMoved === undefined ? '' : `${figure(notMoved)} not moved, `
  const coming =
    'low' in late
      ? `${figure(late.people)} late (${figure(late.low)} to ${figure(late.high)})`
      : late.refused.reason === 'few_late_comers'
        ? `fewer than ${LEAST_LATE} late`
        : 'and how many come late cannot be known'
  return `If it ends ${dateOf(day, goLive)}: ${left}${coming}`
}

const forecastsOf = ({ foretold, goLive = 0, options }: StatusReport): string[] => {
  if (!foretold || options.cutOff.length === 0) return []
  if ('refused' in foretold) return [`No forecast: ${foretold.refused.sentence}`]
  return foretold.cutOffs.map((cutOff) => cutOffSentence(cutOff, goLive))
}

/** In a company that works, somebody signs in on one day of four. */
const QUIET_DAYS = 3

const quietDays = ({ decisions, at }: StatusReport): number => {
  const newest = decisions?.newestAt
  return newest === undefined ? 0 : Math.floor((at - newest) / DAY_MS)
}

interface Concern {
  readonly count: (report: StatusReport) => number
  readonly words: (report: StatusReport) => readonly string[]
  readonly advice: string
}

const counted =
  (words: string): Concern['words'] =>
  () => [words]

/** The most urgent first: its advice is the one that is given. */
const CONCERNS: readonly Concern[] = [
  {
    count: (report) => gateOf(report)?.failures.length ?? 0,
    words: (report) => (gateOf(report)?.failures ?? []).map((failure) => `FAILED: ${failure}`),
    advice: 'move the day, or mail who is left: okta-migrate status says more.',
  },
  {
    count: ({ accounts }) => unreadableCount(accounts),
    words: counted('N rows of the accounts cannot be read, and count for nobody.'),
    advice: 'correct them: okta-migrate audit lists them.',
  },
  {
    count: ({ summary }) => summary.states.missing,
    words: counted('N are not in Okta: they wait for an import, or cannot sign in.'),
    advice: 'okta-migrate reconcile lists who is missing, for import.',
  },
  {
    count: (report) => (quietDays(report) > QUIET_DAYS ? quietDays(report) : 0),
    words: counted('The newest decision of the hook is N days old.'),
    advice: 'okta-migrate check says whether the hook can work.',
  },
  {
    count: ({ summary }) => summary.states.again,
    words: counted('N were VERIFIED more than once, and Okta has no password.'),
    advice: 'is Okta read-only? --left FILE lists who is "again".',
  },
  {
    count: ({ summary }) => summary.newer,
    words: counted('N changed their legacy password after they moved.'),
    advice: 'okta-migrate reconcile --password-changed lists them.',
  },
  {
    count: ({ summary }) => summary.states.blocked,
    words: counted('N can never be verified.'),
    advice: 'okta-migrate audit says who can never be verified, and why.',
  },
  {
    count: ({ summary }) => summary.states.locked,
    words: counted('N are reset, or not active in Okta, and need the link of a mail.'),
    advice: '--left FILE lists who is "locked": send them a new link.',
  },
  {
    count: ({ foretold, options }) => describeChanges(foretold, options).length,
    words: ({ foretold, options }) => describeChanges(foretold, options),
    advice: 'name the days of mails with --mail DATE.',
  },
  {
    count: ({ decisions }) => Number(decisions === undefined),
    words: ({ sources }) => [`The ledger was not read: ${sources.noLedger}.`],
    advice: 'run status with the environment of the hook server.',
  },
  {
    count: ({ goLive }) => Number(goLive === undefined),
    words: counted('The day of go-live is not known.'),
    advice: 'say --go-live DATE.',
  },
]

const NO_CONCERN = 'nothing. okta-migrate status --left FILE lists who is left.'

const wordsOf = (concern: Concern, report: StatusReport): string[] =>
  concern.words(report).map((words) => words.replace(/\bN\b/, figure(concern.count(report))))

export const describeBrief = (report: StatusReport): string => {
  const concerns = CONCERNS.filter(({ count }) => count(report) > 0)
  const warnings = concerns.flatMap((concern) => wordsOf(concern, report))
  const head = [...fold(subjectOf(report)), ...fold(notMovedOf(report))]
  const forecasts = foldInto(forecastsOf(report), 5, 'cut-offs')
  const room = BRIEF_LINES - head.length - forecasts.length - 1
  const advice = `To do: ${concerns[0]?.advice ?? NO_CONCERN}`
  return [...head, ...forecasts, ...foldInto(warnings, room, 'warnings'), advice, ''].join('\n')
}
