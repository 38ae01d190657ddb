/** The interface of the styles of HTTP login: what is sent, and what each answer means. */
import { AppError } from '../../errors/errors.ts'
import type { LoginHttpOptions, LoginQuestion, LoginResult } from '../login.ts'

export interface LoginAnswer {
  readonly status: number
  readonly text: string
}

export interface LoginRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface LoginStyle {
  /** Of the answer, without parameters. */
  readonly mediaType: string
  /** A longer answer is an outage. */
  readonly maxBytes: number
  readonly request: (question: LoginQuestion, options: LoginHttpOptions) => LoginRequest
  /** @throws AppError where the answer does not say whether the password is right */
  readonly judge: (answer: LoginAnswer, options: LoginHttpOptions) => LoginResult
}

/** The system is there, and does not say whether a password is right. */
export class NoVerdict extends AppError {}

/** @param detail words of this program only: an answer can quote the question, and so the password */
export const noVerdict = (detail: string): AppError =>
  new NoVerdict('legacy_unavailable', { detail })

export const unusableLogin = (problem: string): AppError =>
  new AppError('legacy_unusable', { detail: `  LEGACY_LOGIN_URL: ${problem}` })

export const unexpectedStatus = (status: number): AppError =>
  noVerdict(`the legacy login answered with the unexpected status ${status}`)

/** @returns an empty object where the text is no JSON object */
export const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** An answer can say `constructor`, which every object has. */
export const rowOf = <T>(table: Readonly<Record<string, T>>, key: unknown): T | undefined =>
  typeof key === 'string' && Object.hasOwn(table, key) ? table[key] : undefined

export const isFilledText = (value: unknown): boolean => typeof value === 'string' && value !== ''

export const MFA_DEMANDED =
  'the legacy login demands a second factor of this person: see LEGACY_LOGIN_ACCEPT_MFA'
