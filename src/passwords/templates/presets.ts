/** Formats that have a name, since no expression says what they do. */
import { bcrypt } from '../families/bcrypt.ts'
import { wordpressBcrypt } from '../families/bcrypt-forms.ts'
import { phpass } from '../families/phpass.ts'
import { costOf, type Family } from '../family.ts'
import type { Form } from '../password-forms.ts'

/** The same rows as the families, with more tries of each password. */
const withForms = (
  identifier: string,
  families: readonly Family[],
  forms: readonly Form[],
): Family => ({
  identifier,
  claims: new RegExp(families.map(({ claims }) => claims.source).join('|')),
  parse(encoded, secrets) {
    const found = families.find(({ claims }) => claims.test(encoded))?.parse(encoded, secrets)
    if (!found) return { flaw: 'malformed' }
    if ('flaw' in found) return found
    const cost = found.kind.cost + costOf(forms.length)
    return { ...found, forms, kind: { ...found.kind, cost } }
  },
})

export const PRESETS: ReadonlyMap<string, Family> = new Map([
  ['wordpress', withForms('wordpress', [bcrypt, wordpressBcrypt, phpass], ['utf-8', 'wordpress'])],
])
