/** The package as `npm pack` makes it, from a copy of the checkout. */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from './temp.ts'

const ROOT = join(import.meta.dirname, '../..')

const TOP = [
  'CHANGELOG.md',
  'LICENSE',
  'NOTICE',
  'README.md',
  'SECURITY.md',
  'THIRD-PARTY-LICENSES',
]
const MANIFESTS = ['package.json', 'tsconfig.json']
const FOLDERS = ['bench/results', 'deploy', 'docs', 'legacy-db', 'src', 'tools']

export interface Packed {
  readonly dir: string
  /** Paths in the package, sorted. */
  readonly files: readonly string[]
  readonly read: (path: string) => string
}

/** Builds in a directory of its own, since dist/ of the checkout may be in use. */
export const packCheckout = (): Packed => {
  const dir = makeTempDir()
  for (const name of [...TOP, ...MANIFESTS, ...FOLDERS]) {
    cpSync(join(ROOT, name), join(dir, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'), 'junction')
  const said = execFileSync('npm', ['pack', '--json', '--dry-run'], {
    ...{ cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    shell: process.platform === 'win32',
  })
  // npm 12 names the packages, where npm 11 lists them.
  const [packed] = Object.values(JSON.parse(said) as Record<string, { files: { path: string }[] }>)
  return {
    dir,
    files: (packed?.files ?? []).map(({ path }) => path).sort(),
    read: (path) => readFileSync(join(dir, path), 'utf8'),
  }
}
