/** Reads JSON as rows: one object per line, or the users of one document. */
import type { Pieces } from '../bytes.ts'
import { readDocument } from './document.ts'
import { readObject } from './read-object.ts'
import { readLines } from '../lines.ts'
import type { SourceRow } from '../source.ts'

/** A first line longer than this is one document without line ends. */
const MAX_LOOK_BYTES = 65_536

const SECOND_LINE = /\n\s*\S/

/** What an array begins with, or an object, is enough to tell one from the other. */
export const isEnoughJson = (head: Buffer): boolean => {
  const text = head.toString('latin1').trimStart()
  if (text === '') return false
  return !text.startsWith('{') || head.length > MAX_LOOK_BYTES || SECOND_LINE.test(text)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const hasUsers = (value: object): boolean =>
  Object.entries(value).some(([name, list]) => /^users$/i.test(name) && Array.isArray(list))

/** Whether the brackets of a first line are still open at its end, and no text is. */
const isLeftOpen = (line: string): boolean => {
  const bare = line.replace(/"(?:[^"\\]|\\.)*"/g, '')
  const count = (pattern: RegExp): number => bare.match(pattern)?.length ?? 0
  return !bare.includes('"') && count(/[{[]/g) > count(/[}\]]/g)
}

/** Whether the text is one document or objects over several lines, and not an object a line. */
export const isDocument = (head: Buffer): boolean => {
  const text = head.toString('utf8').trimStart()
  if (text.startsWith('[')) return true
  const end = text.indexOf('\n')
  if (end < 0 && head.length > MAX_LOOK_BYTES) return true
  const first = end < 0 ? text : text.slice(0, end)
  const value = parse(first)
  if (typeof value === 'object' && value !== null) return hasUsers(value)
  return isLeftOpen(first) && !text.slice(end).trimStart().startsWith('{')
}

export async function* readJsonLines(
  pieces: Pieces,
  paths: readonly string[],
): AsyncGenerator<SourceRow, void> {
  let number = 0
  for await (const batch of readLines(pieces)) {
    for (const { text, flaw, number: line, fractionRead } of batch) {
      if (flaw === undefined && text.trim() === '') continue
      const reading = flaw === undefined ? readObject(text, 'the line', paths) : { flaw, raw: text }
      yield { number: ++number, line, fractionRead, ...reading }
    }
  }
}

export async function* readJsonDocument(
  pieces: Pieces,
  paths: readonly string[],
): AsyncGenerator<SourceRow, void> {
  let number = 0
  for await (const { text, flaw, line, fractionRead } of readDocument(pieces)) {
    const reading = flaw === undefined ? readObject(text, 'the object', paths) : { flaw, raw: text }
    yield { number: ++number, line, fractionRead, ...reading }
  }
}
