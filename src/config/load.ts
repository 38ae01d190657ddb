/** Owns the reading of the environment: what a command needs of it, checked at once, in one frozen object. */
import leven from 'leven'
import type * as z from 'zod'
import { AppError } from '../errors/errors.ts'
import { UnfitFile } from '../regular-file.ts'
import { variables, type Note } from './variables.ts'

type Fields = z.infer<typeof variables>
export type Name = keyof Fields

/** A rule that looks at more than one variable: which one to blame, when, and in what words. */
export type Rule<V> = readonly [name: Name, broken: (values: V) => boolean, problem: string]

/** What one command reads of the environment. */
export interface Need<N extends Name> {
  readonly names: readonly N[]
  readonly rules: readonly Rule<Pick<Fields, N>>[]
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface Loaded<N extends Name> {
  readonly config: Readonly<Pick<Fields, N>>
  /** Names in the environment that look like misspelt variables, in words. */
  readonly nearMisses: readonly string[]
}

const ALL_NAMES = Object.keys(variables.shape) as Name[]

const noteOf = (name: Name): Note => variables.shape[name].meta() as unknown as Note

/** The first thing wrong with each variable, in words; never its value, which may be a secret. */
type Problems = Map<Name, string>

/** Reads the file behind a NAME_FILE variable as text. */
export type ReadFile = (path: string, maxBytes: number) => string

/** Longer than any key or statement; only a bundle of certificates may say more. */
const MAX_FILE_BYTES = 64 * 1024

/** Takes each variable from its own name or from the file that NAME_FILE points to. */
const gather = (
  names: readonly Name[],
  env: Environment,
  readFile: ReadFile,
  problems: Problems,
): Record<string, string> => {
  const values: Record<string, string> = {}
  for (const name of names) {
    // An empty variable is what compose files and shells make of one that was meant to be unset.
    const direct = env[name]
    const file = env[`${name}_FILE`]
    if (direct) values[name] = direct
    if (direct && file) problems.set(name, `and ${name}_FILE are both set`)
    else if (file) {
      try {
        const maxBytes = noteOf(name).maxFileBytes ?? MAX_FILE_BYTES
        values[name] = readFile(file, maxBytes).replace(/\r?\n$/, '')
      } catch (err) {
        const why = err instanceof UnfitFile ? `: the file ${err.message}` : ''
        problems.set(name, `cannot be read from the path in ${name}_FILE${why}`)
      }
    }
  }
  return values
}

/** Shorter names than this are too like other programs' variables to be worth a guess. */
const MIN_GUESSABLE_LENGTH = 8
const MAX_DISTANCE = 2

const findNearMisses = (env: Environment): string[] => {
  const known = ALL_NAMES.flatMap((name) => [name, `${name}_FILE`])
  const guessable = known.filter((name) => name.length >= MIN_GUESSABLE_LENGTH)
  return Object.keys(env)
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = guessable.find((other) => leven(name.toUpperCase(), other) <= MAX_DISTANCE)
      return meant ? [`${name} is not a variable of this program. Did you mean ${meant}?`] : []
    })
}

const describeProblems = (problems: Problems, nearMisses: readonly string[]): string =>
  [
    ...[...problems].map(([name, what]) => `${name} ${what}.\n    ${noteOf(name).fix}`),
    ...nearMisses,
  ]
    .map((text) => `  ${text}`)
    .join('\n')

/** Every rule runs even where single variables are wrong, so that all problems show at once. */
const schemaOf = <N extends Name>({ names, rules }: Need<N>) => {
  const mask = Object.fromEntries(names.map((name) => [name, true])) as Record<Name, true>
  return rules.reduce(
    (schema, [name, broken, message]) =>
      schema.refine((v) => !broken(v), { path: [name], message, when: () => true }),
    variables.pick(mask),
  )
}

/**
 * Reads what a command needs of the environment.
 * @throws AppError `config_invalid`, whose detail lists every problem with its fix
 */
export const loadConfig = <N extends Name>(
  need: Need<N>,
  env: Environment,
  readFile: ReadFile,
): Loaded<N> => {
  const problems: Problems = new Map()
  const values = gather(need.names, env, readFile, problems)
  const { data, error } = schemaOf(need).safeParse(values)
  for (const { path, code, message } of error?.issues ?? []) {
    const name = path[0] as Name
    const what = code === 'custom' && message ? message : 'is not valid'
    if (!problems.has(name)) problems.set(name, what)
  }
  const nearMisses = findNearMisses(env)
  if (!data || problems.size > 0) {
    throw new AppError('config_invalid', { detail: describeProblems(problems, nearMisses) })
  }
  return { config: Object.freeze(data), nearMisses }
}

/** A key may be in the query of a URL; its user and password are refused where it is read. */
const withoutQuery = (value: unknown): unknown =>
  typeof value === 'string' && URL.canParse(value) ? value.replace(/[?#].*$/s, '?…') : value

/** A configuration as it may be shown: secrets as set or not set. */
export const describeConfig = <N extends Name>(
  { names }: Need<N>,
  config: Pick<Fields, N>,
): Record<string, unknown> =>
  Object.fromEntries(
    names.map((name) => {
      const value = config[name] ?? 'not set'
      return [name, noteOf(name).secret && value !== 'not set' ? 'set' : withoutQuery(value)]
    }),
  )

/** The variables of a command as a help text. */
export const describeVariables = (names: readonly Name[]): string =>
  names.map((name) => `  ${name}\n      ${noteOf(name).help}`).join('\n')
