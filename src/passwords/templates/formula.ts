/** Compiles a tree into the expression that a thread evaluates, and says what is wrong with it. */
import {
  base64,
  bytes,
  concat,
  digest,
  hex,
  hmac,
  PASSWORD,
  SALT,
  type Digest,
  type Expression,
  type TypedForm,
} from '../expression.ts'
import { readBase64, readHex } from '../notation.ts'
import { encodePassword } from '../password-forms.ts'
import type { CallNode, TreeNode } from './parser.ts'
import { nearest, TemplateProblem } from './problem.ts'

export const DIGESTS: readonly Digest[] = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']

/** Functions that a template has outermost alone, or in its shape's `base64`, `upper` or `lower`. */
export const DERIVATIONS = ['bcrypt', 'scrypt', ...DIGESTS.map((name) => `pbkdf2-${name}`)]

/** How text stands for bytes. What another system never wrote is refused. */
const READERS = {
  unhex: readHex,
  unbase64: (text: string) => readBase64(text, 'base64') ?? readBase64(text, 'base64-unpadded'),
  latin1: (text: string) => encodePassword(text, 'latin1'),
}
type Reader = keyof typeof READERS

export const canRead = (reader: Reader, text: string): boolean =>
  READERS[reader](text) !== undefined

/** What the expressions of one template share. */
export interface FormulaContext {
  readonly pepper: string | undefined
  /** Collects how the salts of the rows are read, so that one that cannot be is malformed. */
  readonly saltReaders: Set<Reader>
  /** Collects the variables that were used, each with the column of its last use. */
  readonly used: Map<string, number>
}

export interface Formula {
  readonly bytes: Expression
  /** The bytes of a digest, which is its hex wherever text is wanted. */
  readonly isDigest: boolean
  /** Hex or base64: it has no characters but ASCII's. */
  readonly isAscii: boolean
}

const formula = (expression: Expression, isDigest = false, isAscii = isDigest): Formula => ({
  bytes: expression,
  isDigest,
  isAscii,
})

/** What PHP's functions return, and what is hashed where a digest is within another. */
export const textOf = ({ bytes: of, isDigest }: Formula): Expression => (isDigest ? hex(of) : of)

const VARIABLES = ['pass', 'salt', 'pepper', 'iterations', 'hash']

const pepperOf = ({ pepper }: FormulaContext, column: number): string => {
  if (pepper === undefined) {
    throw new TemplateProblem('$pepper needs LEGACY_HASH_PEPPER, which is not set', column)
  }
  return pepper
}

const variableOf = (name: string, column: number, context: FormulaContext): Formula => {
  context.used.set(name, column)
  if (name === 'pass') return formula(PASSWORD)
  if (name === 'salt') return formula(SALT)
  if (name === 'pepper') return formula(bytes(pepperOf(context, column)))
  if (name === 'iterations') {
    const problem = '$iterations is a number: pbkdf2 and scrypt alone take it'
    throw new TemplateProblem(problem, column)
  }
  if (name === 'hash') throw new TemplateProblem('$hash stands before the = alone', column)
  const meant = nearest(name, VARIABLES)
  throw new TemplateProblem(`there is no variable $${name}; did you mean $${meant}?`, column)
}

/** Reads the salt in the thread, and what is always the same at once. */
const readBy = (reader: Reader, of: TreeNode, context: FormulaContext): Formula => {
  if (of.is === 'variable' && of.name === 'salt') {
    context.used.set('salt', of.column)
    context.saltReaders.add(reader)
    return formula({ op: reader, of: SALT })
  }
  const isPepper = of.is === 'variable' && of.name === 'pepper'
  const text = isPepper ? pepperOf(context, of.column) : of.is === 'text' ? of.text : undefined
  if (text === undefined) {
    const problem = `${reader} cannot take this; it takes $salt, $pepper or a text`
    throw new TemplateProblem(problem, of.column)
  }
  const read = READERS[reader](text)
  if (!read) throw new TemplateProblem(`${reader} cannot read this`, of.column)
  return formula({ op: 'bytes', bytes: read })
}

const unhex = (of: TreeNode, context: FormulaContext): Formula => {
  const inner = of.is === 'call' ? formulaOf(of, context) : undefined
  return inner?.isDigest ? formula(inner.bytes) : readBy('unhex', of, context)
}

const TYPED_FORMS: Readonly<Record<'utf16le' | 'latin1', TypedForm>> = {
  utf16le: 'utf-16le',
  latin1: 'latin1',
}

/** Encodes the characters of a value, which must therefore be text. */
const encoded = (name: 'utf16le' | 'latin1', of: TreeNode, context: FormulaContext): Formula => {
  if (of.is === 'concat') {
    return formula(concat(...of.of.map((part) => textOf(encoded(name, part, context)))))
  }
  if (of.is === 'variable' && of.name === 'pass') {
    context.used.set('pass', of.column)
    return formula({ op: 'typed', form: TYPED_FORMS[name] })
  }
  if (name === 'latin1' && of.is !== 'call') return readBy('latin1', of, context)
  const inner = formulaOf(of, context)
  if (of.is === 'call' && !inner.isAscii) {
    const problem = `${name} cannot take this; it takes $pass, $salt, $pepper, a text or a digest`
    throw new TemplateProblem(problem, of.column)
  }
  return formula({ op: name, of: textOf(inner) })
}

/** As many as the function takes. */
type Args = readonly [TreeNode, TreeNode]
type Make = (args: Args, context: FormulaContext) => Formula

const cased =
  (op: 'upper' | 'lower'): Make =>
  ([of], context) => {
    const inner = formulaOf(of, context)
    return formula({ op, of: textOf(inner) }, false, inner.isAscii)
  }

const digestBy =
  (name: Digest | 'md4'): Make =>
  ([of], context) =>
    formula(digest(name, textOf(formulaOf(of, context))), true)

const hmacBy =
  (name: Digest): Make =>
  ([key, of], context) =>
    formula(hmac(name, textOf(formulaOf(key, context)), textOf(formulaOf(of, context))), true)

interface FunctionRow {
  readonly takes: 1 | 2
  readonly make: Make
}

const FUNCTIONS: ReadonlyMap<string, FunctionRow> = new Map<string, FunctionRow>([
  ...[...DIGESTS, 'md4' as const].map(
    (name) => [name, { takes: 1, make: digestBy(name) }] as const,
  ),
  ...DIGESTS.map((name) => [`hmac-${name}`, { takes: 2, make: hmacBy(name) }] as const),
  ['base64', { takes: 1, make: ([of], c) => formula(base64(formulaOf(of, c).bytes), false, true) }],
  ['unbase64', { takes: 1, make: ([of], context) => readBy('unbase64', of, context) }],
  ['unhex', { takes: 1, make: ([of], context) => unhex(of, context) }],
  ['upper', { takes: 1, make: cased('upper') }],
  ['lower', { takes: 1, make: cased('lower') }],
  ['utf16le', { takes: 1, make: ([of], context) => encoded('utf16le', of, context) }],
  ['latin1', { takes: 1, make: ([of], context) => encoded('latin1', of, context) }],
])

const callOf = ({ name, args, column }: CallNode, context: FormulaContext): Formula => {
  const found = FUNCTIONS.get(name)
  if (DERIVATIONS.includes(name)) {
    throw new TemplateProblem(`${name} must be the outermost function`, column)
  }
  if (!found) {
    const meant = nearest(name, [...FUNCTIONS.keys(), ...DERIVATIONS])
    throw new TemplateProblem(`there is no function ${name}; did you mean ${meant}?`, column)
  }
  if (args.length !== found.takes) {
    const values = found.takes === 1 ? 'one value' : 'a key and a text'
    throw new TemplateProblem(`${name} takes ${values}`, column)
  }
  return found.make(args as unknown as Args, context)
}

/** @throws TemplateProblem */
export const formulaOf = (node: TreeNode, context: FormulaContext): Formula => {
  switch (node.is) {
    case 'variable':
      return variableOf(node.name, node.column, context)
    case 'text':
      return formula(bytes(node.text))
    case 'number':
      throw new TemplateProblem('a number must stand in quotes here', node.column)
    case 'concat': {
      const parts = node.of.map((part) => formulaOf(part, context))
      return formula(
        concat(...parts.map(textOf)),
        false,
        parts.every(({ isAscii }) => isAscii),
      )
    }
    case 'call':
      return callOf(node, context)
  }
}
