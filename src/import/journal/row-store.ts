/** Reads and writes the rows of the journal: decides which stay as they are and which start again. */
import type Database from 'better-sqlite3'
import { AppError } from '../../errors/errors.ts'
import type { Candidate, JournalRow, KeptRow, RowOutcome } from './row.ts'

const SELECT = `
  SELECT digest, state, intended_at AS intendedAt, error_code AS errorCode,
         request_id AS requestId, reason, okta_id AS oktaId, made_by AS madeBy, changed,
         coalesce(login, person) AS person
    FROM rows WHERE number = ?`
const INSERT = `
  INSERT INTO rows (number, line, digest, login, state, intended_at, reason, origin, okta_id, made_by, changed,
                    person)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (login) DO NOTHING`
/** What is known of a user is not true of another one, with another id. */
const UPDATE = `
  UPDATE rows SET state = @state, error_code = @errorCode, request_id = @requestId, reason = @reason,
         okta_login = @oktaLogin, status = @status, provider = @provider,
         made_by = iif(@oktaId IS NULL OR @oktaId IS okta_id, coalesce(@madeBy, made_by), @madeBy),
         changed = iif(@oktaId IS NULL OR @oktaId IS okta_id, coalesce(@changed, changed), @changed),
         okta_id = coalesce(@oktaId, okta_id)
   WHERE number = @number AND state = 'sending'`
const INTEND = `
  UPDATE rows SET made_by = iif(okta_id IS @oktaId, made_by, NULL), okta_id = @oktaId, changed = @changed
   WHERE number = @number`
const SELECT_ALL = `
  SELECT line, login, okta_login AS oktaLogin, okta_id AS oktaId, status, provider, changed
    FROM rows WHERE state IN (SELECT value FROM json_each(?))
     -- Rows that were imported by a rejects file are in the journal of that file.
     AND NOT (state = 'existing' AND login IS NULL)
   ORDER BY number`

const NO_USER = { oktaId: null, madeBy: null, changed: null }
const NO_ANSWER = { errorCode: null, requestId: null, reason: null }
const NOTHING = { ...NO_USER, ...NO_ANSWER, oktaLogin: null, status: null, provider: null }

type Known = Omit<JournalRow, 'isNew' | 'state'> & {
  readonly state: Exclude<JournalRow['state'], 'blank'>
  readonly digest: Buffer
  /** Whose row it is, if known. */
  readonly person: string | null
}

/** The digest of a row that was imported by its rejects file: it matches any content. */
const ANY_DIGEST = Buffer.alloc(0)

const isSame = ({ digest }: Candidate, known: Known): boolean =>
  known.digest.equals(ANY_DIGEST) || known.digest.equals(digest)

/** Whether nothing of the row can be in Okta, so that it may be processed again. */
const isOpen = (candidate: Candidate, known: Known): boolean =>
  known.state === 'rejected' ||
  known.state === 'undone' ||
  (known.state === 'skipped' && !isSame(candidate, known)) ||
  (known.state === 'failed' && (!isSame(candidate, known) || candidate.hasSecrets === true))

const HAVE_USERS: readonly JournalRow['state'][] = ['created', 'updated', 'existing']

/** After an interrupted update, an import without `--update` may have ended the row. */
const wasCompared = ({ state, changed }: Known): boolean =>
  changed !== null && (state !== 'existing' || changed === '')

/** Whether its user was not compared with it yet. A row of another person in its place is a changed input. */
const isToCompare = (candidate: Candidate, known: Known): boolean => {
  if (known.person === null || known.person !== candidate.person) return false
  // A row that was imported by its rejects file, and is still rejected in this input.
  if (known.digest.equals(ANY_DIGEST)) return candidate.login !== undefined
  if (known.state === 'sending') return known.oktaId !== null && !isSame(candidate, known)
  return HAVE_USERS.includes(known.state) && (!wasCompared(known) || !isSame(candidate, known))
}

const checkSame = (candidate: Candidate, known: Known): void => {
  if (isSame(candidate, known)) return
  const { number, line } = candidate
  throw new AppError('journal_mismatch', {
    detail: `Row ${number} (line ${line}) has changed since it was first read.`,
  })
}

export interface Admitted {
  readonly entry: JournalRow
  /** Its state before, if that has changed. */
  readonly was: Known['state'] | undefined
}

/** What is known of the user of a row from an earlier run. */
type User = Pick<Known, 'oktaId' | 'madeBy' | 'changed'>

/** Nothing, if the row now belongs to another person. */
const userOf = (known: Known, { person }: Candidate): User => {
  if (known.person === null || known.person !== person) return NO_USER
  const { oktaId, madeBy, changed } = known
  // It is compared again; an earlier change remains recorded.
  return { oktaId, madeBy, changed: changed === '' ? null : changed }
}

interface NewRow {
  readonly intendedAt: number
  readonly reason: string | null
  readonly before: User
}

const entryOf = (state: JournalRow['state'], { before, ...taken }: NewRow): JournalRow => {
  return { ...NO_ANSWER, ...before, ...taken, state, isNew: true }
}

/** Inserts rows that the journal does not have. */
const prepareInsert = (db: Database.Database) => {
  const insert = db.prepare(INSERT)
  const lineOf = db.prepare<[unknown], number>('SELECT line FROM rows WHERE login = ?').pluck()

  const put = (candidate: Candidate, state: JournalRow['state'], taken: NewRow): boolean => {
    const { number, line, digest, origin } = candidate
    const { intendedAt, reason, before } = taken
    const login = state === 'sending' ? candidate.login : null
    const person = before.oktaId === null ? null : candidate.person
    const row = [number, line, digest, login, state, intendedAt, reason, origin]
    return insert.run(...row, before.oktaId, before.madeBy, before.changed, person).changes === 1
  }
  const end = (candidate: Candidate, state: 'rejected' | 'skipped', taken: NewRow): JournalRow => {
    const ended = { ...taken, intendedAt: 0 }
    put(candidate, state, ended)
    return entryOf(state, ended)
  }
  return (candidate: Candidate, intendedAt: number, before: User): JournalRow => {
    const { login, rejection = null, isSkipped } = candidate
    const taken = { intendedAt, reason: rejection, before }
    if (isSkipped) return end(candidate, 'skipped', { ...taken, reason: null })
    if (login === undefined && rejection === null) {
      return entryOf('blank', { ...taken, intendedAt: 0, before: NO_USER })
    }
    if (login === undefined) return end(candidate, 'rejected', taken)
    if (put(candidate, 'sending', { ...taken, reason: null })) return entryOf('sending', taken)
    const reason = `login is the same as that of line ${lineOf.get(login)}`
    return end(candidate, 'rejected', { ...taken, reason })
  }
}

/** The statements for rows, to be used inside a transaction. */
export const prepareRows = (db: Database.Database, updates: number) => {
  const select = db.prepare<[number], Known>(SELECT)
  const update = db.prepare(UPDATE)
  const intend = db.prepare(INTEND)
  const remove = db.prepare('DELETE FROM rows WHERE number = ?')
  const all = db.prepare<[string], KeptRow>(SELECT_ALL)
  const insert = prepareInsert(db)
  let reopened = 0

  const reopen = (candidate: Candidate, intendedAt: number, known: Known): Admitted => {
    remove.run(candidate.number)
    const entry = insert(candidate, intendedAt, userOf(known, candidate))
    // A failed row may still have a user, if an answer was lost.
    const isNew = entry.state === 'sending' && known.state !== 'failed'
    return { entry: { ...entry, isNew }, was: known.state }
  }
  const admit = (candidate: Candidate, intendedAt: number): Admitted => {
    const known = select.get(candidate.number)
    if (!known) return { entry: insert(candidate, intendedAt, NO_USER), was: undefined }
    if (isOpen(candidate, known)) return reopen(candidate, intendedAt, known)
    if (updates === 0 || !isToCompare(candidate, known)) checkSame(candidate, known)
    else if (reopened < updates) {
      reopened++
      return reopen(candidate, intendedAt, known)
    }
    return { entry: { ...known, isNew: false }, was: undefined }
  }
  /** A generator, since a statement that was started and not finished would stay busy. */
  function* rowsIn(...states: JournalRow['state'][]): Generator<KeptRow> {
    yield* all.iterate(JSON.stringify(states))
  }
  return {
    admit,
    recordOutcome: (number: number, outcome: RowOutcome) =>
      update.run({ ...NOTHING, ...outcome, number }),
    recordIntent: (number: number, oktaId: string, changed: string) =>
      intend.run({ number, oktaId, changed }),
    rowsIn,
    reopened: () => reopened,
  }
}
