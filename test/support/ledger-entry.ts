/** Entries of a ledger, each for a separate decision. */
import type { LedgerEntry } from '../../src/ledger/entry.ts'

let made = 0

export const entry = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  eventId: `decision-${++made}`,
  oktaEventId: `event-${made}`,
  person: 'person',
  callerGone: false,
  decidedAt: '2026-10-01T12:00:00.000Z',
  account: 'account',
  outcome: 'UNVERIFIED',
  reason: 'mismatch',
  hashFamily: 'bcrypt',
  hashCost: 10,
  waitMs: 0.5,
  runMs: 51.2,
  replica: 'replica-a',
  ...more,
})
