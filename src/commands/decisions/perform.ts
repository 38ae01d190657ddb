/** Performs `decisions`: prints the decisions since a time, and then, if wanted, each new one. */
import { sleep, type Clock } from '../../clock.ts'
import type { SettingsSpec } from '../../config/load.ts'
import {
  openHistory,
  type HistoryQuery,
  type LedgerHistory,
  type PastDecision,
  type Subject,
} from '../../ledger/database/history.ts'
import { readLogin } from '../../login.ts'
import { stampOf } from '../../text/local-time.ts'
import { jsonLine, printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import type { CommonOptions } from '../common-options.ts'
import { LEDGER_NAMES, parseLedgerAccess, type LedgerAccess } from '../ledger-settings.ts'
import { withLedger } from '../open-ledger.ts'
import { describeDecision, toDecisionObject } from '../who/decision-words.ts'
import { createFollower } from './follow.ts'
import { readSince } from './since.ts'

export interface DecisionsOptions extends CommonOptions {
  readonly since: string
  readonly reason?: string
  readonly login?: string
  readonly follow?: true
  readonly limit: number
}

export const DECISIONS: SettingsSpec<(typeof LEDGER_NAMES)[number], LedgerAccess> = {
  names: LEDGER_NAMES,
  parse: (input) => {
    const access = parseLedgerAccess(input)
    if ('target' in access) return access
    for (const name of ['LEDGER_DB_URL', 'FINGERPRINT_KEY'] as const) {
      if (access.includes(name)) input.report(name, 'is missing')
    }
    return undefined
  },
}

const POLL_MS = 1_000

const lineOf = (row: PastDecision): string => {
  const hash = row.hashFamily === null ? '' : `  ${row.hashFamily} ${row.hashCost ?? ''}`
  const at = stampOf(Date.parse(row.decidedAt))
  return `${at}  ${printable(row.account)}  ${describeDecision(row)}${hash}\n`
}

const print = (
  rows: readonly PastDecision[],
  { json }: DecisionsOptions,
  { stdout }: CommandContext,
): void => {
  const text = (row: PastDecision): string =>
    json ? jsonLine({ event: 'decision', ...toDecisionObject(row) }) : lineOf(row)
  for (const row of rows) stdout.write(text(row))
}

/** In words: a person who sees nothing does not know whether anything was read. */
const describeNone = ({ reason, login }: DecisionsOptions, from: number): string =>
  `No ${(reason ?? login) === undefined ? '' : 'such '}decisions since ${stampOf(from)}.\n`

const follow = async (
  history: LedgerHistory,
  isWanted: (row: PastDecision) => boolean,
  list: () => Promise<PastDecision[]>,
  show: (rows: readonly PastDecision[]) => void,
  { host, clock }: { host: CommandContext; clock: Clock },
): Promise<void> => {
  const stop = new AbortController()
  const isOver = (): boolean => stop.signal.aborted
  host.onSignal(() => stop.abort())
  const { first, next } = await createFollower(history, list)
  show(first)
  while (!isOver()) {
    await sleep(clock, POLL_MS, stop.signal).catch(() => undefined)
    if (!isOver()) show((await next()).filter(isWanted))
  }
}

export const performDecisions = async (
  options: DecisionsOptions,
  host: CommandContext,
  clock: Clock,
): Promise<number> => {
  const { target, namers } = readSettings(host, DECISIONS)
  const { since, reason, login, limit } = options
  const from = readSince(since, clock.epochMs())
  const account = login === undefined ? undefined : namers.nameLogin(readLogin(login).normalised)
  const subject: Subject | undefined =
    account === undefined ? undefined : { column: 'account', name: account }
  const query: HistoryQuery = { since: new Date(from).toISOString(), reason, limit }
  const isWanted = (row: PastDecision): boolean =>
    (reason === undefined || row.reason === reason) &&
    (account === undefined || row.account === account)
  const show = (rows: readonly PastDecision[]): void => print(rows, options, host)
  await withLedger(openHistory(target, true), clock, async (history) => {
    const oldestFirst = async () => {
      const rows = await history.newest(query, subject)
      if (rows.length === 0 && !options.json) host.stdout.write(describeNone(options, from))
      return rows.reverse()
    }
    if (options.follow) await follow(history, isWanted, oldestFirst, show, { host, clock })
    else show(await oldestFirst())
  })
  return 0
}
