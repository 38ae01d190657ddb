/** Reads what a plan is made from: the hook, the newest status, the policies, and the replicas and the store where asked for. */
import { readSavedReport, type SavedReport } from '../../campaign/state/saved-report.ts'
import { openCampaignState } from '../../campaign/state/state-file.ts'
import { whyUnusable } from '../../cutoff/people.ts'
import { readTemplate } from '../../cutoff/purge/template.ts'
import type { PlanFacts } from '../../cutoff/readiness.ts'
import { askReplicas } from '../../cutoff/replicas.ts'
import { countLikely } from '../../cutoff/reset/choose.ts'
import { AppError } from '../../errors/errors.ts'
import { HOOK_PATH } from '../../hook/app.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import { findHooks } from '../../okta/api/inline-hooks.ts'
import { listLinkLives, POLICY_SCOPES } from '../../okta/api/password-policies.ts'
import { ifGranted, NotGranted } from '../../okta/errors/rejection.ts'
import type { CutOffDeps } from './open.ts'
import type { PlanOptions } from './options.ts'
import type { PlanReport } from './plan-report.ts'
import { prepareTarget, readAudited, readTarget } from './purge/read.ts'
import { purgeSettings } from './purge/settings.ts'

const readLikely = (report: SavedReport | undefined, path: string): number | string => {
  if (!report) return 'There is no status that can be used.'
  const state = openCampaignState(path)
  try {
    return countLikely(state, report)
  } finally {
    state.close()
  }
}

/** The statement is of no use to anybody but the purge, so what is wrong with it is a finding, and no failure. */
const tryPurge = async ({
  context,
  options: { sql, hashColumn, map },
}: CutOffDeps<PlanOptions>): Promise<PlanFacts['purge']> => {
  if (sql === undefined) return { isTried: false }
  const { store } = purgeSettings({ context })
  const state = openCampaignState('')
  try {
    const template = readTemplate(sql, hashColumn)
    await readTarget(store, await prepareTarget(store, template), state.db)
    await readAudited(store, template, { map }, state.db)
    return { isTried: true }
  } catch (err) {
    if (!(err instanceof AppError) || err.code !== 'purge_sql_invalid') throw err
    return { isTried: true, flaw: err.detail ?? '' }
  } finally {
    state.close()
  }
}

/** @param known which other applications use the hashes, as an earlier plan was told */
export const readFacts = async (
  deps: CutOffDeps<PlanOptions>,
  known: string | undefined,
): Promise<PlanReport['facts']> => {
  const { client, context, options, org, clock } = deps
  const newest = readSavedReport(options.state)
  const whyNoStatus = whyUnusable(newest, { org, now: clock.epochMs() })
  const hooks = await findHooks(client)
  const lives = await ifGranted(() => listLinkLives(client.withScopes(POLICY_SCOPES)))
  const report = whyNoStatus === undefined ? newest : undefined
  return {
    hooks,
    url: options.url,
    path: HOOK_PATH,
    report,
    replicas: await askReplicas(fetchFrom(context.env), options.replica),
    purge: await tryPurge(deps),
    likely: readLikely(report, options.state),
    whyNoStatus,
    linkLives: lives instanceof NotGranted ? undefined : lives,
    whyNoPolicies: lives instanceof NotGranted ? lives.why : undefined,
    otherApps: options.otherApps ?? known,
  }
}
