/** Reads the expression of a template into a tree: the grammar is in docs/HASHES.md. */
import { wholeNumber } from '../notation.ts'
import { TemplateProblem } from './problem.ts'

/** Columns count from 1. */
interface Place {
  readonly column: number
}

export interface CallNode extends Place {
  readonly is: 'call'
  readonly name: string
  readonly args: readonly TreeNode[]
}

export type TreeNode =
  | CallNode
  | (Place & { readonly is: 'variable'; readonly name: string })
  | (Place & { readonly is: 'text'; readonly text: string })
  | (Place & { readonly is: 'number'; readonly value: number })
  | (Place & { readonly is: 'concat'; readonly of: readonly TreeNode[] })

interface Token extends Place {
  readonly kind: 'variable' | 'text' | 'name' | 'number' | 'sign' | 'end'
  readonly text: string
}

const TOKEN =
  /\s*(?:\$(?<variable>\w+)|(?<text>'[^']*'|"[^"]*")|(?<name>[a-z_][\w-]*)|(?<number>\d+)|(?<sign>[().,]))/iy

const KINDS = ['variable', 'text', 'name', 'number', 'sign'] as const

const complain = (rest: string, column: number): never => {
  if (/^['"]/.test(rest)) throw new TemplateProblem('this quote is not closed', column)
  throw new TemplateProblem('this is no part of an expression: text stands in quotes', column)
}

/** @param offset the columns before the text */
const tokensOf = (text: string, offset: number): Token[] => {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const groups = TOKEN.exec(text)?.groups ?? {}
    const rest = text.slice(at)
    const column = offset + at + rest.length - rest.trimStart().length + 1
    const kind = KINDS.find((each) => groups[each] !== undefined)
    if (!kind) return complain(rest.trimStart(), column)
    tokens.push({ kind, text: groups[kind] ?? '', column })
  }
  return [...tokens, { kind: 'end', text: '', column: offset + end + 1 }]
}

/** Deeper than any system nests, and shallow enough for the stack of a thread. */
const MAX_DEPTH = 32

const readNumber = ({ text, column }: Token): TreeNode => {
  const value = wholeNumber(text)
  if (value === undefined) throw new TemplateProblem('this number cannot be used', column)
  return { is: 'number', value, column }
}

/** @throws TemplateProblem for anything but one expression */
export const parseExpression = (text: string, offset: number): TreeNode => {
  const tokens = tokensOf(text, offset)
  let at = 0
  const next = (): Token => tokens[at] ?? { kind: 'end', text: '', column: offset + 1 }
  const take = (): Token => {
    const token = next()
    at++
    return token
  }
  const takes = (sign: string): boolean => {
    const found = next().kind === 'sign' && next().text === sign
    if (found) at++
    return found
  }
  const expect = (sign: string, problem: string): void => {
    if (!takes(sign)) throw new TemplateProblem(problem, next().column)
  }

  const callOf = ({ text: name, column }: Token, depth: number): TreeNode => {
    // A word that is no function may be a key that lacks its quotes: it is not repeated.
    expect('(', 'a function needs ( after its name; text stands in quotes')
    const args = [concatOf(depth)]
    while (takes(',')) args.push(concatOf(depth))
    expect(')', 'a , a . or a ) is missing here')
    return { is: 'call', name, args, column }
  }

  const termOf = (depth: number): TreeNode => {
    const token = take()
    const { kind, column } = token
    if (depth > MAX_DEPTH) throw new TemplateProblem('this is nested too deeply', column)
    if (kind === 'name') return callOf(token, depth + 1)
    if (kind === 'variable') return { is: 'variable', name: token.text, column }
    if (kind === 'text') return { is: 'text', text: token.text.slice(1, -1), column }
    if (kind === 'number') return readNumber(token)
    throw new TemplateProblem('a function, a variable or a text is missing here', column)
  }

  const concatOf = (depth: number): TreeNode => {
    const first = termOf(depth)
    const of = [first]
    while (takes('.')) of.push(termOf(depth))
    return of.length === 1 ? first : { is: 'concat', of, column: first.column }
  }

  const tree = concatOf(0)
  if (next().kind !== 'end') {
    throw new TemplateProblem('a . or the end is missing here', next().column)
  }
  return tree
}
