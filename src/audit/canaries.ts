/** Checks accounts whose passwords the operator knows, from the lookup to the decision, as the hook would. */
import { statSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors/errors.ts'
import { assess, decide, type Decision } from '../hook/decision.ts'
import { openStream } from '../import/sources/file.ts'
import type { HashStore } from '../legacy/store.ts'
import { readLogin } from '../login.ts'
import type { Inspection } from '../passwords/family.ts'
import { readRegularFile, UnfitFile } from '../regular-file.ts'
import type { PasswordChecker } from '../workers/checker.ts'

export interface Canary {
  readonly line: number
  readonly login: string
  readonly password: string
}

const MAX_BYTES = 1024 * 1024

const EXAMPLE =
  'It must be CSV with the header login,password, such as ann@example.com,"her password".'

/** Owner only; 0400 will do, too. */
const OTHERS = 0o077

const refuse = (detail: string): AppError =>
  new AppError('usage_invalid', { detail: `--canary ${detail}` })

/** @throws AppError `usage_invalid`; never quotes the file */
export const readCanaries = async (path: string): Promise<readonly Canary[]> => {
  let content: Buffer
  try {
    const mode = statSync(path).mode & 0o777
    if ((mode & OTHERS) !== 0) {
      const now = mode.toString(8).padStart(4, '0')
      throw refuse(`${path}: others can read the passwords in it (mode ${now}). chmod 600 it`)
    }
    content = readRegularFile(path, MAX_BYTES)
  } catch (err) {
    if (err instanceof AppError) throw err
    throw refuse(`${path} ${err instanceof UnfitFile ? err.message : messageOf(err)}`)
  }
  const { rows, columns } = await openStream(Readable.from([content])).catch(() => {
    // What is wrong with a header may quote it, and without a header it is a password.
    throw refuse(`${path}: it cannot be read. ${EXAMPLE}`)
  })
  if (!['login', 'password'].every((name) => columns.includes(name))) {
    throw refuse(`${path}: ${EXAMPLE}`)
  }
  const canaries: Canary[] = []
  for await (const row of rows) {
    const [login, password] =
      'fields' in row ? [row.fields.get('login'), row.fields.get('password')] : []
    if (login === undefined || password === undefined) {
      throw refuse(`${path}: line ${row.line} cannot be read. ${EXAMPLE}`)
    }
    canaries.push({ line: row.line, login: String(login), password: String(password) })
  }
  // An audit that was asked to check some must not pass without one.
  if (canaries.length === 0) throw refuse(`${path}: there is no account in it. ${EXAMPLE}`)
  return canaries
}

export interface CanaryResult extends Decision {
  /** Of the file: the login is not repeated anywhere. */
  readonly line: number
}

export interface CanaryDeps {
  readonly store: Pick<HashStore, 'find'>
  readonly checker: PasswordChecker
  readonly inspect: (encoded: string) => Inspection
  readonly clock: Clock
}

/** Milliseconds: whether a check ends by the hook's deadline is another question. */
const DEADLINE_MS = 60_000

export const checkCanary = async (
  { line, login: typed, password }: Canary,
  { store, checker, inspect, clock }: CanaryDeps,
): Promise<CanaryResult> => {
  const login = readLogin(typed)
  const accounts = login.isTooLong ? [] : await store.find(login.normalised, login.typed)
  const assessment = assess(accounts, password, inspect)
  const { hash } = assessment
  if (!hash) return { line, ...decide(assessment, 'mismatch') }
  const { outcome } = await checker.check(hash, password, clock.now() + DEADLINE_MS)
  return { line, ...decide(assessment, outcome) }
}
