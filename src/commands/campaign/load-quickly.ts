/** Brings the state of the campaign up to date with what has changed in Okta since the run before. */
import type { Load, LoadedState } from '../../campaign/loading/load.ts'
import { loadChanges, MustReadAll } from '../../campaign/loading/quick.ts'
import type { StateOrigin } from '../../campaign/state/origin.ts'
import { followLog, LOG_SCOPES, type LogStart } from '../../okta/api/system-log.ts'
import { getUser } from '../../okta/api/users.ts'
import { orMissing } from '../../okta/errors/rejection.ts'
import { nativesOf, runLoading, type Campaign } from './run-loading.ts'

const changesSince = (campaign: Campaign, before: StateOrigin): Load => {
  const { deps, options, client, ledger } = campaign
  const logs = client.withScopes(LOG_SCOPES)
  return loadChanges({
    ...{ before, clock: deps.clock, decisions: ledger?.decisions, namesOf: ledger?.namesOf },
    follow: (eventTypes: readonly string[], from: LogStart) =>
      followLog(logs, { eventTypes, result: 'SUCCESS' }, from, { untilEmpty: true }),
    getUser: (id) => orMissing(getUser((request) => client.request(request), id)),
    natives: nativesOf(campaign),
    areNatives: options.journal.length > 0,
  })
}

/**
 * @returns undefined if a signal came first
 * @throws MustReadAll
 */
export const loadQuickly = async (campaign: Campaign): Promise<LoadedState | undefined> => {
  const { before, client, accountsKey } = campaign
  if (!before) throw new MustReadAll('there is no earlier run in the file of --state')
  if (before.org !== client.orgUrl) throw new MustReadAll('the last run was of another org')
  if (before.accountsKey !== accountsKey) {
    throw new MustReadAll('the last run read the accounts from elsewhere, or in another way')
  }
  return runLoading(campaign, changesSince(campaign, before))
}
