/** Performs `plan`: sends nothing, says what is not ready, and records whether anything is. */
import { existsSync } from 'node:fs'
import { settleOpen } from '../../cutoff/hook-state.ts'
import { openCutOffJournal, type CutOffJournal } from '../../cutoff/journal.ts'
import { toJournalled } from '../../cutoff/own-hook.ts'
import { findUnready } from '../../cutoff/readiness.ts'
import type { CutOffDeps } from './open.ts'
import type { PlanOptions } from './options.ts'
import { readFacts } from './plan-facts.ts'
import { describePlan, toPlanObject, type PlanReport } from './plan-report.ts'

export const OTHER_APPS = 'other applications'

const record = (
  { clock, options }: CutOffDeps<PlanOptions>,
  journal: CutOffJournal,
  { facts: { hooks, report }, isReady }: PlanReport,
): void => {
  const { otherApps } = options
  if (otherApps !== undefined) journal.set(OTHER_APPS, otherApps)
  const hook = hooks[0] ? toJournalled(hooks[0]) : { hookId: '', status: '', url: '' }
  const number = journal.begin({ step: 'plan', hook, people: report?.notMoved }, clock.epochMs())
  const state = isReady ? 'done' : 'failed'
  journal.end(number, { state, evidence: 'seen' }, clock.epochMs())
}

const plan = async (
  deps: CutOffDeps<PlanOptions>,
  journal: CutOffJournal | undefined,
): Promise<number> => {
  const { options, org, clock, print } = deps
  const { dryRun = false } = options
  const facts = await readFacts(deps, journal?.setting(OTHER_APPS))
  if (journal && !dryRun) settleOpen(journal, facts.hooks, clock)
  const findings = findUnready(facts, options.accept)
  const isReady = findings.every(({ isAccepted }) => isAccepted)
  const report: PlanReport = { org, at: clock.epochMs(), facts, findings, isReady }
  if (journal && !dryRun) record(deps, journal, report)
  print(describePlan(report), toPlanObject(report))
  return isReady ? 0 : 1
}

export const runPlan = async (deps: CutOffDeps<PlanOptions>): Promise<number> => {
  const { options, okta } = deps
  const isNone = options.dryRun && !existsSync(options.journal)
  const journal = isNone ? undefined : openCutOffJournal(options.journal, okta.orgUrl)
  try {
    return await plan(deps, journal)
  } finally {
    journal?.close()
  }
}
