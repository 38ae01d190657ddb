/** Says in words which rows of the accounts cannot be read. */
import type { AccountsLoaded } from '../../campaign/loading/accounts.ts'
import { figure } from '../../text/figure.ts'

/** 0 where no accounts were read. */
export const unreadableCount = (accounts: AccountsLoaded | undefined): number =>
  accounts?.unreadable.count ?? 0

/** @returns such as `2 rows of the accounts cannot be read (line 4, 9)` */
export const describeUnreadable = ({ unreadable: { count, lines } }: AccountsLoaded): string => {
  const rest = count > lines.length ? ' and others' : ''
  const rows = count === 1 ? '1 row' : `${figure(count)} rows`
  return `${rows} of the accounts cannot be read (line ${lines.join(', ')}${rest})`
}
