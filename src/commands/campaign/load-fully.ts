/** Loads the state of the campaign anew: all accounts of the legacy store, and all users of the org. */
import { findAccountColumns } from '../../audit/accounts/columns.ts'
import { createJudge } from '../../audit/accounts/verdict.ts'
import type { AccountsDeps } from '../../campaign/loading/accounts.ts'
import { loadAll, type LoadedState } from '../../campaign/loading/load.ts'
import type { Source } from '../../import/sources/source.ts'
import { listUsers, type OktaUser } from '../../okta/api/users.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { openAccounts } from '../audit/open.ts'
import type { OpenedDecisions } from './open-decisions.ts'
import type { CampaignOptions } from './options.ts'
import { nativesOf, runLoading, type Campaign, type CampaignWish } from './run-loading.ts'
import type { CampaignSettings } from './settings.ts'

const PAGE = 200

/** Without a filter, Okta leaves out the deactivated. */
async function* everyUser(client: OktaClient): AsyncGenerator<OktaUser> {
  yield* listUsers(client, { limit: PAGE })
  yield* listUsers(client, { limit: PAGE, filter: 'status eq "DEPROVISIONED"' })
}

const accountsOf = (
  source: Source,
  ledger: OpenedDecisions | undefined,
  settings: CampaignSettings,
  { map, legacy }: CampaignOptions,
  wish: CampaignWish,
): AccountsDeps => {
  const columns = findAccountColumns(source, { map, legacy, lastLogin: wish.lastLogin })
  return {
    rows: source.rows,
    columns,
    judge: createJudge({ columns, hashes: settings.hashes, prepare: undefined }),
    namesOf: ledger?.namesOf,
    changedColumn: wish.changedColumn?.(source),
    waveColumn: wish.waveColumn?.(source, columns),
    profileOf: wish.profileOf?.(source, columns),
  }
}

/** @returns undefined if a signal came first */
export const loadFully = async (campaign: Campaign): Promise<LoadedState | undefined> => {
  const { deps, options, wish, client, ledger, before, accountsKey } = campaign
  const { settings, clock } = deps
  const hasAccounts = settings.store !== undefined || options.legacy !== undefined
  const source = hasAccounts ? await openAccounts(options, settings, deps.host) : undefined
  try {
    const load = loadAll({
      ...{ org: client.orgUrl, accountsKey, before, clock, decisions: ledger?.decisions },
      accounts: source && accountsOf(source, ledger, settings, options, wish),
      users: {
        users: everyUser(client),
        namesOf: ledger?.namesOf,
        attributesOf: wish.attributesOf,
      },
      natives: nativesOf(campaign),
    })
    return await runLoading(campaign, load)
  } finally {
    source?.close()
  }
}
