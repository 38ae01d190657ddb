/** The left side of a template: what a row of the column looks like. */
import { nearest, TemplateProblem } from './problem.ts'

const HELD = ['hash', 'salt', 'iterations'] as const
export type HeldName = (typeof HELD)[number]

/** A part of a row: a value, or what is always there. */
export type ShapePart =
  | { readonly is: 'value'; readonly name: HeldName; readonly column: number }
  | { readonly is: 'literal'; readonly text: string }

const PART = /(?<dollars>\$*)(?:\$(?<name>[a-z]\w*))|(?<run>\$+)|(?<text>[^$]+)/gi

/** `$$` is a dollar, and so is the single one that is left before a value: `$salt$$hash` has one. */
const dollarsOf = (run: string): string => '$'.repeat(Math.ceil(run.length / 2))

const isHeld = (name: string): name is HeldName => (HELD as readonly string[]).includes(name)

const valueOf = (name: string, column: number): ShapePart => {
  if (isHeld(name)) return { is: 'value', name, column }
  if (name === 'pass' || name === 'pepper') {
    throw new TemplateProblem(`$${name} is in no column: it stands behind the =`, column)
  }
  throw new TemplateProblem(
    `there is no variable $${name} here; did you mean $${nearest(name, HELD)}?`,
    column,
  )
}

const literal = (text: string): ShapePart[] => (text === '' ? [] : [{ is: 'literal', text }])

const partsOf = (match: RegExpMatchArray, offset: number): ShapePart[] => {
  const { dollars = '', name, run = '', text = '' } = match.groups ?? {}
  const column = offset + (match.index ?? 0) + 1
  if (run === '$') throw new TemplateProblem('a dollar in a row is written $$', column)
  if (name === undefined) return literal(text + dollarsOf(run))
  // Behind whole pairs of dollars, a word is a word.
  if (!isHeld(name) && dollars.length % 2 === 1) return literal(dollarsOf(dollars) + name)
  return [...literal(dollarsOf(dollars)), valueOf(name, column + dollars.length)]
}

const check = (parts: readonly ShapePart[], end: number): void => {
  const values = parts.filter((part) => part.is === 'value')
  for (const [i, { name, column }] of values.entries()) {
    if (values.findIndex((other) => other.name === name) < i) {
      throw new TemplateProblem(`$${name} is here twice`, column)
    }
  }
  for (const [i, part] of parts.entries()) {
    if (part.is === 'value' && parts[i - 1]?.is === 'value') {
      const problem = 'something must separate the values; a dollar is written $$'
      throw new TemplateProblem(problem, part.column)
    }
  }
  if (!values.some(({ name }) => name === 'hash')) {
    throw new TemplateProblem('$hash is missing before the =', end)
  }
}

/**
 * @param offset the columns before the text
 * @throws TemplateProblem for anything but values with separators between them
 */
export const parseShape = (text: string, offset: number): readonly ShapePart[] => {
  const space = text.search(/\s/)
  if (space >= 0) throw new TemplateProblem('a row has no spaces', offset + space + 1)
  const parts = [...text.matchAll(PART)].flatMap((match) => partsOf(match, offset))
  check(parts, offset + text.length + 1)
  return parts
}

/** What a value looks like, as the source of a regular expression. */
const PATTERNS: Readonly<Record<Exclude<HeldName, 'hash'>, string>> = {
  /** Separators, too: a salt of any printable characters can have them. */
  salt: '[^]+',
  iterations: String.raw`\d+`,
}

/** Everything but letters and digits: what has a meaning in a regular expression, and what has none. */
const escaped = (literal: string): string => literal.replaceAll(/[^\p{L}\p{N}]/gu, String.raw`\$&`)

/** @param hash what the hash looks like, as the source of a regular expression */
export const patternOf = (parts: readonly ShapePart[], hash: string): RegExp => {
  const sources = parts.map((part) => {
    if (part.is === 'literal') return escaped(part.text)
    return `(?<${part.name}>${part.name === 'hash' ? hash : PATTERNS[part.name]})`
  })
  return new RegExp(`^${sources.join('')}$`)
}
