/** The messages of `close` and `reopen`, and what they have in common with `register`. */
import type { JournalledStep } from '../../cutoff/journal.ts'
import type { sqlOfPurges } from '../../cutoff/phase.ts'
import type { InlineHook } from '../../okta/api/inline-hooks.ts'
import { stampOf } from '../../text/local-time.ts'
import { describeSeconds } from '../../text/duration.ts'
import { printable } from '../../text/printable.ts'
import type { Affected } from './affected.ts'
import { figure, numberOf } from '../../text/figure.ts'

const nameOf = ({ name, id }: InlineHook): string => `"${printable(name)}" (${printable(id)})`

const ageOf = (ms: number): string => describeSeconds(Math.max(1, Math.floor(ms / 1000)))

/** Of a number that comes from a status. */
export const describeStatusNumber = ({ report, now }: Affected, at: number): string =>
  report
    ? `${numberOf(report.notMoved, 'person', 'people')} had not moved ${ageOf(at - report.at)} ago, when the status was made. Okta's list shows ${figure(now?.notMoved ?? 0)} now.`
    : ''

export const describeClosing = (hook: InlineHook, affected: Affected, at: number): string =>
  `This deactivates the hook ${nameOf(hook)} of ${affected.org}: 1 call, undone by okta-migrate cutoff reopen.
From then on Okta cannot check an old password. ${describeStatusNumber(affected, at)}
They can use "forgot password". Nobody is reset.
`

export const describeReopening = (hook: InlineHook, org: string): string =>
  `This activates the hook ${nameOf(hook)} of ${org} again: 1 call.\n`

export const DRY_RUN = 'Dry run: nothing was sent, and nothing was recorded.\n'

export const describeClosed = ({ endedAt = 0 }: JournalledStep): string =>
  `Deactivated at ${stampOf(endedAt)}. Undo: okta-migrate cutoff reopen
Now watch who is refused: okta-migrate cutoff watch
`

export const describeClosedBefore = ({ endedAt = 0 }: JournalledStep): string =>
  `The hook is inactive since ${stampOf(endedAt)}, and nothing was sent. Undo: okta-migrate cutoff reopen\n`

type PurgeSql = ReturnType<typeof sqlOfPurges>

const SQL_WORDS: Readonly<Record<NonNullable<PurgeSql>, string>> = {
  written: 'purge has written SQL that removes hashes.',
  unknown:
    'a purge was stopped while it wrote its files. It is not known whether its SQL is there.',
}

/** Before the hook is activated. */
export const describePurged = (sql: NonNullable<PurgeSql>): string =>
  `WARNING: ${SQL_WORDS[sql]}
A person whose hash was removed cannot use the old password any more: the hook answers UNVERIFIED.
Tell your DBA to run none of it from now on. A later purge writes a new file.
`

export const describeReopened = ({ endedAt = 0 }: JournalledStep, sql: PurgeSql): string =>
  `Activated at ${stampOf(endedAt)}: people who have not moved can sign in with the old password again${sql ? ', except those whose hash was removed' : ''}.
To end it later, begin with okta-migrate cutoff plan.
`

export const ACTIVE_ALREADY = 'The hook is active, and nothing was sent.\n'
