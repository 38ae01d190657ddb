/** Finds the list that a reset works through, and confirms it: one that goes on, or a new one. */
import { resolve } from 'node:path'
import { toJournalled } from '../../../cutoff/own-hook.ts'
import { checkLinksFile, hasLinks } from '../../../cutoff/reset/links-file.ts'
import type { ResetList } from '../../../cutoff/reset/listed.ts'
import { AppError } from '../../../errors/errors.ts'
import type { InlineHook } from '../../../okta/api/inline-hooks.ts'
import { confirm } from '../../terminal/confirm.ts'
import { DRY_RUN } from '../messages.ts'
import type { CutOffDeps, OpenedCutOff } from '../open.ts'
import type { ResetOptions } from './options.ts'
import { doneList, identityOf, unfinishedList, withChosen } from './people.ts'
import {
  describeResetStart,
  describeResetSummary,
  toResetObject,
  totalsOf,
  type ResetStart,
} from './report.ts'

const DONE =
  'This list is done, and nothing is left to do. To try somebody once more, name a new file with --links.\n'

const usage = (detail: string): never => {
  throw new AppError('usage_invalid', { detail })
}

interface Wish {
  readonly who: string
  /** What the list is known by. */
  readonly identity: string
  readonly links: string | null
}

const readWish = async ({
  who,
  mail,
  links,
  list,
  state,
  journal,
}: ResetOptions): Promise<Wish> => {
  if (who === undefined)
    return usage('Say whom to reset: --who FILE, or --who likely. Most people need no reset.')
  if (!mail && links === undefined)
    return usage('Say how the links reach people: --mail (Okta mails them) or --links FILE.')
  const paths = [who, list, state, journal, ...(links === undefined ? [] : [links])]
  if (new Set(paths.map((path) => resolve(path))).size < paths.length)
    return usage('--who, --links, --list, --state and --journal must be different files.')
  return {
    who,
    identity: await identityOf(who),
    links: links === undefined ? null : resolve(links),
  }
}

export interface Resetting {
  readonly deps: CutOffDeps<ResetOptions>
  readonly opened: OpenedCutOff
  readonly hook: InlineHook
  readonly closedAt: number
  readonly linkMinutes: number | undefined
}

const confirmStart = async (
  { deps, linkMinutes }: Resetting,
  start: Omit<ResetStart, 'org' | 'perHour' | 'linkMinutes'>,
): Promise<boolean> => {
  const { context, options, org, print } = deps
  const { perHour, yes, dryRun } = options
  const all = { ...start, org, perHour, linkMinutes }
  const { count: people, left, leftOut, links } = all
  const event = {
    event: 'affected',
    org,
    people,
    left,
    leftOut: leftOut.length,
    leftOutLines: leftOut,
    links: links ?? undefined,
  }
  print(describeResetStart(all), { ...event, linkMinutes })
  if (dryRun) {
    print(DRY_RUN, { event: 'dryRun' })
    return false
  }
  await confirm(context, yes, { org, count: people, isExact: true })
  return true
}

/** @returns undefined for a dry run */
const goOn = async (resetting: Resetting, list: ResetList): Promise<ResetList | undefined> => {
  const { resets } = resetting.opened.journal
  const totals = totalsOf(resets.counts(list.number))
  const count = Object.values(totals).reduce((all, people) => all + people, 0)
  const left = totals.open + totals.waiting
  const isConfirmed = await confirmStart(resetting, {
    ...{ count, left, leftOut: [], links: list.links, isGoingOn: true },
  })
  return isConfirmed ? list : undefined
}

const endList = ({ deps, opened: { journal } }: Resetting, { number }: ResetList): void => {
  journal.resets.drop(number)
  journal.end(number, { state: 'failed', evidence: 'replaced' }, deps.clock.epochMs())
}

/** @returns undefined for a dry run */
const begin = (
  resetting: Resetting,
  { who, identity, links }: Wish,
  unfinished: ResetList | undefined,
): Promise<ResetList | undefined> => {
  const { deps, opened, hook, closedAt } = resetting
  const { journal } = opened
  const now = deps.clock.epochMs()
  const question = { state: deps.options.state, org: deps.org, now, closedAt }
  return withChosen(who, question, async ({ count, people, leftOut }) => {
    const start = { count, left: count, leftOut, links, isGoingOn: false }
    if (!(await confirmStart(resetting, start))) return undefined
    if (unfinished) endList(resetting, unfinished)
    return journal.resets.begin({ who: identity, links }, people, () =>
      journal.begin({ step: 'reset', hook: toJournalled(hook), people: count }, now),
    )
  })
}

/** @returns whether the list was done before: its file of links then takes no other list */
const tellDone = ({ deps, opened: { journal } }: Resetting, { identity, links }: Wish): boolean => {
  const list = links !== null && hasLinks(links) && doneList(journal, { identity, links })
  if (!list) return false
  const counts = journal.resets.counts(list.number)
  const { list: path } = deps.options
  deps.print(`${DONE}${describeResetSummary(counts, path)}`, {
    event: 'summary',
    ...toResetObject(counts, path),
  })
  return true
}

/** @returns undefined for a dry run, and where nothing is left to do */
export const findList = async (resetting: Resetting): Promise<ResetList | undefined> => {
  const { deps, opened } = resetting
  const wish = await readWish(deps.options)
  const unfinished = unfinishedList(opened.journal)
  const isSame = unfinished?.who === wish.identity && unfinished.links === wish.links
  if (!isSame && tellDone(resetting, wish)) return undefined
  const hasSent = isSame && opened.journal.resets.hasSent(unfinished.number)
  if (wish.links !== null) checkLinksFile(wish.links, hasSent)
  return isSame ? goOn(resetting, unfinished) : begin(resetting, wish, unfinished)
}
