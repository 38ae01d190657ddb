/** The style `json`: our own contract, which docs/LEGACY-LOGIN.md describes. */
import type { LoginResult } from '../login.ts'
import { noVerdict, unexpectedStatus, type LoginStyle } from './style.ts'

/** The only text that is an answer. A pattern, since a parser would take the last of two results. */
const ANSWER =
  /^[ \t\r\n]*\{[ \t\r\n]*"result"[ \t\r\n]*:[ \t\r\n]*"(match|mismatch|unknown|disabled)"[ \t\r\n]*\}[ \t\r\n]*$/

const RESULTS: Readonly<Record<string, LoginResult>> = {
  match: 'match',
  mismatch: 'mismatch',
  unknown: 'unknown_login',
  disabled: 'disabled',
}

export const JSON_STYLE: LoginStyle = {
  mediaType: 'application/json',
  maxBytes: 1024,
  request: ({ login, username, password }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, username, password }),
  }),
  judge: ({ status, text }) => {
    if (status !== 200) throw unexpectedStatus(status)
    const result = RESULTS[ANSWER.exec(text)?.[1] ?? '']
    if (result) return result
    throw noVerdict('the answer of the legacy login is not what docs/LEGACY-LOGIN.md asks for')
  },
}
