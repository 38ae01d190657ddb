/** Compiles src/ to JavaScript in dist/, and leaves nothing there that no program loads. */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** A file that had types alone: nothing imports what was compiled of it. */
const isEmpty = (text: string): boolean =>
  text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '').trim() === 'export {};'

// Files whose source was renamed or deleted would be packed too.
rmSync(DIST, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [TSC, '-p', 'tsconfig.build.json'], {
  ...{ cwd: ROOT, stdio: 'inherit' },
})
for (const name of globSync('**/*.js', { cwd: DIST })) {
  const path = join(DIST, name)
  if (isEmpty(readFileSync(path, 'utf8'))) rmSync(path)
}
process.exitCode = status ?? 1
