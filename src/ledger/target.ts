/** Where the ledger is: its URL, and the words for it in a log. */
import { describeAddress, parseAddress, transportWarnings, type Address } from '../sql/address.ts'
import { databaseKindOf } from '../sql/kinds.ts'

/** Where the ledger is. */
export interface LedgerTarget {
  /** As LEDGER_DB_URL. */
  readonly url: string
  /** PEM certificates to trust for a server in place of the public ones. */
  readonly ca?: string | undefined
}

/** @returns undefined for a SQLite file @throws AppError `ledger_unusable` for a URL that cannot be used */
export const ledgerServer = ({
  url,
  ca,
}: LedgerTarget): { kind: 'postgres' | 'mysql'; address: Address } | undefined => {
  const kind = databaseKindOf(url)
  if (kind === 'sqlite') return undefined
  if (!kind) throw new TypeError('not a URL of a ledger')
  return { kind, address: parseAddress(url, { prefix: 'LEDGER_DB', ca }) }
}

/**
 * Where the ledger is, in words that may be logged, and warnings about the connection to it.
 * @throws AppError `ledger_unusable` for a URL that cannot be used
 */
export const describeLedgerTarget = (target: LedgerTarget) => {
  const server = ledgerServer(target)
  if (!server) return { name: target.url, warnings: [] }
  const { address } = server
  return { name: describeAddress(address), warnings: transportWarnings(address, 'LEDGER_DB') }
}
