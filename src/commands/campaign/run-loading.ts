/** Runs a loading of the state with its progress, and has what the ways to load share. */
import type { AccountColumns } from '../../audit/accounts/columns.ts'
import type { AccountsDeps } from '../../campaign/loading/accounts.ts'
import {
  createLoading,
  LOADING_PHASES,
  type Load,
  type LoadedState,
  type LoadingProgress,
} from '../../campaign/loading/load.ts'
import type { StateOrigin } from '../../campaign/state/origin.ts'
import type { CampaignState } from '../../campaign/state/state-file.ts'
import type { Clock } from '../../clock.ts'
import { nativeUsersOf } from '../../import/journal/native-users.ts'
import { fitting } from '../../import/report/progress.ts'
import type { Source } from '../../import/sources/source.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { describeWait } from '../../okta/client/wait.ts'
import type { CommandContext } from '../context.ts'
import type { ProgressDisplay, ProgressView } from '../terminal/progress-display.ts'
import { COUNTS_NOTHING, runWithProgress } from '../terminal/run-with-progress.ts'
import type { OpenedDecisions } from './open-decisions.ts'
import type { CampaignOptions } from './options.ts'
import type { CampaignSettings } from './settings.ts'

/** What a command adds of its own. */
export interface CampaignWish {
  readonly lastLogin?: string | undefined
  readonly changedColumn?: (source: Source) => string | undefined
  readonly waveColumn?: (source: Source, columns: AccountColumns) => string | undefined
  /** The names of columns that were asked for: for others, the accounts must be read again. */
  readonly asked?: readonly (string | undefined)[]
  readonly profileOf?: (source: Source, columns: AccountColumns) => AccountsDeps['profileOf']
  readonly attributesOf?: (user: OktaUser) => string
  /** Whether to read changes only, where that is possible. */
  readonly isQuick?: boolean | undefined
}

export interface LoadCampaignDeps {
  readonly host: CommandContext
  readonly clock: Clock
  readonly display: ProgressDisplay
  readonly state: CampaignState
  readonly settings: CampaignSettings
}

/** What both ways to load need. */
export interface Campaign {
  readonly deps: LoadCampaignDeps
  readonly options: CampaignOptions
  readonly wish: CampaignWish
  readonly client: OktaClient
  readonly ledger: OpenedDecisions | undefined
  readonly before: StateOrigin | undefined
  readonly accountsKey: string
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

export const nativesOf = ({ deps, options, client }: Campaign) =>
  nativesIn(options.journal, client.orgUrl, deps.display.notify)

const OKTA_PHASES: readonly LoadingProgress['phase'][] = ['users', 'events', 'changed']

const viewOf = (
  { phase, done }: LoadingProgress,
  client: OktaClient,
  clock: Clock,
): ProgressView => {
  const text = done === 0 ? LOADING_PHASES[phase] : `${done} ${LOADING_PHASES[phase]}`
  const wait = OKTA_PHASES.includes(phase)
    ? describeWait(client.rateLimitStatus, clock.now())
    : undefined
  const lines = [text, wait].filter((line) => line !== undefined)
  return {
    live: (columns) => lines.map((line) => fitting(columns, line)),
    line: () => lines.join('; '),
    event: () => ({ event: 'progress', phase, done, waitingFor: wait }),
  }
}

/** @returns undefined if a signal came first */
export const runLoading = async (
  campaign: Campaign,
  load: Load,
): Promise<LoadedState | undefined> => {
  const { client } = campaign
  const { host, clock, display, state } = campaign.deps
  const loading = createLoading(state, load)
  const view = (): ProgressView => viewOf(loading.progress, client, clock)
  const { end, isInterrupted } = await runWithProgress({
    ...{ host, run: loading, display, view, words: COUNTS_NOTHING },
  })
  return isInterrupted ? undefined : end
}
