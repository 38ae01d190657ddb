/** Writes an unlock: a row for each login of a person, after which replicas count its wrong guesses anew. */
import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import { storable, MAX_ACCOUNT_LENGTH } from '../entry.ts'
import type { LedgerKind } from './schema.ts'
import { UNLOCKED, type LedgerTables } from './tables.ts'

/** Each lets somebody guess once more as often as GUESS_LIMIT says. */
export const UNLOCKS_A_DAY = 3

export interface UnlockRequest {
  readonly person: string
  /** Names of logins, each once: the person's guesses count under each of them. */
  readonly accounts: readonly string[]
  /** ISO 8601, UTC. */
  readonly at: string
  readonly actor: string
  readonly note: string
  /** The machine. */
  readonly replica: string
}

type Db = Kysely<LedgerTables>

/** At most as long as a login may be, which is what the columns take. */
const shown = (text: string): string => storable(text, MAX_ACCOUNT_LENGTH)

const rowsFor = ({ person, accounts, at, actor, note, replica }: UnlockRequest, slot: string) => {
  const event = randomUUID()
  return accounts.map((account, i) => ({
    // Unique: only one unlock can have the slot, even if two people unlock at one time.
    event_id: i === 0 ? slot : `${slot} ${i}`,
    okta_event_id: event,
    person,
    caller_gone: 0,
    decided_at: at,
    account,
    outcome: UNLOCKED,
    reason: 'unlocked',
    hash_family: null,
    hash_cost: null,
    wait_ms: 0,
    run_ms: 0,
    replica: shown(replica),
    actor: shown(actor),
    note: shown(note),
  }))
}

type Rows = ReturnType<typeof rowsFor>

/** @returns whether the rows are there; not so if another unlock has the slot */
const insert = (db: Db, kind: LedgerKind, rows: Rows): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const [first, ...rest] = rows
    if (!first) return false
    const statement = trx.insertInto('ledger_decisions').values(first)
    await (
      kind === 'mysql'
        ? statement.onDuplicateKeyUpdate({ event_id: sql.ref('event_id') })
        : statement.onConflict((on) => on.column('event_id').doNothing())
    ).execute()
    const owner = await trx
      .selectFrom('ledger_decisions')
      .select('okta_event_id')
      .where('event_id', '=', first.event_id)
      .executeTakeFirst()
    if (owner?.okta_event_id !== first.okta_event_id) return false
    if (rest.length > 0) await trx.insertInto('ledger_decisions').values(rest).execute()
    return true
  })

/** @returns as `LedgerHistory.unlock` */
export const createUnlock =
  (db: Db, kind: LedgerKind) =>
  async (request: UnlockRequest): Promise<number | undefined> => {
    const day = request.at.slice(0, 10)
    for (let n = 1; n <= UNLOCKS_A_DAY; n++) {
      const slot = `unlock ${request.person} ${day} ${n}`
      if (await insert(db, kind, rowsFor(request, slot))) return n
    }
    return undefined
  }
