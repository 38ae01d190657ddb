/** The table of environment variables: every one that a command reads. */
import type * as z from 'zod'
import { HASH_VARIABLES } from './hash-variables.ts'
import { LOGIN_VARIABLES } from './login-variables.ts'
import { OKTA_VARIABLES, REGISTER_VARIABLES } from './okta-variables.ts'
import {
  AUTH_VARIABLES,
  LIMIT_VARIABLES,
  LISTEN_VARIABLES,
  LOG_VARIABLES,
} from './server-variables.ts'
import { IMPORT_VARIABLES, LEDGER_VARIABLES, LEGACY_VARIABLES } from './store-variables.ts'
import { choicesOf, defaultOf, noteOf } from './variable.ts'

/** What the hook server reads, along with OKTA_ORG_URL. */
export const SERVER_VARIABLES = {
  ...LISTEN_VARIABLES,
  ...AUTH_VARIABLES,
  ...LEGACY_VARIABLES,
  ...LOGIN_VARIABLES,
  ...HASH_VARIABLES,
  ...LEDGER_VARIABLES,
  ...LIMIT_VARIABLES,
  ...LOG_VARIABLES,
}

export const VARIABLES = {
  ...SERVER_VARIABLES,
  ...OKTA_VARIABLES,
  ...REGISTER_VARIABLES,
  ...IMPORT_VARIABLES,
}

/** The names in a table, in its order. */
export const namesOf = <T extends object>(table: T) => Object.keys(table) as (keyof T)[]

export type VariableName = keyof typeof VARIABLES

export type Values<N extends VariableName> = {
  readonly [K in N]: z.infer<(typeof VARIABLES)[K]>
}

/** A query can contain a key. A user or password in a URL is refused when it is read. */
const withoutQuery = (value: unknown): unknown =>
  typeof value === 'string' && URL.canParse(value) ? value.replace(/[?#].*$/s, '?…') : value

/** Values as they can be shown: secrets as set or not set. */
export const describeValues = (values: Partial<Values<VariableName>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (value === undefined) return [name, 'not set']
      const { secret } = noteOf(VARIABLES[name as VariableName])
      return [name, secret ? 'set' : withoutQuery(value)]
    }),
  )

const describeVariable = (name: VariableName): string => {
  const schema = VARIABLES[name]
  const [choices, usual] = [choicesOf(schema), defaultOf(schema)]
  const rule = [choices, usual && `default: ${usual}`].filter(Boolean).join('; ')
  return `  ${name}\n      ${noteOf(schema).help}${rule && ` (${rule})`}`
}

/** The variables of a command as a help text. */
export const describeVariables = (names: readonly VariableName[]): string =>
  `Configured by environment variables; each can be given as NAME_FILE, a path to read it from:

${names.map(describeVariable).join('\n')}`
