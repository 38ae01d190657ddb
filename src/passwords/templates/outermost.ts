/** The outermost function of a template: it decides how the hash is written, and which plan computes it. */
import { evaluate, type Expression } from '../expression.ts'
import { digestPlan } from '../family.ts'
import { ofBcrypt, ofDerivedKey } from './derivations.ts'
import { DERIVATIONS, DIGESTS, formulaOf, type FormulaContext } from './formula.ts'
import type { CallNode, TreeNode } from './parser.ts'
import { TemplateProblem } from './problem.ts'
import { BASE64_DIGITS, HEX_DIGITS, written, type Notation, type Outermost } from './written.ts'

const NOTHING = { password: new Uint8Array(), typed: '', salt: new Uint8Array() }

const ofDigest = (notation: Notation, input: Expression): Outermost => {
  const size = evaluate(input, NOTHING).length
  return written(notation, size, (want, { salt }) => digestPlan(input, salt, want))
}

/** The call in the one argument of another. */
const within = (node: TreeNode, names: readonly string[]): CallNode | undefined => {
  const inner = node.is === 'call' && names.includes(node.name) ? node.args : []
  return inner.length === 1 && inner[0]?.is === 'call' ? inner[0] : undefined
}

const isDerivation = ({ name }: CallNode): boolean =>
  DERIVATIONS.includes(name) && name !== 'bcrypt'

/** @throws TemplateProblem unless the value has one length for all passwords */
export const outermostOf = (node: TreeNode, context: FormulaContext): Outermost => {
  if (node.is === 'call' && node.name === 'bcrypt') return ofBcrypt(node, context)
  const inBase64 = within(node, ['base64'])
  const notation = inBase64 ? BASE64_DIGITS : HEX_DIGITS
  const bare = inBase64 ?? node
  const core = within(bare, inBase64 ? [] : ['upper', 'lower']) ?? bare
  if (core.is === 'call' && isDerivation(core)) return ofDerivedKey(notation, core, context)
  const made = formulaOf(core, context)
  if (made.isDigest) return ofDigest(notation, made.bytes)
  // Base64 of hex digits, which another letter case makes another text.
  const cased = inBase64 && within(inBase64, ['upper', 'lower'])
  if (cased && formulaOf(cased, context).isDigest) return ofDigest(BASE64_DIGITS, made.bytes)
  const names = [...DIGESTS, 'md4', 'hmac-…', ...['pbkdf2-…', 'scrypt', 'bcrypt']].join(', ')
  throw new TemplateProblem(
    `the outermost function must be one of ${names}, alone or in base64, upper or lower`,
    node.column,
  )
}
