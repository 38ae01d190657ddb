/** A plan in words for people, and as one object for programs. */
import type { PlanFacts, PlanFinding } from '../../cutoff/readiness.ts'
import { readStatus } from '../../cutoff/status-counts.ts'
import { CUT_OFF_STEPS } from '../../cutoff/steps.ts'
import { describeSeconds } from '../../text/duration.ts'
import { printable } from '../../text/printable.ts'
import { figure, numberOf } from '../../text/figure.ts'

export interface PlanReport {
  /** The host of the org. */
  readonly org: string
  readonly at: number
  readonly facts: PlanFacts & { readonly whyNoPolicies: string | undefined }
  readonly findings: readonly PlanFinding[]
  readonly isReady: boolean
}

const PLANNED = ['close', 'watch', 'reset', 'purge'] as const

const describeLikely = ({ facts: { likely } }: PlanReport): string => {
  const words =
    typeof likely === 'string'
      ? `gives no list. ${likely}`
      : `would be ${numberOf(likely, 'person', 'people')}, each of whom can use "forgot password" as long as they are not reset`
  return `             --who likely ${words}`
}

const describeSteps = (report: PlanReport): string[] =>
  PLANNED.flatMap((name, at) => {
    const [hook] = report.facts.hooks
    const { does, calls, undo } = CUT_OFF_STEPS[name]
    const what = name === 'close' && hook ? `${does} "${printable(hook.name)}"` : does
    const line = `  ${at + 1} ${name.padEnd(9)}${what.padEnd(48)}${calls.padEnd(18)}${undo}`
    return name === 'reset' ? [line, describeLikely(report)] : [line]
  })

const describeAfter = ({ facts: { report } }: PlanReport): string[] => {
  if (!report) return []
  const { late } = readStatus(report)
  const coming = late
    ? ` If it ends on ${late.date}, about ${numberOf(late.late, 'person', 'people')} (${figure(late.low)} to ${figure(late.high)}) will come too late and must set a new password.`
    : ''
  return [
    '',
    `After close, ${numberOf(report.notMoved, 'person', 'people')} cannot use their old password.${coming}`,
    'They can use "forgot password". Nobody is reset.',
  ]
}

const describeFinding = ({ name, words, fix }: PlanFinding): string[] => [
  `  - ${words} (${name})`,
  `      ${fix}`,
]

const list = (head: string, findings: readonly PlanFinding[]): string[] =>
  findings.length === 0 ? [] : ['', head, ...findings.flatMap(describeFinding)]

const describeApps = ({ facts: { otherApps } }: PlanReport): string[] => {
  if (otherApps === undefined || otherApps === 'none') return []
  return [`  - Keep the hashes: ${printable(otherApps)} still signs people in by them.`]
}

const describeReminders = (report: PlanReport): string[] => [
  '',
  'Remember:',
  '  - A person who sets a new password must get through your MFA and sign-on policy: try it with an account that has moved, and one that has not.',
  '  - Tell the help desk the day, and that "forgot password" is what people need.',
  ...describeApps(report),
  ...(report.facts.purge.isTried
    ? []
    : [
        '  - The statement of the purge was not tried: plan with --sql, as the purge will have it.',
      ]),
  ...(report.facts.whyNoPolicies === undefined
    ? []
    : [`  - How long a link lives was not read: ${report.facts.whyNoPolicies}`]),
]

const describeReady = ({ facts: { report, replicas }, at, isReady }: PlanReport): string[] => {
  if (!isReady || !report) return ['', 'NOT READY. Correct it, and plan again.']
  const age = describeSeconds(Math.max(1, Math.floor((at - report.at) / 1000)))
  const ready = replicas.filter(({ flaw }) => flaw === undefined)
  const asked =
    replicas.length === 0
      ? ''
      : ` ${figure(ready.length)} of ${numberOf(replicas.length, 'replica')} can decide calls,`
  return [
    '',
    `Ready: the hook is active and yours,${asked} and the status is ${age} old. Next: okta-migrate cutoff close`,
  ]
}

export const describePlan = (report: PlanReport): string => {
  const { org, findings } = report
  return [
    `Plan for the cut-off of ${org} (nothing is sent):`,
    ...describeSteps(report),
    ...describeAfter(report),
    ...list(
      'Not ready:',
      findings.filter(({ isAccepted }) => !isAccepted),
    ),
    ...list(
      'Accepted as it is:',
      findings.filter(({ isAccepted }) => isAccepted),
    ),
    ...describeReminders(report),
    ...describeReady(report),
    '',
  ].join('\n')
}

/** For programs: the fields that docs/EVENTS.md lists. */
export const toPlanObject = ({ org, at, facts, findings, isReady }: PlanReport): object => {
  const { report, hooks, linkLives, otherApps, likely, replicas, purge } = facts
  const { late } = readStatus(report)
  return {
    schema: 'okta-migrate/cutoff-plan@1',
    org,
    at: new Date(at).toISOString(),
    ready: isReady,
    people: report?.notMoved,
    late,
    statusAt: report && new Date(report.at).toISOString(),
    hooks: hooks.map(({ id, name, status }) => ({ id, name, status })),
    linkLives,
    otherApps,
    replicas: replicas.map(({ url, flaw }) => ({ url, ready: flaw === undefined })),
    purgeTried: purge.isTried,
    likely: typeof likely === 'string' ? { refused: likely } : { people: likely },
    findings: findings.map(({ name, words, fix, isAccepted }) => ({
      name,
      message: words,
      fix,
      accepted: isAccepted,
    })),
  }
}
