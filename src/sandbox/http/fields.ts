/** The parameter `fields`, which selects parts of each item ("List all users"). */
import { invalid } from './errors.ts'

type Tree = Readonly<Record<string, unknown>>

/** `id,profile:(login,email)`: names separated by commas, each with an optional list of its parts. */
const PART = /(\w+)(?::\(((?:\w+,)*\w+)\))?(?:,(?!$)|$)/y

const parse = (text: string): [name: string, parts: string[] | undefined][] => {
  const found: [string, string[] | undefined][] = []
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const [, name, parts] = PART.exec(text) ?? []
    if (name === undefined) throw invalid('fields', 'Is not a list of fields')
    found.push([name, parts?.split(',')])
  }
  return found
}

const pickFrom = (tree: Tree, names: readonly string[]): Tree =>
  Object.fromEntries(names.filter((name) => name in tree).map((name) => [name, tree[name]]))

/**
 * @returns a function that keeps only the selected parts of an item
 * @throws OktaError E0000001
 */
export const parseFields = (text: string): ((item: object) => object) => {
  const fields = parse(text)
  return (item) => {
    const tree = item as Tree
    const picked: Record<string, unknown> = {}
    for (const [name, parts] of fields) {
      if (!(name in tree)) continue
      picked[name] = parts ? pickFrom(Object(tree[name]) as Tree, parts) : tree[name]
    }
    return picked
  }
}
