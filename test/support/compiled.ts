/** Compiles a folder of src/ to JavaScript, for a Node.js that cannot strip types. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { onTestFinished } from 'vitest'
import { removeDir } from './temp.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Inside the checkout, where packages can be found. */
const CACHE = join(ROOT, 'node_modules/.cache')

/** @returns the folder that holds the JavaScript */
export const compile = (folder: string): string => {
  mkdirSync(CACHE, { recursive: true })
  const out = mkdtempSync(join(CACHE, 'compiled-'))
  onTestFinished(() => removeDir(out))
  cpSync(join(ROOT, 'src', folder), out, { recursive: true })
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    const { outputText } = ts.transpileModule(readFileSync(join(out, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2024,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
      },
    })
    writeFileSync(join(out, name.replace(/ts$/, 'js')), outputText)
  }
  return out
}
