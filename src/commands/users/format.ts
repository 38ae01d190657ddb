/** Writes users as a table for people, or as CSV or JSON lines for programs. */
import { csvLine } from '../../text/csv-line.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import { jsonLine, printable } from '../../text/printable.ts'

export const FORMATS = ['table', 'csv', 'jsonl'] as const
export type Format = (typeof FORMATS)[number]

type Column = readonly [name: string, valueOf: (user: OktaUser) => string | null | undefined]

const COLUMNS: readonly Column[] = [
  ['id', ({ id }) => id],
  ['status', ({ status }) => status],
  ['provider', ({ credentials }) => credentials?.provider?.type],
  ['login', ({ profile }) => profile.login],
  ['email', ({ profile }) => profile.email],
  ['firstName', ({ profile }) => profile.firstName],
  ['lastName', ({ profile }) => profile.lastName],
  ['created', ({ created }) => created],
  ['activated', ({ activated }) => activated],
  ['lastLogin', ({ lastLogin }) => lastLogin],
  ['lastUpdated', ({ lastUpdated }) => lastUpdated],
]

/** Fixed widths, so that each line can be written at once; the login comes last. */
const tableLine = (status: string, provider: string, id: string, login: string): string =>
  `${status.padEnd(16)}  ${provider.padEnd(10)}  ${id.padEnd(20)}  ${login}\n`

interface Formatter {
  readonly head: string
  readonly line: (user: OktaUser) => string
}

export const FORMATTERS: Readonly<Record<Format, Formatter>> = {
  table: {
    head: tableLine('STATUS', 'PROVIDER', 'ID', 'LOGIN'),
    line: ({ status, credentials, id, profile }) =>
      tableLine(
        printable(status ?? ''),
        printable(credentials?.provider?.type ?? ''),
        printable(id),
        printable(profile.login ?? ''),
      ),
  },
  csv: {
    head: csvLine(COLUMNS.map(([name]) => name)),
    line: (user) => csvLine(COLUMNS.map(([, valueOf]) => valueOf(user) ?? '')),
  },
  jsonl: { head: '', line: jsonLine },
}
