/** Which room may import from which: the rules of docs/ARCHITECTURE.md. */
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from './support/sources.ts'

const importsOf = ({ path, text }: { path: string; text: string }): string[] =>
  [
    ...text.matchAll(/^(?:import|export)\b[^'=]*\bfrom '([^']+)'/gm),
    ...text.matchAll(/\bimport\('([^']+)'\)/g),
  ].map(([, name = '']) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name))

const files = sourceFiles().map((file) => ({ ...file, imports: importsOf(file) }))

const room = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '')

/** Rooms that all others may import from, as they may from the files at the top. */
const COMMON = ['config', 'errors', 'http', 'sql', 'text']

/** Rooms, and the other rooms that each may import from. */
const MAY_KNOW: Readonly<Record<string, readonly string[]>> = {
  text: [],
  errors: [],
  http: [],
  sql: [],
  config: [],
  passwords: [],
  workers: ['passwords'],
  legacy: [],
  hook: ['legacy', 'passwords', 'workers'],
  ledger: [],
  okta: [],
  ops: [],
  page: ['ledger'],
  sandbox: ['ops'],
  import: ['okta', 'passwords'],
  audit: ['hook', 'import', 'legacy', 'passwords', 'workers'],
  campaign: ['audit', 'import', 'ledger', 'okta', 'passwords'],
  cutoff: ['audit', 'campaign', 'import', 'okta'],
  commands: [
    'audit',
    'campaign',
    'cutoff',
    'hook',
    'import',
    'ledger',
    'legacy',
    'okta',
    'ops',
    'page',
    'passwords',
    'sandbox',
    'workers',
  ],
}

describe('imports', () => {
  it('are found by this test', () => {
    expect(files.find(({ path }) => path === 'commands/commands.ts')?.imports).toContain(
      'commands/serve/serve.ts',
    )
    expect(files.find(({ path }) => path === 'hook/app.ts')?.imports).toContain('hook/answer.ts')
  })

  it.each(files)(
    'of $path stay within the rooms that its room may import from',
    ({ path, imports }) => {
      const own = room(path)
      if (own === '') return
      const rooms = imports.filter((name) => name.endsWith('.ts')).map(room)
      const foreign = rooms.filter((name) => !['', own, ...COMMON].includes(name))
      expect(Object.keys(MAY_KNOW)).toContain(own)
      expect(foreign.filter((name) => !MAY_KNOW[own]?.includes(name))).toEqual([])
    },
  )

  it('of passwords/ are its own files, node:crypto, node:module, bcryptjs and @node-rs/argon2', () => {
    const outside = files
      .filter(({ path }) => room(path) === 'passwords')
      .flatMap(({ imports }) => imports)
      .filter((name) => room(name) !== 'passwords')
    expect(
      outside.filter(
        (name) => !['node:crypto', 'node:module', 'bcryptjs', '@node-rs/argon2'].includes(name),
      ),
    ).toEqual([])
  })
})

/** The names that a file exports at its top level. */
const exportsOf = (text: string): string[] =>
  [
    ...text.matchAll(
      /^export (?:async )?(?:const|function|class|abstract class|type|interface) (\w+)/gm,
    ),
  ].map(([, name = '']) => name)

/** The first circle of imports that a file is part of, as the way around it. */
const circleOf = (start: string): string[] => {
  const seen = new Set<string>()
  const follow = (path: string, way: readonly string[]): string[] => {
    for (const next of files.find((file) => file.path === path)?.imports ?? []) {
      if (next === start) return [...way, next]
      if (seen.has(next)) continue
      seen.add(next)
      const circle = follow(next, [...way, next])
      if (circle.length > 0) return circle
    }
    return []
  }
  return follow(start, [start])
}

describe('the files', () => {
  it.each(files)('$path is in no circle of imports', ({ path }) => {
    expect(circleOf(path)).toEqual([])
  })

  it('export each name once, so that a name means one thing', () => {
    const names = files.flatMap(({ text }) => exportsOf(text))
    expect(names).toContain('createHookApp')
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it('are at most 300 lines long, and at most 14 in a folder', () => {
    expect(
      files.filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path),
    ).toEqual([])
    const folders = files.map(({ path }) => posix.dirname(path))
    const sizes = new Map(
      folders.map((folder) => [folder, folders.filter((each) => each === folder).length]),
    )
    expect([...sizes].filter(([, size]) => size > 14)).toEqual([])
  })
})

describe('the process', () => {
  it.each(['process.env', 'process.exit'])('%s appears in main.ts alone', (name) => {
    expect(
      files
        .filter(({ text }) => new RegExp(String.raw`${name}\b`).test(text))
        .map(({ path }) => path),
    ).toEqual(['main.ts'])
  })
})

describe('every file', () => {
  it.each(files)('$path opens with a sentence about its content', ({ text }) => {
    expect(text.replace(/^#!.*\n/, '')).toMatch(/^\/\*\* [A-Z].+\. \*\/\n/)
  })
})

describe('threads that run native code', () => {
  // Terminating one at the wrong moment would end the whole process.
  it.each(files.filter(({ path }) => ['legacy', 'ledger'].includes(room(path))))(
    'are not terminated in $path',
    ({ text }) => {
      expect(text).not.toContain('.terminate(')
    },
  )
})
