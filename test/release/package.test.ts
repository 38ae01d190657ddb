/** The package that npm publishes: what runs, the documents that it names, and nothing else. */
import { build } from 'esbuild'
import { posix } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { BUNDLED } from '../../tools/production-lock.ts'
import { THREADS } from '../../src/thread.ts'
import { packCheckout } from '../support/packed.ts'
import { removeDir } from '../support/temp.ts'

const { dir, files, read } = packCheckout()
afterAll(() => removeDir(dir))

const isCode = (path: string): boolean => path.startsWith('dist/')
const isDocument = (path: string): boolean => path.startsWith('docs/')

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found)

const code = files.filter(isCode).map((path) => ({ path, text: read(path) }))
const all = code.map(({ text }) => text).join('\n')

/** What the program and its threads import, file by file. */
const { metafile } = await build({
  absWorkingDir: dir,
  entryPoints: ['cli', ...Object.values(THREADS)].map((name) => `dist/${name}.js`),
  outdir: 'not-written',
  ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external' },
  ...{ write: false, metafile: true },
})
const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports)

const foreign = [
  ...imported.filter(({ external }) => external).map(({ path }) => path),
  ...matches(all, /\bcreateRequire\d*\(import\.meta\.url\)\("([^"]+)"\)/g),
]

const packageOf = (name: string): string => {
  const [first = '', second = ''] = name.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

describe('the package', () => {
  it('has each file of the program that is loaded, and no other', () => {
    expect(code.map(({ path }) => path)).toEqual(Object.keys(metafile.inputs).sort())
    const started = matches(all, /\bthreadUrl\("([^"]+)"\)/g)
    expect(started.sort()).toEqual(Object.keys(THREADS).sort())
  })

  it('has all paths of its files in one file of dist/ itself, which they are relative to', () => {
    const withPaths = code.filter(({ text }) => /new URL\([^)]*import\.meta\.url\)/.test(text))
    expect(withPaths.map(({ path }) => posix.dirname(path))).toEqual(['dist'])
  })

  it('depends on the packages that are imported, and on no other', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
    const names = foreign.filter((name) => !name.startsWith('node:')).map(packageOf)
    expect([...new Set(names)].sort()).toEqual(Object.keys(dependencies).sort())
  })

  it('has these packages in its code', () => {
    const names = code.flatMap(({ text }) =>
      matches(text, /^\/\/ (?:\S*\/)?node_modules\/([^/]+)\//gm),
    )
    expect([...new Set(names)].sort()).toEqual(BUNDLED)
  })

  it('has these files beside the program and the documents', () => {
    expect(files.filter((path) => !isCode(path) && !isDocument(path))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'SECURITY.md',
      'THIRD-PARTY-LICENSES',
      'bench/results/forecast.md',
      'deploy/alerts-haproxy.yaml',
      'deploy/alerts.yaml',
      'deploy/compose.yaml',
      'deploy/grafana-dashboard.json',
      'deploy/haproxy.cfg',
      'deploy/kubernetes.yaml',
      'deploy/legacy-login/directory.yaml',
      'deploy/legacy-login/endpoint.yaml',
      'deploy/legacy-login/password-grant.yaml',
      'legacy-db/sample-accounts.sql',
      'legacy-db/sample-users.csv',
      'legacy-db/schema.sql',
      'package.json',
    ])
  })

  it('has sample files for the demo only', () => {
    const samples = files.filter((path) => path.startsWith('legacy-db/'))
    expect(samples.filter((path) => !all.includes(posix.basename(path)))).toEqual([])
  })

  it('has each file that a message names', () => {
    const named = code.flatMap(({ text }) => {
      const messages = text.replace(/^ *\/\*\*[^]*?\*\//gm, '').replace(/^ *\/\/.*/gm, '')
      return matches(messages, /(?<![\w/])((?:bench|deploy|docs)\/[\w./-]*\w)/g)
    })
    expect(named).toContain('docs/EVENTS.md')
    expect([...new Set(named)].filter((path) => !files.includes(path))).toEqual([])
  })

  it('has what its documents link to, but for what is of the repository', () => {
    const links = files
      .filter(isDocument)
      .flatMap((path) =>
        matches(read(path), /\]\(([^)#:]+)(?:#[^)]*)?\)/g).map((link) =>
          posix.join(posix.dirname(path), link),
        ),
      )
    expect(links).toContain('docs/CUT-OVER.md')
    expect(
      [...new Set(links)].filter((path) => !files.includes(path) && !path.startsWith('bench/')),
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
