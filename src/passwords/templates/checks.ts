/** Tries a template with made-up passwords and salts: a formula that ignores one of them is a mistake. */
import { isOutOfBounds, type Bounds } from '../bounds.ts'
import { evaluate } from '../expression.ts'
import type { Plan } from '../family.ts'
import type { Template } from './compile.ts'
import { TemplateProblem } from './problem.ts'

/**
 * They differ in more than the case of their letters, from the eighth byte on: with fewer that count, as behind a
 * long pepper in bcrypt, a stranger could guess them.
 */
const PASSWORDS = ['correct horse', 'correctly so'] as const

/** They can be read as hex, as base64 and as Latin-1. */
const SALTS = ['0123abcd', '4567abcd'] as const

/** bcrypt reads no more. */
const BCRYPT_BYTES = 72

/** What is hashed: where it differs, the hashes do. */
const hashedBy = ({ core, input, salt }: Plan, password: string): string => {
  const bytes = new TextEncoder().encode(password)
  const made = input ? evaluate(input, { password: bytes, typed: password, salt }) : bytes
  const read = core === 'bcrypt' ? made.subarray(0, BCRYPT_BYTES) : made
  // The salt of a digest is in its input or nowhere.
  return Buffer.concat(core === 'digest' ? [read] : [salt, read]).toString('hex')
}

const planOf = ({ family, sampleRow, column }: Template, salt: string): Plan => {
  const plan = family.parse(sampleRow(salt))
  if ('flaw' in plan) {
    const problem = 'these numbers cannot be used: none is 0, and the N of scrypt is a power of two'
    throw new TemplateProblem(problem, column)
  }
  return plan
}

/** @throws TemplateProblem */
export const checkTemplate = (template: Template, bounds: Bounds): void => {
  const { column, hasSalt } = template
  const [plan, other] = SALTS.map((salt) => planOf(template, salt)) as [Plan, Plan]
  const [password, another] = PASSWORDS
  if (isOutOfBounds(plan, bounds)) {
    throw new TemplateProblem('this takes more time or memory than a check may', column)
  }
  if (hashedBy(plan, password) === hashedBy(plan, another)) {
    const problem = 'too little of $pass reaches the hash: wrong passwords would match'
    throw new TemplateProblem(problem, column)
  }
  if (hasSalt && hashedBy(plan, password) === hashedBy(other, password)) {
    throw new TemplateProblem('$salt does not reach the hash', column)
  }
}
