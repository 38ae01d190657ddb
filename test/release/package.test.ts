/** The package that npm publishes: what runs, the documents that it names, and nothing else. */
import { posix } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { packCheckout } from '../support/packed.ts'
import { removeDir } from '../support/temp.ts'

const { dir, files, read } = packCheckout()
afterAll(() => removeDir(dir))

const isCode = (path: string): boolean => path.startsWith('dist/')
const isDocument = (path: string): boolean => path.startsWith('docs/')

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found)

/** What a file loads: imports, what it loads when it is needed, and the files of threads. */
const loadedBy = (text: string): string[] => [
  ...ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName),
  ...matches(text, /\bcreateRequire\(import\.meta\.url\)\('([^']+)'\)/g),
  ...matches(text, /\bthreadUrl\('([^']+)', import\.meta\.url\)/g).map((name) => `${name}.js`),
]

const code = files.filter(isCode).map((path) => ({ path, text: read(path) }))
const isOwn = (name: string): boolean => name.startsWith('.')

const loaded = (): Set<string> => {
  const found = new Set(['dist/cli.js'])
  for (const path of found) {
    for (const name of loadedBy(read(path)).filter(isOwn)) {
      found.add(posix.join(posix.dirname(path), name.replace(/\.ts$/, '.js')))
    }
  }
  return found
}

const packageOf = (name: string): string => {
  const [first = '', second = ''] = name.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

describe('the package', () => {
  it('has each file of the program that is loaded, and no other', () => {
    expect(code.map(({ path }) => path)).toEqual([...loaded()].sort())
  })

  it('depends on the packages that are imported, and on no other', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
    const names = code.flatMap(({ text }) => loadedBy(text)).filter((name) => !isOwn(name))
    const foreign = names.filter((name) => !name.startsWith('node:')).map(packageOf)
    expect([...new Set(foreign)].sort()).toEqual(Object.keys(dependencies).sort())
  })

  it('has these files beside the program and the documents', () => {
    expect(files.filter((path) => !isCode(path) && !isDocument(path))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'THIRD-PARTY-LICENSES',
      'bench/results/forecast.md',
      'deploy/alerts-haproxy.yaml',
      'deploy/alerts.yaml',
      'deploy/compose.yaml',
      'deploy/grafana-dashboard.json',
      'deploy/haproxy.cfg',
      'deploy/kubernetes.yaml',
      'legacy-db/sample-accounts.sql',
      'legacy-db/sample-users.csv',
      'legacy-db/schema.sql',
      'package.json',
    ])
  })

  it('has sample files for the demo only', () => {
    const all = code.map(({ text }) => text).join('\n')
    const samples = files.filter((path) => path.startsWith('legacy-db/'))
    expect(samples.filter((path) => !all.includes(posix.basename(path)))).toEqual([])
  })

  it('has each file that a message names', () => {
    const named = code.flatMap(({ text }) => {
      const messages = text.replace(/^ *\/\*\*[^]*?\*\//gm, '').replace(/^ *\/\/.*/gm, '')
      return matches(messages, /\b((?:bench|deploy|docs)\/[\w./-]*\w)/g)
    })
    expect(named).toContain('docs/EVENTS.md')
    expect([...new Set(named)].filter((path) => !files.includes(path))).toEqual([])
  })

  it('has what its documents link to, but for what is of the repository', () => {
    const OF_THE_REPOSITORY = /^(?:bench\/|SECURITY\.md$)/
    const links = files
      .filter(isDocument)
      .flatMap((path) =>
        matches(read(path), /\]\(([^)#:]+)(?:#[^)]*)?\)/g).map((link) =>
          posix.join(posix.dirname(path), link),
        ),
      )
    expect(links).toContain('docs/CUT-OVER.md')
    expect(
      [...new Set(links)].filter((path) => !files.includes(path) && !OF_THE_REPOSITORY.test(path)),
    ).toEqual([])
  })

  it('has no document that neither a message, the README nor another document names', () => {
    const texts = [...files.filter((path) => path.endsWith('.md')), ...files.filter(isCode)]
    const named = (path: string): boolean =>
      texts.some((other) => other !== path && read(other).includes(posix.basename(path)))
    expect(files.filter((path) => isDocument(path) && !named(path))).toEqual([])
  })

  it('has one command, which npx takes by the name of the package', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: object }
    expect(bin).toEqual({ 'okta-migrate': 'dist/cli.js' })
    expect(read('dist/cli.js')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})
