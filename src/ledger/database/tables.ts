/** The ledger's tables as its statements use them. */
import { sql, type Generated } from 'kysely'

/**
 * The outcome of an unlock, which is a row among the decisions. A program that does not know it passes over it: it
 * asks for VERIFIED or for UNVERIFIED.
 */
export const UNLOCKED = 'UNLOCKED'

/** Every outcome: an index on a name, an outcome and a time finds the newest of each. */
export const OUTCOMES = ['VERIFIED', 'UNVERIFIED', UNLOCKED] as const

/** As Kysely sees them. */
export interface LedgerTables {
  ledger_decisions: {
    /** PostgreSQL's driver has 64-bit numbers as text. */
    id: Generated<number | string>
    /** The decision's own id; in rows of versions without `okta_event_id`, that of Okta's call. */
    event_id: string
    okta_event_id: string | null
    person: string | null
    /** 1 where the caller had hung up, 0 where not. */
    caller_gone: number | null
    decided_at: string
    account: string
    outcome: string
    reason: string
    hash_family: string | null
    hash_cost: number | null
    wait_ms: number
    run_ms: number
    replica: string
    /** Who wrote an unlock, and the reason that was given; NULL in every decision of a server. */
    actor: string | null
    note: string | null
  }
  ledger_accounts: { account: string; confirmed_at: string | null }
  ledger_reports: {
    id: Generated<number | string>
    made_at: string
    /** Of the org that it is about. */
    name: string
    body: string
  }
  ledger_events: {
    id: Generated<number | string>
    /** Okta's. */
    uuid: string
    event_type: string
    published_at: string
  }
}

/** Okta's retry at another replica is one event and two decisions. An unlock is one event, with a row for each login. */
export const eventIn = sql<string>`coalesce(okta_event_id, event_id)`
