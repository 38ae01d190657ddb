/** Reads the known answers of a core, which are written as the hashes that another implementation made. */
import type { Family, PasswordCheck, Plan } from '../family.ts'

/**
 * @param passwords by their encoded hash
 * @throws TypeError for a hash that the family does not take
 */
export const readKnown = <P extends Plan>(
  family: Family<P>,
  passwords: Readonly<Record<string, string>>,
): PasswordCheck<P>[] =>
  Object.entries(passwords).map(([encoded, password]) => {
    const plan = family.parse(encoded)
    if ('flaw' in plan) throw new TypeError(`a known answer is ${plan.flaw}`)
    return { plan, password }
  })
