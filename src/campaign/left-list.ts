/** Writes the list of those who have not moved: the last seen first, since they are the likeliest to come. */
import type { NewFile } from '../audit/accounts/files.ts'
import { spreadsheetLine } from '../text/csv-line.ts'
import { numberOf, timesOf } from '../text/figure.ts'
import type { Seen } from './foretell.ts'
import type { CampaignState } from './state/state-file.ts'
import { canCome, sqlList, STATES, statesIn, type PersonState } from './state/states.ts'

interface LeftRow extends Seen {
  readonly login: string
  readonly oktaId: string
  readonly state: PersonState
  readonly blocked: string | null
  readonly verified: number
  readonly unverified: number
}

const LEFT = `
  SELECT coalesce(okta_login, legacy_login) AS login, okta_id AS oktaId, state, last_seen AS lastSeen, created, blocked,
         verified, unverified
    FROM people WHERE state IN (${sqlList(statesIn('not moved'))})
   ORDER BY last_seen DESC NULLS LAST, login`

/** With what is known of this person. */
const reasonOf = ({ state, blocked, verified, unverified }: LeftRow): string => {
  if (state === 'blocked') return blocked ?? ''
  if (state === 'again') return `${STATES.again.words} (${timesOf(verified)})`
  if (state === 'tried') return `${STATES.tried.words} (${numberOf(unverified, 'attempt')})`
  return STATES[state].words
}

/** @param chanceOf see `foretell` */
export const writeLeftList = (
  db: CampaignState['db'],
  file: NewFile,
  chanceOf: ((person: Seen) => number) | undefined,
): void => {
  file.write(spreadsheetLine(['login', 'okta_id', 'state', 'last_seen', 'chance', 'reason']))
  for (const row of db.prepare<[], LeftRow>(LEFT).iterate()) {
    const { login, oktaId, state, lastSeen } = row
    const seen = lastSeen === null ? '' : new Date(lastSeen).toISOString()
    const chance = canCome(state) ? chanceOf?.(row).toFixed(3) : undefined
    file.write(spreadsheetLine([login, oktaId, state, seen, chance ?? '', reasonOf(row)]))
  }
}
