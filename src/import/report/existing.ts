/** Writes the file of users who already existed: who they are in Okta, and whether they can use the hook. */
import { closeSync, existsSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { csvLine } from '../../text/csv-line.ts'
import { AppError, messageOf } from '../../errors/errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { KeptRow } from '../journal/row.ts'

/** By status in Okta; `UNKNOWN` if Okta was not asked. */
export type StatusCounts = Readonly<Record<string, number>>

/** The states of rows whose users existed before. */
const WERE_THERE = ['existing', 'updated'] as const

const countStatus = (counts: Record<string, number>, { status }: KeptRow): void => {
  const name = status ?? 'UNKNOWN'
  counts[name] = (counts[name] ?? 0) + 1
}

const HEADER = 'import_line,login,okta_id,status,provider,can_use_hook,why,changed\r\n'

/** Why a user in this status cannot use the hook (Okta Management API, "User status"). */
const CLOSED: Readonly<Record<string, string>> = {
  DEPROVISIONED: 'deactivated in Okta: cannot sign in',
  SUSPENDED: 'suspended in Okta: cannot sign in',
  LOCKED_OUT: 'locked out in Okta: cannot sign in before that ends',
  STAGED: 'not activated in Okta yet: cannot sign in',
  PROVISIONED: 'has not followed the activation mail yet: cannot sign in',
  RECOVERY: 'the password is being reset: only the link in the mail leads on',
}

const OPEN = ['ACTIVE', 'PASSWORD_EXPIRED']

/** Okta calls the hook for users whose provider is IMPORT. Imported hashes have this provider, too. */
const hookAccessOf = ({ status, provider }: KeptRow): [can: string, why: string] => {
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
  return csvLine([String(line), ...about, ...hookAccessOf(row), row.changed ?? ''])
}

const BUFFER_LINES = 1_000

/** Writes a new file and renames it, so that a killed run never leaves half a file. */
const replace = (path: string, rows: Iterable<KeptRow>): StatusCounts => {
  const next = `${path}.new`
  const counts: Record<string, number> = {}
  const fd = openSync(next, 'w', 0o600)
  try {
    let lines = [HEADER]
    for (const row of rows) {
      lines.push(lineOf(row))
      countStatus(counts, row)
      if (lines.length < BUFFER_LINES) continue
      writeFileSync(fd, lines.join(''))
      lines = []
    }
    writeFileSync(fd, lines.join(''))
  } finally {
    closeSync(fd)
  }
  renameSync(next, path)
  return counts
}

/**
 * Writes all of them, those of earlier runs too. If there are none, it creates no file.
 * @returns their count, since reading a million rows a second time takes seconds
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

/** How many users already existed, in all runs with this journal. */
export const countExisting = ({ rowsIn }: Pick<Journal, 'rowsIn'>): StatusCounts => {
  const counts: Record<string, number> = {}
  for (const row of rowsIn(...WERE_THERE)) countStatus(counts, row)
  return counts
}
