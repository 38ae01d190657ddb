/** Finds the list of people that a reset is about: one that goes on, or a new one. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readSavedReport, type SavedReport } from '../../../campaign/state/saved-report.ts'
import { openCampaignState, type CampaignState } from '../../../campaign/state/state-file.ts'
import type { CutOffJournal } from '../../../cutoff/journal.ts'
import { whyUnusable } from '../../../cutoff/people.ts'
import {
  chooseLikely,
  chooseListed,
  type Chosen,
  type WantedPerson,
} from '../../../cutoff/reset/choose.ts'
import type { ResetList } from '../../../cutoff/reset/listed.ts'
import { describeLeftOut } from './report.ts'
import { AppError } from '../../../errors/errors.ts'
import { openInputFile } from '../../../import/sources/file.ts'
import { asInputError, type SourceRow } from '../../../import/sources/source.ts'

export const LIKELY = 'likely'

const refuse = (detail: string): never => {
  throw new AppError('resets_unchosen', { detail })
}

/** What a list is known by when it goes on. */
export const identityOf = async (who: string): Promise<string> => {
  if (who === LIKELY) return LIKELY
  if (!existsSync(who)) return refuse(`There is no file ${who}.`)
  const hash = createHash('sha256')
  try {
    for await (const piece of createReadStream(who)) hash.update(piece as Buffer)
  } catch (cause) {
    throw asInputError(cause)
  }
  return hash.digest('hex')
}

/** Of the list that is not finished, if there is one. */
export const unfinishedList = (journal: CutOffJournal): ResetList | undefined => {
  const step = journal
    .steps()
    .findLast(({ step: name, state }) => name === 'reset' && state === 'open')
  return step && journal.resets.list(step.number)
}

/** The newest list that is done, of the same people and with the same file of links. */
export const doneList = (
  journal: CutOffJournal,
  { identity, links }: { readonly identity: string; readonly links: string },
): ResetList | undefined =>
  journal
    .steps()
    .filter(({ step, state }) => step === 'reset' && state === 'done')
    .map(({ number }) => journal.resets.list(number))
    .findLast((list) => list?.who === identity && list.links === links)

/** Lists for people have an apostrophe before what a spreadsheet would run as a formula. */
const bare = (text: string | undefined): string | undefined => text?.replace(/^'(?=[=+\-@])/, '')

/** @throws AppError `resets_unchosen` where two columns differ in case alone */
const columnNamed = (name: string, columns: readonly string[]): string | undefined => {
  const alike = columns.filter((column) => column.trim().toLowerCase() === name)
  if (alike.includes(name) || alike.length < 2) return alike.includes(name) ? name : alike[0]
  return refuse(`The file has more than one column "${name}".`)
}

interface WantedColumns {
  readonly id: string
  readonly login: string
}

const wantedOf = (row: SourceRow, columns: WantedColumns): WantedPerson => {
  if ('flaw' in row) return refuse(`Line ${row.line} of the file: ${row.flaw}.`)
  const [oktaId, login] = [columns.id, columns.login].map((name) =>
    row.fields.get(name)?.toString().trim(),
  )
  return { line: row.line, oktaId, login: bare(login) }
}

async function* readWanted(path: string): AsyncGenerator<WantedPerson> {
  const source = await openInputFile(path)
  try {
    const [id, login] = ['okta_id', 'login'].map((name) => columnNamed(name, source.columns))
    if (id === undefined && login === undefined)
      refuse(`${path} has neither a column "login" nor "okta_id".`)
    // Of JSON lines, a later row can have what the first one lacks.
    const columns = { id: id ?? 'okta_id', login: login ?? 'login' }
    for await (const row of source.rows) yield wantedOf(row, columns)
  } finally {
    source.close()
  }
}

/** The status that says who has not moved. */
export interface PeopleQuestion {
  readonly state: string
  /** The host of the org. */
  readonly org: string
  /** Both in milliseconds since 1970. */
  readonly now: number
  readonly closedAt: number
}

/** @throws AppError `status_unusable` */
const requireReport = ({ state, org, now }: PeopleQuestion): SavedReport => {
  const report = readSavedReport(state)
  const detail = whyUnusable(report, { org, now })
  if (!report || detail !== undefined)
    throw new AppError('status_unusable', { detail: detail ?? '' })
  return report
}

const choose = async (
  who: string,
  state: CampaignState,
  report: SavedReport,
  { closedAt }: PeopleQuestion,
): Promise<Chosen> => {
  if (who !== LIKELY) return chooseListed(state, readWanted(who))
  const chosen = chooseLikely(state, report, Math.min(report.at, closedAt))
  return typeof chosen === 'string'
    ? refuse(`Who is likely to come cannot be foretold: ${chosen}`)
    : chosen
}

/**
 * Chooses anew, and gives the people to `use`, who are there as long as it runs.
 * @throws AppError `status_unusable`, `resets_unchosen`, and what reading a file throws
 */
export const withChosen = async <T>(
  who: string,
  question: PeopleQuestion,
  use: (chosen: Chosen) => Promise<T>,
): Promise<T> => {
  const report = requireReport(question)
  const state = openCampaignState(question.state)
  try {
    const chosen = await choose(who, state, report, question)
    if (chosen.count === 0) {
      const [head = '', ...reasons] = describeLeftOut(chosen.leftOut).map((line) => line.trim())
      refuse(`Nobody of them has not moved by the newest status. ${head} ${reasons.join('; ')}`)
    }
    return await use(chosen)
  } finally {
    state.close()
  }
}
