/** Owns the file of people who were there already: who they are in Okta, and whether they can use the hook. */
import { closeSync, existsSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { csvLine } from '../../text/csv-line.ts'
import { AppError, messageOf } from '../../errors/errors.ts'
import { createStatusCount, WERE_THERE, type StatusCounts } from './existing-count.ts'
import type { Journal, KeptRow } from '../journal/journal.ts'

export const EXISTING_COLUMNS = [
  'import_line',
  'login',
  'okta_id',
  'status',
  'provider',
  'can_use_hook',
  'why',
  'changed',
]

/** Why nobody in this status gets as far as the hook (Okta Management API, "User status"). */
const CLOSED: Readonly<Record<string, string>> = {
  DEPROVISIONED: 'deactivated in Okta: cannot sign in',
  SUSPENDED: 'suspended in Okta: cannot sign in',
  LOCKED_OUT: 'locked out in Okta: cannot sign in before that ends',
  STAGED: 'not activated in Okta yet: cannot sign in',
  PROVISIONED: 'has not followed the activation mail yet: cannot sign in',
  RECOVERY: 'the password is being reset: only the link in the mail leads on',
}

const OPEN = ['ACTIVE', 'PASSWORD_EXPIRED']

type Standing = Pick<KeptRow, 'status' | 'provider'>

/** Okta asks the hook for people whose provider is IMPORT. So it is for hashes that were imported, too. */
const judge = ({ status, provider }: Standing): [can: string, why: string] => {
  if (status === null) return ['unknown', 'Okta was not asked: this row is of an earlier version']
  const closed = CLOSED[status]
  if (closed !== undefined) return ['no', closed]
  if (provider === 'OKTA') return ['no', 'Okta has a password of its own']
  if (provider !== 'IMPORT') return ['no', `signs in by ${provider ?? 'an unknown provider'}`]
  return OPEN.includes(status) ? ['yes', ''] : ['unknown', `${status} is not known here`]
}

const lineOf = (row: KeptRow): string => {
  const { line, login, oktaLogin, oktaId, status, provider } = row
  const about = [oktaLogin ?? login, oktaId, status, provider].map((each) => each ?? '')
  return csvLine([String(line), ...about, ...judge(row), row.changed ?? ''])
}

const BUFFER_LINES = 1_000

/** Writes another file and renames it, so that a run that is killed leaves a whole one. */
const replace = (path: string, rows: Iterable<KeptRow>): StatusCounts => {
  const fresh = `${path}.new`
  const count = createStatusCount()
  const fd = openSync(fresh, 'w', 0o600)
  try {
    let lines = [csvLine(EXISTING_COLUMNS)]
    for (const row of rows) {
      lines.push(lineOf(row))
      count.add(row)
      if (lines.length < BUFFER_LINES) continue
      writeFileSync(fd, lines.join(''))
      lines = []
    }
    writeFileSync(fd, lines.join(''))
  } finally {
    closeSync(fd)
  }
  renameSync(fresh, path)
  return count.all()
}

/**
 * Writes all of them that the journal knows, also of earlier runs; where there are none, no file is begun.
 * @returns how many there are, since a million rows take seconds to read once more
 * @throws AppError `output_unwritable`
 */
export const writeExisting = (path: string, journal: Journal): StatusCounts => {
  const [first] = journal.rowsIn(...WERE_THERE)
  if (!first && !existsSync(path)) return {}
  try {
    return replace(path, journal.rowsIn(...WERE_THERE))
  } catch (cause) {
    throw new AppError('output_unwritable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}
