/** The product's own source text, for tests about the code itself. */
import { readdirSync, readFileSync } from 'node:fs'

export interface SourceFile {
  /** Relative to src/, with forward slashes. */
  readonly path: string
  readonly text: string
}

const ROOT = new URL('../../src/', import.meta.url)

export const sourceFiles = (): SourceFile[] =>
  readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path))
    .map((path) => path.replaceAll('\\', '/'))
    .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), 'utf8') }))
