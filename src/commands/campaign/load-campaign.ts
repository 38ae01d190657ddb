/** Opens what a count reads, loads the state of the campaign with it, and closes it again. */
import { findAccountColumns, type AccountColumns } from '../../audit/accounts/columns.ts'
import { createJudge } from '../../audit/accounts/verdict.ts'
import type { AccountsDeps } from '../../campaign/loading/accounts.ts'
import {
  createLoading,
  LOADING_PHASES,
  type LoadedState,
  type LoadingProgress,
} from '../../campaign/loading/load.ts'
import type { CampaignState } from '../../campaign/state/state-file.ts'
import type { Clock } from '../../clock.ts'
import { nativeUsersOf } from '../../import/journal/native-users.ts'
import { fitting } from '../../import/report/progress.ts'
import type { Source } from '../../import/sources/source.ts'
import { listUsers, type OktaUser } from '../../okta/api/users.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { describeWait } from '../../okta/client/wait.ts'
import { describePlace, openAccounts } from '../audit/open.ts'
import type { CommandContext } from '../context.ts'
import { DEFAULT_CONCURRENCY, openOkta } from '../okta-options.ts'
import type { ProgressDisplay, ProgressView } from '../terminal/progress-display.ts'
import { runWithProgress } from '../terminal/run-with-progress.ts'
import { openDecisions, type OpenedDecisions } from './open-decisions.ts'
import type { CampaignOptions } from './options.ts'
import type { CampaignSettings } from './settings.ts'

/** What a command adds of its own. */
export interface CampaignWish {
  readonly lastLogin?: string | undefined
  readonly changedColumn?: (source: Source) => string | undefined
  readonly profileOf?: (source: Source, columns: AccountColumns) => AccountsDeps['profileOf']
  readonly attributesOf?: (user: OktaUser) => string
}

export interface CampaignSources {
  readonly org: string
  /** In words; undefined where there is none. */
  readonly store: string | undefined
  readonly ledger: string | undefined
  /** Why there is no ledger. */
  readonly noLedger: string | undefined
}

export interface LoadedCampaign extends LoadedState {
  readonly sources: CampaignSources
}

const PAGE = 200

/** Without a filter, Okta leaves out the deactivated. */
async function* everyUser(client: OktaClient): AsyncGenerator<OktaUser> {
  yield* listUsers(client, { limit: PAGE })
  yield* listUsers(client, { limit: PAGE, filter: 'status eq "DEPROVISIONED"' })
}

function* nativesIn(paths: readonly string[], orgUrl: string, notify: (text: string) => void) {
  for (const path of paths) {
    let count = 0
    for (const id of nativeUsersOf(path, orgUrl)) {
      count++
      yield id
    }
    if (count === 0) notify(`${path} has no users who were imported with their hash into this org.`)
  }
}

const viewOf = (
  { phase, done }: LoadingProgress,
  client: OktaClient,
  clock: Clock,
): ProgressView => {
  const text = done === 0 ? LOADING_PHASES[phase] : `${done} ${LOADING_PHASES[phase]}`
  const wait = phase === 'users' ? describeWait(client.rateLimitStatus, clock.now()) : undefined
  const lines = [text, wait].filter((line) => line !== undefined)
  return {
    live: (columns) => lines.map((line) => fitting(columns, line)),
    line: () => lines.join('; '),
    event: () => ({ event: 'progress', phase, done, waitingFor: wait }),
  }
}

interface Opened {
  readonly source: Source | undefined
  readonly ledger: OpenedDecisions | undefined
  readonly client: OktaClient
}

const accountsOf = (
  source: Source,
  ledger: OpenedDecisions | undefined,
  settings: CampaignSettings,
  { map }: CampaignOptions,
  wish: CampaignWish,
): AccountsDeps => {
  const columns = findAccountColumns(source, { map, lastLogin: wish.lastLogin })
  return {
    rows: source.rows,
    columns,
    judge: createJudge({ columns, hashes: settings.hashes, prepare: undefined }),
    namesOf: ledger?.namesOf,
    changedColumn: wish.changedColumn?.(source),
    profileOf: wish.profileOf?.(source, columns),
  }
}

export interface LoadCampaignDeps {
  readonly host: CommandContext
  readonly clock: Clock
  readonly display: ProgressDisplay
  readonly state: CampaignState
  readonly settings: CampaignSettings
}

const run = async (
  { host, clock, display, state, settings }: LoadCampaignDeps,
  { source, ledger, client }: Opened,
  options: CampaignOptions,
  wish: CampaignWish,
): Promise<LoadedState | undefined> => {
  const { attributesOf } = wish
  const loading = createLoading({
    ...{ state, clock, decisions: ledger?.decisions },
    accounts: source && accountsOf(source, ledger, settings, options, wish),
    users: { users: everyUser(client), namesOf: ledger?.namesOf, attributesOf },
    natives: nativesIn(options.journal, client.orgUrl, display.notify),
  })
  const view = (): ProgressView => viewOf(loading.progress, client, clock)
  const { end, isInterrupted } = await runWithProgress({ host, run: loading, display, view })
  return isInterrupted ? undefined : end
}

const SCOPES = ['okta.users.read']

/** @returns undefined if a signal came first */
export const loadCampaign = async (
  deps: LoadCampaignDeps,
  options: CampaignOptions,
  wish: CampaignWish,
): Promise<LoadedCampaign | undefined> => {
  const { host, display, settings } = deps
  const { share, verbose, legacy } = options
  const pacing = { share, concurrency: DEFAULT_CONCURRENCY, onCall: verbose && display.log }
  const client = openOkta(host, { scopes: SCOPES, ...pacing })
  const opened = await openDecisions(settings.ledger)
  const ledger = typeof opened === 'string' ? undefined : opened
  try {
    const hasAccounts = settings.store !== undefined || legacy !== undefined
    const source = hasAccounts ? await openAccounts(options, settings.store) : undefined
    try {
      const loaded = await run(deps, { source, ledger, client }, options, wish)
      if (!loaded) return undefined
      const sources = {
        org: client.orgUrl,
        store: hasAccounts ? describePlace(options, settings.store) : undefined,
        ledger: ledger?.name,
        noLedger: typeof opened === 'string' ? opened : undefined,
      }
      return { ...loaded, sources }
    } finally {
      source?.close()
    }
  } finally {
    ledger?.close()
  }
}
