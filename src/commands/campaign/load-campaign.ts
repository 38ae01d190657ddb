/** Opens what a count reads, loads the state of the campaign with it, and closes it again. */
import { createHash } from 'node:crypto'
import type { LoadedState } from '../../campaign/loading/load.ts'
import { MustReadAll } from '../../campaign/loading/quick.ts'
import type { LedgerSize } from '../../ledger/database/upkeep.ts'
import { describePlace } from '../audit/open.ts'
import { DEFAULT_CONCURRENCY, openOkta } from '../okta-options.ts'
import { loadFully } from './load-fully.ts'
import { loadQuickly } from './load-quickly.ts'
import { openDecisions } from './open-decisions.ts'
import type { CampaignOptions } from './options.ts'
import type { Campaign, CampaignWish, LoadCampaignDeps } from './run-loading.ts'
import type { CampaignSettings } from './settings.ts'

export interface CampaignSources {
  readonly org: string
  /** In words; undefined where there is none. */
  readonly store: string | undefined
  readonly ledger: string | undefined
  /** Undefined where the database does not say. */
  readonly ledgerSize: LedgerSize | undefined
  /** Why there is no ledger. */
  readonly noLedger: string | undefined
}

export interface LoadedCampaign extends LoadedState {
  readonly sources: CampaignSources
  /** Why everything was read where only changes were to be. */
  readonly notQuick?: string | undefined
}

/** Equal where the accounts are read from the same place, in the same way. */
const accountsKeyOf = (
  { store }: CampaignSettings,
  options: CampaignOptions,
  { asked = [] }: CampaignWish,
): string => {
  const place = describePlace(options, store)
  const how = JSON.stringify([place, store?.allSql, [...options.map], ...asked])
  return createHash('sha256').update(how).digest('hex')
}

type Loaded = Pick<LoadedCampaign, 'notQuick'> & { readonly state: LoadedState | undefined }

const loadBest = async (campaign: Campaign): Promise<Loaded> => {
  if (!campaign.wish.isQuick) return { state: await loadFully(campaign) }
  try {
    return { state: await loadQuickly(campaign) }
  } catch (err) {
    if (!(err instanceof MustReadAll)) throw err
    campaign.deps.display.notify(`Reading all users, because ${err.message}.`)
    return { state: await loadFully(campaign), notQuick: err.message }
  }
}

const SCOPES = ['okta.users.read']

/** @returns undefined if a signal came first */
export const loadCampaign = async (
  deps: LoadCampaignDeps,
  options: CampaignOptions,
  wish: CampaignWish,
): Promise<LoadedCampaign | undefined> => {
  const { host, display, settings, state } = deps
  const { share, verbose, legacy } = options
  const pacing = { share, concurrency: DEFAULT_CONCURRENCY, onCall: verbose && display.log }
  const client = openOkta(host, { scopes: SCOPES, ...pacing })
  const opened = await openDecisions(settings.ledger, deps.clock)
  const ledger = typeof opened === 'string' ? undefined : opened
  try {
    const accountsKey = accountsKeyOf(settings, options, wish)
    const before = state.origin()
    const loaded = await loadBest({ deps, options, wish, client, ledger, before, accountsKey })
    if (!loaded.state) return undefined
    // Asked last: what can be counted does not depend on it.
    const ledgerSize = await ledger?.size().catch(() => undefined)
    const hasAccounts = settings.store !== undefined || legacy !== undefined
    const sources = {
      org: client.orgUrl,
      store: hasAccounts ? describePlace(options, settings.store) : undefined,
      ledger: ledger?.name,
      ledgerSize,
      noLedger: typeof opened === 'string' ? opened : undefined,
    }
    return { ...loaded.state, notQuick: loaded.notQuick, sources }
  } finally {
    ledger?.close()
  }
}
