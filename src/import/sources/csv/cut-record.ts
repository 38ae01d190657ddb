/** Cuts one CSV record (RFC 4180) into its fields. */

/** No message quotes the input, which may be a password. */
const FLAWS = {
  open: 'a quote is opened and never closed',
  closed: 'a closing quote is followed by more text; a quote inside is doubled',
  inside: 'a quote stands inside an unquoted field; quote the field, and double it',
} as const

export type Cut = { readonly values: readonly string[] } | { readonly flaw: string }

export const isOpen = (cut: Cut): boolean => 'flaw' in cut && cut.flaw === FLAWS.open

interface Field {
  readonly value: string
  /** Where the next field begins; beyond the end of the record after its last. */
  readonly next: number
}

/** Blanks around quotes are not part of the field. */
const skipBlanks = (text: string, from: number, delimiter: string): number => {
  let at = from
  while (text[at] === ' ' || (text[at] === '\t' && delimiter !== '\t')) at++
  return at
}

const closingQuote = (text: string, from: number): number => {
  let at = text.indexOf('"', from)
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}

const readQuoted = (text: string, from: number, delimiter: string): Field | { flaw: string } => {
  const end = closingQuote(text, from)
  if (end < 0) return { flaw: FLAWS.open }
  const next = skipBlanks(text, end + 1, delimiter)
  if (next < text.length && text[next] !== delimiter) return { flaw: FLAWS.closed }
  return { value: text.slice(from, end).replaceAll('""', '"'), next: next + 1 }
}

const readField = (text: string, from: number, delimiter: string): Field | { flaw: string } => {
  const start = skipBlanks(text, from, delimiter)
  if (text[start] === '"') return readQuoted(text, start + 1, delimiter)
  const found = text.indexOf(delimiter, from)
  const end = found < 0 ? text.length : found
  const value = text.slice(from, end)
  return value.includes('"') ? { flaw: FLAWS.inside } : { value, next: end + 1 }
}

const cutQuoted = (text: string, delimiter: string): Cut => {
  const values: string[] = []
  for (let at = 0; at <= text.length;) {
    const field = readField(text, at, delimiter)
    if ('flaw' in field) return field
    values.push(field.value)
    at = field.next
  }
  return { values }
}

/** @param text of one record, without its line end */
export const cutRecord = (text: string, delimiter: string): Cut =>
  text.includes('"') ? cutQuoted(text, delimiter) : { values: text.split(delimiter) }

/** Databases write text between tabs as it is: what cannot be quotes there are characters. */
export const cutPlain = (text: string, delimiter: string): Cut | undefined =>
  delimiter === '\t' ? { values: text.split(delimiter) } : undefined

/** The text after so many fields, also of a record that is damaged behind them; all of it where they are. */
export const textAfter = (text: string, count: number, delimiter: string): string => {
  let at = 0
  for (let i = 0; i < count; i++) {
    const field = readField(text, at, delimiter)
    if ('flaw' in field) return text
    at = field.next
  }
  return text.slice(at)
}
