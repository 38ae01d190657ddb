/** Reads what a command needs from the environment, all at once, into the settings that the command works with. */
import leven from 'leven'
import { AppError } from '../errors/errors.ts'
import { UnfitFile } from '../regular-file.ts'
import { findForeignNames } from './foreign-names.ts'
import { noteOf } from './variable.ts'
import { VARIABLES, type Values, type VariableName } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment of one command, each variable checked by its own rule. */
export interface Input<N extends VariableName> {
  /** A variable that breaks its rule is here as if it were not set: it was reported. */
  readonly values: Values<N>
  /** Whether it is set, even to something that breaks its rule. */
  readonly isSet: (name: N) => boolean
  /**
   * Reports what is wrong with a variable; the first problem of each is shown.
   * @param fix where the variable's own does not fit
   */
  readonly report: (name: N, problem: string, fix?: string) => void
  /** Adds a sentence that the user is to see, though nothing is wrong. */
  readonly notice: (sentence: string) => void
}

/** Which variables a command reads, and how they become its settings. */
export interface SettingsSpec<N extends VariableName, S> {
  readonly names: readonly N[]
  /** Returns undefined only if it has reported a problem. */
  readonly parse: (input: Input<N>) => S | undefined
}

export interface Loaded<N extends VariableName, S> {
  readonly settings: S
  readonly values: Values<N>
  /** Sentences for the user, such as that a name looks like a misspelt variable. */
  readonly notices: readonly string[]
}

/** The first problem of each variable; never its value, which can be a secret. */
type Problems = Map<VariableName, { readonly problem: string; readonly fix: string }>

type Report = (name: VariableName, problem: string, fix?: string) => void

/** Reads the file behind a NAME_FILE variable as text. */
export type ReadFile = (path: string, maxBytes: number) => string

/** More than any key or statement needs; only a bundle of certificates can be larger. */
const MAX_FILE_BYTES = 64 * 1024

/** Takes each variable from its own name or from the file that NAME_FILE points to. */
const collect = (
  names: readonly VariableName[],
  env: Environment,
  readFile: ReadFile,
  report: Report,
): ReadonlyMap<VariableName, string> => {
  const texts = new Map<VariableName, string>()
  for (const name of names) {
    // Compose files and shells set a variable to nothing when they mean to leave it unset.
    const direct = env[name]
    const file = env[`${name}_FILE`]
    if (direct) texts.set(name, direct)
    if (direct && file) report(name, `and ${name}_FILE are both set`, 'Remove one of the two.')
    else if (file) {
      try {
        const maxBytes = noteOf(VARIABLES[name]).maxFileBytes ?? MAX_FILE_BYTES
        texts.set(name, readFile(file, maxBytes).replace(/\r?\n$/, ''))
      } catch (err) {
        const why = err instanceof UnfitFile ? `: the file ${err.message}` : ''
        const fix = `Name in ${name}_FILE a file that this user can read.`
        report(name, `cannot be read from the path in ${name}_FILE${why}`, fix)
      }
    }
  }
  return texts
}

/** Shorter names than this are too similar to the variables of other programs to guess. */
const MIN_GUESSABLE_LENGTH = 8
const MAX_DISTANCE = 2

const findNearMisses = (env: Environment): string[] => {
  const known = Object.keys(VARIABLES).flatMap((name) => [name, `${name}_FILE`])
  const guessable = known.filter((name) => name.length >= MIN_GUESSABLE_LENGTH)
  return Object.keys(env)
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = guessable.find((other) => leven(name.toUpperCase(), other) <= MAX_DISTANCE)
      return meant ? [`${name} is not a variable of this program. Did you mean ${meant}?`] : []
    })
}

const sentencesOf = (problems: Problems): string[] =>
  [...problems].map(([name, { problem, fix }]) => `${name} ${problem}.\n    ${fix}`)

/**
 * Reads what a command needs of the environment. Every check runs even if other variables are wrong, so that all
 * problems are reported together.
 * @throws AppError `config_invalid`, whose detail lists every problem with its fix
 */
export const loadSettings = <N extends VariableName, S>(
  { names, parse }: SettingsSpec<N, S>,
  env: Environment,
  readFile: ReadFile,
): Loaded<N, S> => {
  const problems: Problems = new Map()
  const report: Report = (name, problem, fix = noteOf(VARIABLES[name]).fix) => {
    if (!problems.has(name)) problems.set(name, { problem, fix })
  }
  const texts = collect(names, env, readFile, report)
  const parseOne = (name: N): unknown => {
    const { success, data } = VARIABLES[name].safeParse(texts.get(name))
    if (!success) report(name, 'is not valid')
    return success ? data : VARIABLES[name].parse(undefined)
  }
  const values = Object.freeze(
    Object.fromEntries(names.map((name) => [name, parseOne(name)])),
  ) as Values<N>
  const nearMisses = [...findNearMisses(env), ...findForeignNames(names, env)]
  const notices: string[] = []
  const notice = (sentence: string): void => void notices.push(sentence)
  const isSet = (name: N): boolean => texts.has(name) || problems.has(name)
  const settings = parse({ values, isSet, report, notice })
  if (settings === undefined || problems.size > 0) {
    const sentences = [...sentencesOf(problems), ...nearMisses]
    throw new AppError('config_invalid', { detail: sentences.map((s) => `  ${s}`).join('\n') })
  }
  return { settings, values, notices: [...notices, ...nearMisses] }
}
