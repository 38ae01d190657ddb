/** Owns the reading of JSON lines: one object a line, its names the columns. */
import type { FlawedRow, SoundRow, SourceRow, Value } from './source.ts'
import type { Block } from './whole-lines.ts'

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

const isValue = (value: unknown): value is Value =>
  isScalar(value) || (Array.isArray(value) && value.every(isScalar))

const isEmpty = (value: unknown): boolean => value === null || value === ''

type Reading = Pick<SoundRow, 'fields'> | Pick<FlawedRow, 'flaw' | 'raw'>

const flawed = (flaw: string): Reading => ({ flaw, raw: [] })

const readLine = (text: string): Reading => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return flawed('the line is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return flawed('the line is not a JSON object')
  }
  const pairs = Object.entries(parsed).filter(([, value]) => !isEmpty(value))
  const odd = pairs.find(([, value]) => !isValue(value))
  if (odd) return flawed(`${odd[0]} is neither text, a number, true, false nor a list of these`)
  return { fields: new Map(pairs as [string, Value][]) }
}

/** @param size of the input in bytes, where it is known */
export async function* readJsonLines(
  first: Block,
  rest: AsyncIterable<Block>,
  size: number | undefined,
): AsyncGenerator<SourceRow, void> {
  async function* blocks(): AsyncGenerator<Block, void> {
    yield first
    yield* rest
  }
  let number = 0
  let bytes = 0
  for await (const block of blocks()) {
    for (const [i, text] of block.text.split('\n').entries()) {
      bytes += Buffer.byteLength(text) + 1
      if (text.trim() === '') continue
      const behind = size && Math.min(1, bytes / size)
      yield { number: ++number, line: block.line + i, behind, ...readLine(text) }
    }
  }
}
