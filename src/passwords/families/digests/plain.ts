/** The family of passwords in plain text behind an id that says so, for a server that is told to take them. */
import { createHash } from 'node:crypto'
import { digest, UTF_16_PASSWORD } from '../../expression.ts'
import { digestPlan, type DigestPlan, type Family } from '../../family.ts'

/** Spring; Dovecot and OpenLDAP. A string without an id is never one: it could be a damaged hash, typed by a thief. */
const ID = /^\{(?:noop|PLAIN|plain|CLEAR(?:TEXT)?|clear(?:text)?)\}/

/** Digests are compared, so that the time says nothing of the length. Of the characters, whatever encodings are tried. */
const INPUT = digest('sha256', UTF_16_PASSWORD)

export const plainText: Family<DigestPlan> = {
  identifier: 'plain-text',
  claims: ID,
  keepsBlanks: true,

  parse(encoded, secrets) {
    if (!secrets?.plain) return { flaw: 'unrecognised' }
    const text = encoded.replace(ID, '')
    if (text === '') return { flaw: 'malformed' }
    const want = createHash('sha256').update(text, 'utf16le').digest()
    return digestPlan(INPUT, new Uint8Array(), Uint8Array.from(want))
  },
}
