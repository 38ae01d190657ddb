/** The shape of a row in the tables of failures, and the exit codes of commands. */

/** What a command ends with, for scripts. */
export const EXIT_CODES = {
  0: 'success',
  1: 'some rows were rejected or failed, or the answer is no',
  2: 'wrong usage or configuration',
  3: 'Okta or a database cannot be reached',
  130: 'interrupted, for example by Ctrl-C',
} as const

export interface ErrorRow {
  /** HTTP status, for failures that answer a call: Okta repeats a call once after 5xx, and never after 4xx. */
  readonly status?: 400 | 401 | 404 | 405 | 408 | 413 | 415 | 429 | 500 | 503
  /** Process exit code, for failures that end a command. */
  readonly exit?: 1 | 2 | 3 | 130
  /** What callers and users are told, word for word. */
  readonly sentence: string
  /** What the person who runs the program can do. */
  readonly remedy: string
}
