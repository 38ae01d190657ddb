/** Owns the environment as a whole: the rules between variables, and one frozen, checked Config. */
import leven from 'leven'
import type * as z from 'zod'
import { AppError } from './errors.ts'
import { isLoopback, MIN_SECRET_LENGTH, variables, type Note } from './variables.ts'

type Fields = z.infer<typeof variables>
type Name = keyof Fields

/** Nothing at all is configured: the demo. One of the two alone is a mistake, and no demo. */
const isDemo = (v: Fields): boolean =>
  v.NODE_ENV !== 'production' && v.HOOK_SECRET === undefined && v.LEGACY_DB_URL === undefined

const inProduction = (v: Fields): boolean => v.NODE_ENV === 'production'

const isShort = (secret: string | undefined): boolean =>
  secret !== undefined && secret.length < MIN_SECRET_LENGTH

const speaksTls = (v: Fields): boolean =>
  v.TLS_CERT_FILE !== undefined && v.TLS_KEY_FILE !== undefined

/** Rules that look at more than one variable: which one to blame, when, and in what words. */
const RULES: readonly [name: Name, broken: (v: Fields) => boolean, problem: string][] = [
  ['HOOK_SECRET', (v) => !isDemo(v) && v.HOOK_SECRET === undefined, 'is missing'],
  [
    'LEGACY_DB_URL',
    (v) => !isDemo(v) && v.LEGACY_DB_URL === undefined,
    'is missing (there is no demo mode in production or with a HOOK_SECRET)',
  ],
  ['HOOK_SECRET', (v) => inProduction(v) && isShort(v.HOOK_SECRET), 'is too short'],
  [
    'HOOK_SECRET_PREVIOUS',
    (v) => inProduction(v) && isShort(v.HOOK_SECRET_PREVIOUS),
    'is too short',
  ],
  ['TLS_KEY_FILE', (v) => !v.TLS_KEY_FILE && Boolean(v.TLS_CERT_FILE), 'is missing'],
  ['TLS_CERT_FILE', (v) => !v.TLS_CERT_FILE && Boolean(v.TLS_KEY_FILE), 'is missing'],
  [
    'TLS_TERMINATED_BY_PROXY',
    (v) => inProduction(v) && !isLoopback(v.HOST) && !speaksTls(v) && !v.TLS_TERMINATED_BY_PROXY,
    'is not set, and passwords would cross a public address in plain HTTP',
  ],
  ['HOST', (v) => isDemo(v) && !isLoopback(v.HOST), 'must be a loopback address in demo mode'],
]

/** Every rule runs even where single variables are wrong, so that all problems show at once. */
const schema = RULES.reduce(
  (rules, [name, broken, message]) =>
    rules.refine((v) => !broken(v), { path: [name], message, when: () => true }),
  variables,
)

export type Config = Readonly<Fields>

export type Environment = Readonly<Record<string, string | undefined>>

export interface Loaded {
  readonly config: Config
  readonly demo: boolean
  /** Names in the environment that look like misspelt variables, in words. */
  readonly nearMisses: readonly string[]
}

const NAMES = Object.keys(variables.shape) as Name[]

const noteOf = (name: Name): Note => variables.shape[name].meta() as unknown as Note

/** The first thing wrong with each variable, in words; never its value, which may be a secret. */
type Problems = Map<Name, string>

/** Takes each variable from its own name or from the file that NAME_FILE points to. */
const gather = (
  env: Environment,
  readFile: (path: string) => string,
  problems: Problems,
): Record<string, string> => {
  const values: Record<string, string> = {}
  for (const name of NAMES) {
    // An empty variable is what compose files and shells make of one that was meant to be unset.
    const direct = env[name]
    const file = env[`${name}_FILE`]
    if (direct) values[name] = direct
    if (direct && file) problems.set(name, `and ${name}_FILE are both set`)
    else if (file) {
      try {
        values[name] = readFile(file).replace(/\r?\n$/, '')
      } catch {
        problems.set(name, `cannot be read from the path in ${name}_FILE`)
      }
    }
  }
  return values
}

/** Shorter names than this are too like other programs' variables to be worth a guess. */
const MIN_GUESSABLE_LENGTH = 8
const MAX_DISTANCE = 2

const findNearMisses = (env: Environment): string[] => {
  const known = NAMES.flatMap((name) => [name, `${name}_FILE`])
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

/**
 * Reads the configuration.
 * @param readFile reads the file behind a NAME_FILE variable as text
 * @throws AppError `config_invalid`, whose detail lists every problem with its fix
 */
export const loadConfig = (env: Environment, readFile: (path: string) => string): Loaded => {
  const problems: Problems = new Map()
  const { data, error } = schema.safeParse(gather(env, readFile, problems))
  for (const { path, code, message } of error?.issues ?? []) {
    const name = path[0] as Name
    const what = code === 'custom' && message ? message : 'is not valid'
    if (!problems.has(name)) problems.set(name, what)
  }
  const nearMisses = findNearMisses(env)
  if (!data || problems.size > 0) {
    throw new AppError('config_invalid', { detail: describeProblems(problems, nearMisses) })
  }
  return { config: Object.freeze(data), demo: isDemo(data), nearMisses }
}

/** The configuration as it may be shown: secrets as set or not set. */
export const describeConfig = (config: Config): Record<string, unknown> =>
  Object.fromEntries(
    NAMES.map((name) => {
      const shown = noteOf(name).secret && config[name] !== undefined ? 'set' : config[name]
      return [name, shown ?? 'not set']
    }),
  )

/** The variables as a help text. */
export const describeVariables = (): string =>
  NAMES.map((name) => `  ${name}\n      ${noteOf(name).help}`).join('\n')
