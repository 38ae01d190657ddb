/** What `purge` and its check print, in words for people and as events for programs. */
import { LEFT_OUT, LEFT_OUT_REASONS, type PurgeCounts } from '../../../cutoff/purge/verdicts.ts'
import { figure, numberOf } from '../../../text/figure.ts'
import { printable } from '../../../text/printable.ts'

const EVIDENCE_WORDS: Readonly<Record<string, string>> = {
  provider: "by Okta's list of users",
  success: 'by a SUCCESS in the System Log',
  password_changed: 'by a password that was set after a reset',
}

export const describePurge = (
  { people, purged, byEvidence, leftOut }: PurgeCounts,
  hasChanges: boolean,
): string => {
  const evidence = Object.entries(byEvidence).map(
    ([name, n]) => `  ${figure(n).padStart(9)}   ${EVIDENCE_WORDS[name] ?? name}`,
  )
  const reasons = LEFT_OUT_REASONS.flatMap((name) => {
    const n = leftOut[name]
    return n === undefined ? [] : [`  ${figure(n).padStart(9)}   ${LEFT_OUT[name].words} (${name})`]
  })
  return [
    `${figure(purged)} of ${numberOf(people, 'person', 'people')} ${purged === 1 ? 'has' : 'have'} a password in Okta for certain, and ${purged === 1 ? 'needs' : 'need'} the hash no more:`,
    ...evidence,
    ...(reasons.length > 0 ? ['Left out, and they keep their hash:', ...reasons] : []),
    ...(hasChanges
      ? []
      : [
          'Not known, as you have accepted: who has changed the legacy password since they moved. Their hash is removed too (changes_unknown).',
        ]),
    '',
  ].join('\n')
}

export interface WrittenPurge {
  readonly script: string
  readonly proof: string
  readonly list: string
  readonly statements: number
  readonly transactions: number
  /** Of the proof. */
  readonly sha256: string
}

export const describeWritten = ({ script, proof, list, sha256, ...counts }: WrittenPurge): string =>
  `${script} is for your DBA: ${numberOf(counts.statements, 'statement')}, 500 in a transaction. Nothing was sent to the database.
${proof} says what it was decided from, and ${list} lists the people without their names. Keep them.
SHA-256 of ${proof}: ${sha256}
After the DBA has run it: okta-migrate cutoff purge --check
`

export const NOBODY = 'Nobody can be purged now, and nothing was written.\n'

export interface CheckedPurge {
  readonly people: number
  /** Whose hash is as it was. */
  readonly left: number
  /** Whose hash is another one than it was. */
  readonly changed: number
  /** Whose row is not there, although the purge does not delete rows. */
  readonly missing: number
  readonly firstIds: readonly string[]
}

export const describeChecked = (
  { people, left, changed, missing, firstIds }: CheckedPurge,
  table: string,
): string => {
  if (left + changed + missing === 0)
    return `None of the ${figure(people)} people of the purge has a hash any more.\n`
  const ids = firstIds.map((id) => printable(id, 60)).join(', ')
  return [
    ...(left + changed > 0
      ? [
          `FAILED: ${figure(left + changed)} of ${figure(people)} people still have a hash. The first ids: ${ids}`,
        ]
      : []),
    ...(left > 0 ? [`  ${figure(left)} as it was: has the DBA run the SQL, to its end?`] : []),
    ...(changed > 0
      ? [
          `  ${figure(changed)} another one than it was: the SQL leaves those alone on purpose. Who still sets passwords there?`,
        ]
      : []),
    ...(missing > 0
      ? [
          `FAILED: ${figure(missing)} of ${figure(people)} ids are not in ${table}, and the SQL deletes no row. Is LEGACY_DB_URL the database of the purge? Who has deleted them?`,
        ]
      : []),
    '',
  ].join('\n')
}
