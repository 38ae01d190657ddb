/** Writes the SQL of a purge for the DBA: one statement a person, in transactions, each for the hash that was read. */
import { createHash } from 'node:crypto'
import type { NewFile } from '../../audit/accounts/files.ts'
import type { DatabaseKind } from '../../sql/kinds.ts'
import { PURGE_DIALECTS, statementFor } from './dialects.ts'
import type { PurgeTemplate } from './template.ts'
import type { PurgedPerson } from './verdicts.ts'

/** How a script begins, so that no other file is replaced by one. */
export const SCRIPT_HEAD = /^-- okta-migrate purge/

const STATEMENTS_IN_ONE = 500

export interface ScriptFacts {
  readonly kind: DatabaseKind
  readonly template: PurgeTemplate
  /** The host of the org. */
  readonly org: string
  /** In words. */
  readonly at: string
  readonly people: number
}

/** Writes into a file, and knows the SHA-256 of all that was written. */
export const withDigest = (file: Pick<NewFile, 'write'>) => {
  const hash = createHash('sha256')
  return {
    write: (text: string): void => {
      hash.update(text)
      file.write(text)
    },
    sha256: (): string => hash.digest('hex'),
  }
}

const headOf = ({ kind, template, org, at, people }: ScriptFacts): string => {
  const { run, head } = PURGE_DIALECTS[kind]
  return [
    '-- okta-migrate purge: removes legacy hashes of people who have a password in Okta. For the DBA to read and to run:',
    `--   ${run}`,
    `-- ${people} people of ${org}, as of ${at}. Made from: ${template.sql}`,
    '-- Each statement touches one row, or none: none where the hash is another one than at that time, which it knows by five',
    '-- digits of a digest, and none where two rows have the id. Running it again does no harm. It stops at the first error;',
    `-- what was committed before (${STATEMENTS_IN_ONE} people at a time) stays. This file holds the id of each person, which is a login`,
    '-- where the table names people so, and no hash. Keep it private.',
    ...head,
    '',
  ].join('\n')
}

/** @returns how many transactions there are */
export const writeScript = (
  people: Iterable<PurgedPerson>,
  facts: ScriptFacts,
  write: (text: string) => void,
  onPerson: (person: PurgedPerson) => void,
): number => {
  const { kind, template } = facts
  const dialect = PURGE_DIALECTS[kind]
  let count = 0
  write(headOf(facts))
  for (const person of people) {
    if (count % STATEMENTS_IN_ONE === 0)
      write(`${count === 0 ? '' : 'COMMIT;\n'}${dialect.begin}\n`)
    write(`${statementFor(dialect, template, person)}\n`)
    onPerson(person)
    count++
  }
  if (count > 0) write('COMMIT;\n')
  return Math.ceil(count / STATEMENTS_IN_ONE)
}

/** What each statement has last: the bytes of the id, how many rows have it, and the digest of the hash. */
const STATEMENT = /^.* = '([\da-f]+)' AND .+ = '([\da-f]{5})';$/i

/** @returns undefined for a line that is no statement about a person */
export const readStatement = (
  line: string,
): { readonly hex: string; readonly digest: string } | undefined => {
  const [, hex, digest] = STATEMENT.exec(line) ?? []
  return hex === undefined || digest === undefined || line.startsWith('--')
    ? undefined
    : { hex, digest }
}
