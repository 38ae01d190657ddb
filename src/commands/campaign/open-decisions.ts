/** Opens the ledger for a count: its decisions, and the names that it may have for a person. */
import { existsSync } from 'node:fs'
import type { NamesOf } from '../../campaign/loading/accounts.ts'
import { AppError } from '../../errors/errors.ts'
import { describeLedgerTarget, type LedgerTarget } from '../../ledger/database/connection.ts'
import {
  openLedgerReplay,
  type LedgerReplay,
  type ReplayedDecision,
} from '../../ledger/database/replay.ts'
import { loginKey } from '../../legacy/store.ts'
import { fingerprint } from '../../ops/log.ts'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import { DEFAULT_LEDGER } from '../ledger-settings.ts'
import { asLedgerError } from '../open-history.ts'
import type { CampaignLedger } from './settings.ts'

export interface OpenedDecisions {
  /** In words. */
  readonly name: string
  readonly decisions: () => AsyncIterable<ReplayedDecision>
  readonly namesOf: NamesOf
  readonly close: () => void
}

/** The id or the login as the hook names people, and the login as earlier versions named accounts. */
export const createNamesOf = (keys: readonly string[]): NamesOf => {
  const makers = keys.flatMap((key) => [
    { person: fingerprint(key, 'person'), account: fingerprint(key) },
  ])
  return (id, login) => [
    ...makers.flatMap(({ person, account }) => [
      ...(id === undefined ? [] : [person(`id ${id}`)]),
      ...(login === '' ? [] : [person(loginKey(login)), account(login)]),
    ]),
    ...(login === '' ? [] : [login]),
  ]
}

async function* withOwnErrors(replay: LedgerReplay): AsyncGenerator<ReplayedDecision, void> {
  try {
    yield* replay.decisions()
  } catch (cause) {
    throw asLedgerError(cause)
  }
}

const checkSchema = async (replay: LedgerReplay): Promise<void> => {
  const isCurrent = await replay.isMigrated().catch((cause: unknown) => {
    throw asLedgerError(cause)
  })
  if (isCurrent) return
  const detail =
    'An earlier version of the hook server has written it. Start the hook server of this version once to migrate it.'
  throw new AppError('ledger_unusable', { detail })
}

const isThere = ({ url }: LedgerTarget): boolean =>
  databaseKindOf(url) !== 'sqlite' || existsSync(sqlitePath(url))

/**
 * @returns why there is none, where there is none
 * @throws AppError `ledger_…`
 */
export const openDecisions = async ({
  target,
  isOff,
  keys,
}: CampaignLedger): Promise<OpenedDecisions | string> => {
  const used = target ?? { url: DEFAULT_LEDGER }
  if (isOff) return 'LEDGER_DB_URL is off'
  if (!isThere(used)) {
    if (!target) return 'LEDGER_DB_URL is not set'
    throw new AppError('ledger_unusable', { detail: `${used.url} does not exist.` })
  }
  if (keys.length === 0) return 'FINGERPRINT_KEY is not set'
  const replay = openLedgerReplay(used)
  try {
    await checkSchema(replay)
  } catch (err) {
    replay.cut()
    throw err
  }
  return {
    name: describeLedgerTarget(used).name,
    decisions: () => withOwnErrors(replay),
    namesOf: createNamesOf(keys),
    close: replay.cut,
  }
}
