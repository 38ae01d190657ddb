/** Reads BER elements, strictly: what is missing is never taken for a value. */

export interface BerElement {
  readonly tag: number
  readonly content: Buffer
  /** The position behind it. */
  readonly end: number
}

/** Of any one message: an entry comes with the attributes that were asked for, and no others. */
const MAX_MESSAGE_BYTES = 65_536

/**
 * LDAP takes the definite form of lengths only (RFC 4511, section 5.1), but not always the shortest: Active
 * Directory sends four bytes for each.
 * @returns undefined where it is not complete yet
 * @throws TypeError where it can never become an element
 */
export const readElement = (bytes: Buffer, at = 0): BerElement | undefined => {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined) return undefined
  const isLong = first > 0x7f
  const size = isLong ? first & 0x7f : 0
  if (isLong && (size === 0 || size > 4)) throw new TypeError('a length of no known form')
  const start = at + 2 + size
  if (bytes.length < start) return undefined
  const length = size === 0 ? first : bytes.readUIntBE(at + 2, size)
  if (length > MAX_MESSAGE_BYTES) throw new TypeError('a message that is too large')
  const end = start + length
  return bytes.length < end ? undefined : { tag, content: bytes.subarray(start, end), end }
}

/** All elements of a content, with nothing between or behind them. @throws TypeError */
export const elementsOf = (content: Buffer): BerElement[] => {
  const elements: BerElement[] = []
  for (let at = 0; at < content.length;) {
    const element = readElement(content, at)
    if (!element) throw new TypeError('an element that is cut off')
    elements.push(element)
    at = element.end
  }
  return elements
}

/** @throws TypeError where the element is missing or another one */
export const contentOf = (element: BerElement | undefined, tag: number): Buffer => {
  if (element?.tag !== tag) throw new TypeError('another element than LDAP has there')
  return element.content
}

/** A number of one to four bytes that is not negative. @throws TypeError */
export const integerOf = (element: BerElement | undefined, tag: number): number => {
  const content = contentOf(element, tag)
  const [first] = content
  if (first === undefined || first > 0x7f || content.length > 4)
    throw new TypeError('a number that LDAP does not have there')
  return content.readUIntBE(0, content.length)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws TypeError where it is no UTF-8 */
export const utf8Of = (element: BerElement | undefined): string =>
  utf8.decode(contentOf(element, 0x04))
