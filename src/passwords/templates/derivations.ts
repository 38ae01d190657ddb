/** The functions that are outermost alone: bcrypt, PBKDF2 and scrypt, which have cores of their own. */
import { bcrypt } from '../families/bcrypt.ts'
import { pbkdf2Plan } from '../families/pbkdf2.ts'
import { scryptPlan } from '../families/scrypt.ts'
import { evaluate, type Digest, type Expression } from '../expression.ts'
import { formulaOf, textOf, type FormulaContext } from './formula.ts'
import type { CallNode, TreeNode } from './parser.ts'
import { TemplateProblem } from './problem.ts'
import { DERIVED_BYTES, written, type Notation, type Outermost, type RowValues } from './written.ts'

type Count = (row: RowValues) => number

const countOf = (node: TreeNode, context: FormulaContext): Count => {
  if (node.is === 'number') return () => node.value
  if (node.is !== 'variable' || node.name !== 'iterations') {
    throw new TemplateProblem('this must be a number or $iterations', node.column)
  }
  context.used.set('iterations', node.column)
  return ({ iterations }) => iterations
}

const sizeOf = (node: TreeNode | undefined): number | undefined => {
  if (!node) return undefined
  if (node.is === 'number' && node.value >= DERIVED_BYTES.min && node.value <= DERIVED_BYTES.max) {
    return node.value
  }
  const problem = `the length must be a number of bytes from ${DERIVED_BYTES.min} to ${DERIVED_BYTES.max}`
  throw new TemplateProblem(problem, node.column)
}

/** A part in which one variable cannot be used. */
const without = (name: string, why: string, node: TreeNode, context: FormulaContext) => {
  const used = new Map<string, number>()
  const expression = textOf(formulaOf(node, { ...context, used }))
  const column = used.get(name)
  if (column !== undefined) throw new TemplateProblem(why, column)
  for (const [each, at] of used) context.used.set(each, at)
  return expression
}

/** What is done to the password first, if anything. The plan's salt is the function's own. */
const inputOf = (node: TreeNode, context: FormulaContext): { readonly input?: Expression } => {
  const input = without('salt', '$salt cannot be used in this argument', node, context)
  return input.op === 'password' ? {} : { input }
}

const NONE = new Uint8Array()

const saltOf = (node: TreeNode, context: FormulaContext) => {
  const expression = without('pass', 'the salt cannot be made of $pass', node, context)
  return (salt: Uint8Array) =>
    Uint8Array.from(evaluate(expression, { password: NONE, typed: '', salt }))
}

const USAGE: Readonly<Record<string, string>> = {
  bcrypt: 'bcrypt(what)',
  scrypt: 'scrypt($pass, salt, N, r, p) or scrypt($pass, salt, N, r, p, length)',
  pbkdf2:
    'pbkdf2-sha256($pass, salt, iterations) or pbkdf2-sha256($pass, salt, iterations, length)',
}

/** Three or more, of which bcrypt has the first alone. */
type Args = readonly [TreeNode, TreeNode, TreeNode, ...TreeNode[]]

const argumentsOf = ({ name, args, column }: CallNode, counts: readonly number[]) => {
  if (counts.includes(args.length)) return args as unknown as Args
  const usage = USAGE[name.split('-')[0] ?? ''] ?? ''
  throw new TemplateProblem(`${name} is used as ${usage}`, column)
}

export const ofBcrypt = (call: CallNode, context: FormulaContext): Outermost => {
  const { input } = inputOf(argumentsOf(call, [1])[0], context)
  return {
    // Damaged ones, too: they must not be read in another way.
    pattern: String.raw`\$2[abxy]\$[^]*`,
    sample: `$2b$04$${'.'.repeat(53)}`,
    planOf: ({ hash: encoded }) => {
      const plan = bcrypt.parse(encoded)
      return 'flaw' in plan || !input ? plan : { ...plan, input }
    },
  }
}

const ofPbkdf2 = (notation: Notation, call: CallNode, context: FormulaContext): Outermost => {
  const [password, salt, iterations, length] = argumentsOf(call, [3, 4])
  const digest = call.name.slice('pbkdf2-'.length) as Digest
  const input = inputOf(password, context)
  const saltFor = saltOf(salt, context)
  const count = countOf(iterations, context)
  return written(notation, sizeOf(length), (want, row) => {
    const plan = pbkdf2Plan(digest, count(row), saltFor(row.salt), want)
    return 'flaw' in plan ? plan : { ...plan, ...input }
  })
}

const ofScrypt = (notation: Notation, call: CallNode, context: FormulaContext): Outermost => {
  const [password, salt, ...rest] = argumentsOf(call, [5, 6])
  const [numbers, length] = [rest.slice(0, 3), rest[3]]
  const input = inputOf(password, context)
  const saltFor = saltOf(salt, context)
  const counts = numbers.map((node) => countOf(node, context))
  return written(notation, sizeOf(length), (want, row) => {
    const [n = 0, r = 0, p = 0] = counts.map((count) => count(row))
    const plan = scryptPlan({ n, r, p }, { salt: saltFor(row.salt), want })
    return 'flaw' in plan ? plan : { ...plan, ...input }
  })
}

export const ofDerivedKey = (
  notation: Notation,
  call: CallNode,
  context: FormulaContext,
): Outermost => (call.name === 'scrypt' ? ofScrypt : ofPbkdf2)(notation, call, context)
