/** Reads the messages of a directory (RFC 4511, section 4): entries, references to other servers, and results. */
import { isUtf8 } from 'node:buffer'
import { contentOf, elementsOf, integerOf, utf8Of, type BerElement } from './elements.ts'

/** The tags of the results that end an operation. */
export const RESULT_TAGS = { bind: 0x61, search: 0x65, extended: 0x78 } as const

export type Operation = keyof typeof RESULT_TAGS

export interface DirectoryResult {
  readonly kind: Operation
  readonly code: number
  /** For its codes only: it may quote names, so that it is not logged. */
  readonly diagnostic: string
  /** What the password policy control says (draft-behera-ldap-password-policy-11, section 6.2). */
  readonly policyError: number | undefined
}

export interface DirectoryEntry {
  readonly kind: 'entry'
  readonly dn: string
  /** Of all attributes that were asked for. */
  readonly values: readonly string[]
}

type Content = DirectoryResult | DirectoryEntry | { readonly kind: 'reference' }

export interface DirectoryMessage {
  readonly id: number
  readonly content: Content
}

export const POLICY_CONTROL = '1.3.6.1.4.1.42.2.27.8.5.1'

const CONTROLS = 0xa0

const policyErrorIn = (value: Buffer): number | undefined => {
  const [sequence] = elementsOf(value)
  const error = elementsOf(contentOf(sequence, 0x30)).find(({ tag }) => tag === 0x81)
  return error && integerOf(error, 0x81)
}

const readPolicyError = (controls: BerElement | undefined): number | undefined => {
  if (!controls) return undefined
  for (const control of elementsOf(contentOf(controls, CONTROLS))) {
    const [type, ...rest] = elementsOf(contentOf(control, 0x30))
    const value = rest.find(({ tag }) => tag === 0x04)
    if (value && utf8Of(type) === POLICY_CONTROL) return policyErrorIn(value.content)
  }
  return undefined
}

/** A value that is no UTF-8 is no login, not even one with the character that stands for it. */
const readValue = (element: BerElement): string => {
  const content = contentOf(element, 0x04)
  return isUtf8(content) ? content.toString() : ''
}

const readEntry = (content: Buffer): DirectoryEntry => {
  const [dn, attributes] = elementsOf(content)
  const values = elementsOf(contentOf(attributes, 0x30)).flatMap((attribute) => {
    const [, set] = elementsOf(contentOf(attribute, 0x30))
    return elementsOf(contentOf(set, 0x31)).map(readValue)
  })
  return { kind: 'entry', dn: utf8Of(dn), values }
}

const readResult = (
  kind: Operation,
  content: Buffer,
  controls: BerElement | undefined,
): DirectoryResult => {
  const [code, matchedDn, diagnostic] = elementsOf(content)
  contentOf(matchedDn, 0x04)
  return {
    kind,
    code: integerOf(code, 0x0a),
    diagnostic: contentOf(diagnostic, 0x04).toString(),
    policyError: readPolicyError(controls),
  }
}

const readContent = ({ tag, content }: BerElement, controls: BerElement | undefined): Content => {
  switch (tag) {
    case 0x64:
      return readEntry(content)
    case 0x73:
      return { kind: 'reference' }
    case RESULT_TAGS.bind:
      return readResult('bind', content, controls)
    case RESULT_TAGS.search:
      return readResult('search', content, controls)
    case RESULT_TAGS.extended:
      return readResult('extended', content, controls)
    default:
      throw new TypeError('a message that answers no question of ours')
  }
}

/** @throws TypeError for what is no such message */
export const readMessage = (message: BerElement): DirectoryMessage => {
  const [id, operation, controls] = elementsOf(contentOf(message, 0x30))
  if (!operation) throw new TypeError('a message without content')
  return { id: integerOf(id, 0x02), content: readContent(operation, controls) }
}
