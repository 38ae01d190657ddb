/** Writes the two lists of an audit, who is blocked and who goes which way, and counts. */
import { spreadsheetLine } from '../../text/csv-line.ts'
import type { NewFile } from './files.ts'
import type { Note } from './read-accounts.ts'
import { BLOCKED_REASONS } from './reasons.ts'
import { createTally, type Tally } from './tally.ts'
import { withAmbiguity, type Verdict } from './verdict.ts'

/** How the lists begin. */
export const OWN_LIST = /^id,login,(?:route|reason),/

export interface Lists {
  readonly routes: NewFile
  readonly blocked: NewFile
}

export interface Listed extends Tally {
  /** Accounts that share their login with another one, disabled ones too. */
  readonly repeatedAccounts: number
}

export const writeLists = async (
  notes: AsyncIterable<Note>,
  { routes, blocked }: Lists,
  onNote: (count: number) => void,
): Promise<Listed> => {
  const tally = createTally()
  const ambiguous = new Map<Verdict, Verdict>()
  const settle = ({ verdict, isRepeated }: Note): Verdict => {
    if (!isRepeated) return verdict
    const settled = ambiguous.get(verdict) ?? withAmbiguity(verdict)
    ambiguous.set(verdict, settled)
    return settled
  }
  let [count, repeatedAccounts] = [0, 0]
  routes.write(spreadsheetLine(['id', 'login', 'route', 'reason']))
  blocked.write(spreadsheetLine(['id', 'login', 'reason', 'what_to_do']))
  for await (const note of notes) {
    const { key, login, isRepeated } = note
    const verdict = settle(note)
    tally.add(verdict, key)
    onNote(++count)
    if (isRepeated) repeatedAccounts++
    routes.write(spreadsheetLine([key, login, verdict.route, verdict.reason]))
    const { blocked: reason, advice } = verdict
    if (reason === undefined) continue
    blocked.write(spreadsheetLine([key, login, reason, advice ?? BLOCKED_REASONS[reason].advice]))
  }
  return { ...tally.read(), repeatedAccounts }
}
