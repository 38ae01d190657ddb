/** Refuses a column `enabled` that cannot be read as a flag, and suggests an expression in its place. */
import {
  FLAG_WORDS,
  isShowableWord,
  LIKELY_ENABLED,
  MAX_FLAG_WORDS,
  readFlag,
} from '../../text/flag.ts'
import type { CheckDeps, ColumnType } from '../sql/driver.ts'
import { prepare, valuesForUnknown } from '../sql/lookup.ts'

const NAME = String.raw`(?:\w+|"[^"]+"|\x60[^\x60]+\x60|\[[^\]]+\])`
/** What the statement returns as enabled: a column under this or another name. No other expression is quoted. */
const SOURCE = new RegExp(
  String.raw`(?<renamed>(?:${NAME}\.)?${NAME})\s+AS\s+["\x60[]?enabled\b["\x60\]]?` +
    String.raw`|(?<plain>(?:\b\w+\.)?["\x60[]?\benabled\b["\x60\]]?)`,
  'i',
)

/** An expression in place of the column, if the database takes the statement with it. */
const advise = async (
  { use, lookup, driver }: CheckDeps,
  expressionOf: (source: string) => string,
): Promise<string> => {
  const { renamed, plain } = SOURCE.exec(lookup.sql)?.groups ?? {}
  const source = renamed ?? plain
  if (source === undefined) return ''
  const expression = `${expressionOf(source)} AS enabled`
  const sql = lookup.sql.replace(SOURCE, () => expression)
  try {
    const changed = prepare(sql, driver.dialect)
    await use((connection) => connection.query(changed.text, valuesForUnknown(changed)))
    return ` Write: ${expression}`
  } catch {
    // Advice that does not run is worse than none.
    return ''
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", "''")}'`

const refuseWords = async (deps: CheckDeps, words: readonly string[]): Promise<never> => {
  const enabledWord = words.find((word) => LIKELY_ENABLED.test(word)) ?? words[0] ?? ''
  const isFlag = words.some((word) => LIKELY_ENABLED.test(word) || readFlag(word) !== undefined)
  const isFew = isFlag && words.length <= MAX_FLAG_WORDS && words.every(isShowableWord)
  const isEnabled = (source: string) =>
    `CASE WHEN ${source} = ${quoted(enabledWord)} THEN 1 ELSE 0 END`
  const advice = isFew ? await advise(deps, isEnabled) : ''
  const shown = isFew ? ` (it holds ${words.map(quoted).join(', ')})` : ''
  throw new TypeError(
    `enabled must be ${FLAG_WORDS}, but has other values${shown}.` +
      (advice && `${advice}, if ${quoted(enabledWord)} means that a person may sign in`),
  )
}

/** @throws TypeError where the type of the column cannot be a flag */
export const refuseFlagTypes = async (deps: CheckDeps, type?: ColumnType): Promise<void> => {
  if (type?.kind === 'date') {
    const advice = await advise(deps, (source) => `CASE WHEN ${source} IS NULL THEN 0 ELSE 1 END`)
    throw new TypeError(
      `enabled is a date or time, and must be a flag.` +
        (advice && `${advice}, if all people with such a date may sign in`),
    )
  }
  if (type?.kind === 'other')
    throw new TypeError(`enabled must be ${FLAG_WORDS}, but has another type`)
  const words = type?.words
  if (words?.some((word) => readFlag(word) === undefined)) await refuseWords(deps, words)
}

/** @param values of the accounts that were looked up as samples @throws TypeError where one is no flag */
export const refuseFlagValues = async (deps: CheckDeps, values: readonly unknown[]) => {
  if (values.every((value) => readFlag(value) !== undefined)) return
  const given = values.filter((value) => value !== null && value !== undefined)
  const counts = Map.groupBy(given.map(String), (word) => word)
  const words = [...counts].sort(([, a], [, b]) => b.length - a.length).map(([word]) => word)
  await refuseWords(deps, words)
}
