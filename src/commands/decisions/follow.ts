/** Follows the ledger: a list, and then each new decision once, although rows of several replicas appear out of order. */
import type { LedgerHistory, PastDecision } from '../../ledger/database/history.ts'
import { createCursor, PAGE } from '../../ledger/shared-guesses.ts'

/** Less than a page: a full one would end the search for rows that appear late. */
const LOOK_BACK = PAGE / 2

/**
 * Ids are given out in one order and appear in another, so each poll reads the last five once more (`createCursor`).
 * A row that appears later than that is missed, and so is one that appears late while more than a page of decisions is
 * made between two polls. A replica that was cut off from the database adds its rows when it is back, with their old
 * times.
 * @param list the decisions to begin with
 */
export const createFollower = async (
  history: Pick<LedgerHistory, 'after' | 'lastId'>,
  list: () => Promise<PastDecision[]>,
): Promise<{ readonly first: PastDecision[]; readonly next: () => Promise<PastDecision[]> }> => {
  const last = await history.lastId()
  const cursor = createCursor(Math.max(0, last - LOOK_BACK))
  const read = async (): Promise<PastDecision[]> => {
    const found: PastDecision[] = []
    for (;;) {
      const page = await history.after(cursor.from, PAGE)
      found.push(...cursor.accept(page))
      if (page.length < PAGE) return found
    }
  }
  // What is there now is of the past, whether the list has it or not. What comes before the list is made is in both.
  await read()
  const first = await list()
  const listed = new Set(first.map(({ id }) => id))
  return { first, next: async () => (await read()).filter(({ id }) => !listed.has(id)) }
}
