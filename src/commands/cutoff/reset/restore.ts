/** The second half of `reopen`: sets the hook again for those whom a reset has left in RECOVERY, and says who stays there. */
import { endLists, restorePeople, type RestoreDeps } from '../../../cutoff/reset/restore.ts'
import type { Restoration } from '../../../cutoff/reset/listed.ts'
import { createServerTime } from '../../../import/run/server-time.ts'
import { figure, numberOf } from '../../../text/figure.ts'
import type { CutOffDeps, OpenedCutOff } from '../open.ts'
import { observedBy, USER_SCOPES } from './observed.ts'
import type { ReopenOptions } from './options.ts'
import { writeResetList } from './report.ts'

/** Those who are not finished, which a reopening ends. */
const openLists = ({ journal }: OpenedCutOff): number[] =>
  journal
    .steps()
    .filter(({ step, state }) => step === 'reset' && state === 'open')
    .map(({ number }) => number)

const describeStart = (people: number): string =>
  `${numberOf(people, 'person was', 'people were')} reset. Each is looked at: who is still in RECOVERY as the reset has left them gets the hook again.\n`

type Counts = Map<string, number>

const sumOf = (counts: Counts, wanted: (restored: string) => boolean): number =>
  [...counts].reduce((all, [restored, people]) => (wanted(restored) ? all + people : all), 0)

const STAYS = ['RECOVERY', 'kept_in_recovery']
const OTHERS = [...STAYS, 'kept', 'failed']

const line = (people: number, words: string): string[] =>
  people === 0 ? [] : [`${figure(people)} ${words}`]

const describeEnd = (counts: Counts, list: string): string => {
  const of = (...names: readonly string[]): number =>
    sumOf(counts, (restored) => names.includes(restored))
  const back = sumOf(counts, (restored) => !OTHERS.includes(restored))
  return [
    `${figure(back)} can use the old password again.`,
    ...line(of(...STAYS), 'stay in RECOVERY: they need the link, or the help desk.'),
    ...line(
      of('kept'),
      'are left as they are: they have a password by now, or are not in RECOVERY.',
    ),
    ...line(of('failed'), 'failed: the same command tries them again.'),
    `${list} says what happened to each of them.`,
    '',
  ].join('\n')
}

/** Whether there is anything for this half. */
const countRestorable = (opened: OpenedCutOff): number => {
  const { resets } = opened.journal
  const open = openLists(opened).filter((list) => resets.open(list) !== undefined)
  return resets.restorable() + open.length
}

const end = ({ clock, print, options }: CutOffDeps<ReopenOptions>, opened: OpenedCutOff) => {
  const { journal } = opened
  for (const list of openLists(opened)) {
    journal.end(list, { state: 'failed', evidence: 'reopened' }, clock.epochMs())
  }
  return (counts: Counts): number => {
    writeResetList(journal.resets, null, options.list)
    const event = { event: 'restored', ...Object.fromEntries(counts), list: options.list }
    print(describeEnd(counts, options.list), event)
    return (counts.get('failed') ?? 0) > 0 ? 1 : 0
  }
}

/** @returns the exit code */
export const restoreHooks = async (
  deps: CutOffDeps<ReopenOptions>,
  opened: OpenedCutOff,
): Promise<number> => {
  const { client, clock, context, print, options } = deps
  const people = countRestorable(opened)
  if (people > 0) print(describeStart(people), { event: 'restoring', people })
  if (options.dryRun) return 0
  const halt = new AbortController()
  context.onSignal(() => halt.abort())
  const serverTime = createServerTime(clock)
  const request = observedBy(serverTime, client.withScopes(USER_SCOPES), halt.signal)
  const restoring: RestoreDeps = {
    ...{ request, journal: opened.journal.resets, clock, serverTime },
    halt: halt.signal,
  }
  const counts: Counts = new Map()
  const onEnd = ({ restored }: Restoration): void =>
    void counts.set(restored, (counts.get(restored) ?? 0) + 1)
  try {
    await endLists(restoring, openLists(opened))
    await restorePeople(restoring, onEnd)
  } catch (err) {
    if (err !== halt.signal.reason) throw err
    return 130
  }
  const report = end(deps, opened)
  return people > 0 ? report(counts) : 0
}
