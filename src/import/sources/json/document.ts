/** Splits a JSON document, or objects over several lines, into its users while it streams. */
import type { Pieces } from '../bytes.ts'
import { MAX_LINE_BYTES } from '../lines.ts'

export interface Element {
  readonly text: string
  /** The line on which it begins. */
  readonly line: number
  readonly fractionRead: number | undefined
  readonly flaw: string | undefined
}

const FOREIGN = 'the object is not UTF-8'
const BROKEN = 'a text in the object has no closing quote in its line'
const CUT_OFF = 'the input ends in the middle of the object'
const TOO_LONG = 'the object is longer than 1 MiB, and its text is left out'

const STRUCTURE = /["{}[\]\n]/g
const IN_TEXT = /["\\\n]/g

/** Where an object has its users under this name, they are the rows, and not the object. */
const USERS = /"users"\s*:\s*$/i

interface State {
  /** What was not yet cut; an element begins at 0 while one is open. */
  rest: string
  at: number
  line: number
  /** How deep the next character lies, and how deep the elements do. */
  depth: number
  base: number
  isInText: boolean
  start: { readonly line: number } | undefined
  isFirst: boolean
  /** Whether brackets cannot be trusted, since an element before was broken. */
  isLost: boolean
  isOver: boolean
  /** Of the line so far, its white space; undefined once there is more. */
  indent: number | undefined
  /** That of the lines on which elements begin. */
  elementIndent: number
}

type Found = Omit<Element, 'fractionRead'>

const finish = (state: State, end: number, flaw?: string): Found => {
  const text = state.rest.slice(0, end)
  const found = {
    text: flaw === TOO_LONG ? '' : text,
    line: state.start?.line ?? state.line,
    flaw: flaw ?? (text.includes('\uFFFD') ? FOREIGN : undefined),
  }
  Object.assign(state, { rest: state.rest.slice(end), at: 0, depth: state.base })
  Object.assign(state, { start: undefined, isFirst: false, isInText: false })
  return found
}

/** JSON has no line end in a text: the element is broken, and the next line may begin another. */
const breakOff = (state: State, end: number, flaw: string): Found => {
  const found = finish(state, end, flaw)
  state.isLost = true
  return found
}

const measureIndent = (state: State, to: number): void => {
  if (state.indent === undefined) return
  const isBlank = state.rest.slice(state.at, to).trim() === ''
  state.indent = isBlank ? state.indent + to - state.at : undefined
}

const openBracket = (state: State, char: string, at: number): void => {
  if (char === '{' && state.start === undefined) {
    Object.assign(state, { rest: state.rest.slice(at), at: 1, depth: state.base })
    Object.assign(state, { start: { line: state.line }, isLost: false })
  } else if (char === '[' && state.isFirst) {
    const isArray = state.start === undefined
    const isList = isArray || (state.depth === 1 && USERS.test(state.rest.slice(0, at)))
    const list = { start: undefined, base: state.depth + 1, isFirst: false }
    if (isList) Object.assign(state, list)
  }
  state.depth++
}

const closeBracket = (state: State, at: number, char: string): Found | undefined => {
  if (state.start !== undefined) {
    state.depth--
    return state.depth === state.base ? finish(state, at + 1) : undefined
  }
  // After a broken element only a bracket at the very left of the elements is surely the list's.
  const isListsOwn = !state.isLost || (state.indent ?? Infinity) <= state.elementIndent
  if (char === ']' && isListsOwn && state.base > 0) state.isOver = true
  return undefined
}

/** One step to the next character that matters; undefined at the end of what is there. */
const step = (state: State): { found: Found | undefined } | undefined => {
  const pattern = state.isInText ? IN_TEXT : STRUCTURE
  pattern.lastIndex = state.at
  const match = pattern.exec(state.rest)
  measureIndent(state, match?.index ?? state.rest.length)
  if (!match || (match[0] === '\\' && match.index + 1 === state.rest.length)) {
    state.at = match?.index ?? state.rest.length
    return undefined
  }
  const [char] = match
  state.at = match.index + (char === '\\' ? 2 : 1)
  if (char === '\n') {
    const found = state.isInText && state.start ? breakOff(state, match.index, BROKEN) : undefined
    state.isInText = false
    if (!found) Object.assign(state, { line: state.line + 1, indent: 0 })
    return { found }
  }
  if (char === '{' && state.start === undefined && state.indent !== undefined) {
    state.elementIndent = state.indent
  }
  const found = char === '}' || char === ']' ? closeBracket(state, match.index, char) : undefined
  state.indent = undefined
  if (char === '"') state.isInText = !state.isInText
  if (char === '{' || char === '[') openBracket(state, char, match.index)
  return { found }
}

const advance = (state: State): Found[] => {
  const all: Found[] = []
  for (let next = step(state); next && !state.isOver; next = step(state)) {
    if (next.found) all.push(next.found)
  }
  if (state.start === undefined) {
    // Only a bracket after it would need what stands here.
    state.rest = state.rest.slice(state.at)
    state.at = 0
  } else if (state.rest.length > MAX_LINE_BYTES) {
    all.push(breakOff(state, state.rest.length, TOO_LONG))
  }
  return all
}

export async function* readDocument(pieces: Pieces): AsyncGenerator<Element, void> {
  const decoder = new TextDecoder()
  const state: State = {
    rest: '',
    at: 0,
    line: 1,
    depth: 0,
    base: 0,
    isInText: false,
    start: undefined,
    isFirst: true,
    isLost: false,
    isOver: false,
    indent: 0,
    elementIndent: Infinity,
  }
  let last: number | undefined
  for await (const { bytes, fractionRead } of pieces) {
    last = fractionRead
    state.rest += decoder.decode(bytes, { stream: true })
    for (const found of advance(state)) yield { ...found, fractionRead }
    if (state.isOver) return
  }
  if (state.start !== undefined) {
    yield { ...finish(state, state.rest.length, CUT_OFF), fractionRead: last }
  }
}
