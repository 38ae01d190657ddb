/** Bundles src/ as JavaScript in dist/: a file for each thread and each command, and files that they share. */
import { build } from 'esbuild'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { THREADS } from '../src/thread.ts'
import { readManifest, ROOT } from './production-lock.ts'

const OUT = join(ROOT, 'dist')

// Files of an earlier build would be packed too.
rmSync(OUT, { recursive: true, force: true })
await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/cli.js', ...Object.values(THREADS).map((thread) => `src/${thread}.ts`)],
  outbase: 'src',
  outdir: OUT,
  platform: 'node',
  target: 'node22.18',
  format: 'esm',
  charset: 'utf8',
  bundle: true,
  splitting: true,
  external: Object.keys(readManifest().dependencies),
  logLevel: 'warning',
})
