/** Opens the ledger for a count: its decisions, and the names that it may have for a person. */
import { existsSync } from 'node:fs'
import type { NamesOf } from '../../campaign/loading/accounts.ts'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { describeLedgerTarget, type LedgerTarget } from '../../ledger/target.ts'
import { allDecisions, openHistory, type PastDecision } from '../../ledger/database/history.ts'
import type { LedgerSize } from '../../ledger/database/upkeep.ts'
import { loginKey } from '../../legacy/store.ts'
import { foldLogin } from '../../login.ts'
import { fingerprint } from '../../ops/log.ts'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import { DEFAULT_LEDGER } from '../ledger-settings.ts'
import { openCurrent } from '../open-ledger.ts'
import type { CampaignLedger } from './settings.ts'

export interface OpenedDecisions {
  /** In words. */
  readonly name: string
  readonly decisions: () => AsyncIterable<PastDecision>
  readonly size: () => Promise<LedgerSize | undefined>
  readonly namesOf: NamesOf
  readonly close: () => void
}

/** An export can write an id otherwise than the hook's driver returns it: 7.0 for 7, and bytes with \x or 0x before them. */
const formsOf = (id: string): readonly string[] => {
  const whole = /^(-?\d+)\.0+$/.exec(id)?.[1]
  const bytes = /^(?:\\x|0x)((?:[\da-f]{2})+)$/i.exec(id)?.[1]?.toLowerCase()
  return [id, whole, bytes].filter((form) => form !== undefined)
}

/** As it is looked up; and as Okta compares it, since a person with é in their login can sign in with e. */
const typedForms = (login: string): readonly string[] => {
  if (login === '') return []
  const folded = foldLogin(login)
  return folded === login ? [login] : [login, folded]
}

/**
 * The id or the login as the hook names people, and the login as earlier versions named accounts. A store that verifies by
 * itself has no ids, so there the person is the login, also where the accounts have ids. The two kinds of names cannot
 * meet, and a row that has both is one person.
 */
export const createNamesOf = (keys: readonly string[]): NamesOf => {
  const makers = keys.flatMap((key) => [
    { person: fingerprint(key, 'person'), account: fingerprint(key) },
  ])
  return (id, login) => [
    ...makers.flatMap(({ person, account }) => [
      ...(id === undefined ? [] : formsOf(id).map((form) => person(`id ${form}`))),
      ...typedForms(login).flatMap((form) => [person(loginKey(form)), account(form)]),
    ]),
    ...typedForms(login),
  ]
}

const isThere = ({ url }: LedgerTarget): boolean =>
  databaseKindOf(url) !== 'sqlite' || existsSync(sqlitePath(url))

/**
 * @returns why there is none, where there is none
 * @throws AppError `ledger_…`
 */
export const openDecisions = async (
  { target, isOff, keys }: CampaignLedger,
  clock: Clock,
): Promise<OpenedDecisions | string> => {
  const used = target ?? { url: DEFAULT_LEDGER }
  if (isOff) return 'LEDGER_DB_URL is off'
  if (!isThere(used)) {
    if (!target) return 'LEDGER_DB_URL is not set'
    throw new AppError('ledger_absent', { detail: `${used.url} does not exist.` })
  }
  if (keys.length === 0) return 'FINGERPRINT_KEY is not set'
  const history = await openCurrent(openHistory(used, true), clock)
  return {
    name: describeLedgerTarget(used).name,
    decisions: () => allDecisions(history),
    size: () => history.size(),
    namesOf: createNamesOf(keys),
    close: history.cut,
  }
}
