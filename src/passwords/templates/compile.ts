/** Compiles a template into a family: its shape claims the rows, and its outermost function makes their plans. */
import { wholeNumber } from '../notation.ts'
import type { Family } from '../family.ts'
import { canRead, type FormulaContext } from './formula.ts'
import { outermostOf } from './outermost.ts'
import { parseExpression } from './parser.ts'
import { TemplateProblem } from './problem.ts'
import { parseShape, patternOf, type HeldName, type ShapePart } from './shape.ts'
import type { Outermost } from './written.ts'

/** A template whose variables agree with its shape. */
export interface Template {
  readonly family: Family
  /** The column of its expression. */
  readonly column: number
  readonly hasSalt: boolean
  /** A row of this shape. */
  readonly sampleRow: (salt: string) => string
}

/** More is in no column, and is hashed for every guess. */
const MAX_SALT_BYTES = 1024

/** N of scrypt can be `$iterations`: a power of two. */
const SAMPLE_ITERATIONS = '2'

const familyOf = (
  shape: readonly ShapePart[],
  { pattern, planOf }: Outermost,
  saltReaders: FormulaContext['saltReaders'],
): Family => {
  const claims = patternOf(shape, pattern)
  return {
    identifier: 'template',
    claims,
    parse(encoded) {
      const { hash = '', salt: text = '', iterations } = claims.exec(encoded)?.groups ?? {}
      const count = wholeNumber(iterations ?? '0')
      const salt = new TextEncoder().encode(text)
      const isSound =
        salt.length <= MAX_SALT_BYTES && [...saltReaders].every((r) => canRead(r, text))
      if (!isSound || count === undefined) return { flaw: 'malformed' }
      return planOf({ hash, salt, iterations: count })
    },
  }
}

/** What a row holds is used, and what is used is in the row. */
const checkVariables = (
  shape: readonly ShapePart[],
  used: ReadonlyMap<string, number>,
  column: number,
): void => {
  if (!used.has('pass')) throw new TemplateProblem('$pass is missing in the expression', column)
  for (const name of ['salt', 'iterations'] as const) {
    const held = shape.find((part) => part.is === 'value' && part.name === name)
    const at = used.get(name)
    if (at !== undefined && !held) {
      throw new TemplateProblem(`$${name} is used, but it is not before the =`, at)
    }
    if (at === undefined && held?.is === 'value') {
      throw new TemplateProblem(`$${name} is in the row, but not in the expression`, held.column)
    }
  }
}

const EQUALS = ' = '

/** @throws TemplateProblem, whose column is one of the line */
export const compileTemplate = (line: string, pepper: string | undefined): Template => {
  const at = line.indexOf(EQUALS)
  if (at < 0) throw new TemplateProblem('there is no = with a space on both sides', 1)
  const indent = line.length - line.trimStart().length
  const shape = parseShape(line.slice(indent, at).trimEnd(), indent)
  const tree = parseExpression(line.slice(at + EQUALS.length), at + EQUALS.length)
  const context: FormulaContext = { pepper, saltReaders: new Set(), used: new Map() }
  const outermost = outermostOf(tree, context)
  checkVariables(shape, context.used, tree.column)
  const row = (values: Readonly<Record<HeldName, string>>): string =>
    shape.map((part) => (part.is === 'value' ? values[part.name] : part.text)).join('')
  return {
    family: familyOf(shape, outermost, context.saltReaders),
    column: tree.column,
    hasSalt: context.used.has('salt'),
    sampleRow: (salt) => row({ hash: outermost.sample, salt, iterations: SAMPLE_ITERATIONS }),
  }
}
