/** How text from outside is shown. */
import { expect, it } from 'vitest'
import { printable } from '../../src/text/printable.ts'
import { fc } from '../support/properties.ts'

it.each([
  ['Müller 李 🔑', 'Müller 李 🔑'],
  ['a\u001b[31mb\r\nc', 'a [31mb c'],
  ['\u202egnp.exe\u2066\u200b', 'gnp.exe'],
  ['a\u009b31m\u2028b\ud800', 'a 31m b'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

it('shown text is one line within its limit, whatever comes in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const shown = printable(text, 20)
      expect(shown.length).toBeLessThanOrEqual(21)
      expect(shown).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u)
    }),
  )
})
