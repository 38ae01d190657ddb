/** Writes THIRD-PARTY-LICENSES: the licences of all packages that users run, from node_modules. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProductionLock, ROOT } from './production-lock.ts'

const FILE = join(ROOT, 'THIRD-PARTY-LICENSES')

const HEAD = `The packages that are installed with okta-password-import-hook or are in its code, and their licences.
Made by \`npm run licences\`.
`

/** Where a package has no file with its licence, its README may have it. */
const textIn = (dir: string): string | undefined => {
  if (!existsSync(dir)) return undefined
  const names = readdirSync(dir)
  const own = names.filter((name) => /^(?:licen[cs]e|copying|notice)\b/i.test(name)).sort()
  if (own.length > 0) return own.map((name) => readFileSync(join(dir, name), 'utf8')).join('\n')
  const readme = names.find((name) => /^readme\b/i.test(name))
  const text = readme === undefined ? '' : readFileSync(join(dir, readme), 'utf8')
  return /^#+ licen[cs]e\s+([^]+)$/im.exec(text)?.[1]
}

const tidy = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()

/** @throws Error for a package without a licence */
export const makeLicences = (): string => {
  const { packages } = readProductionLock()
  /** The packages that have the same text. */
  const sections = new Map<string, string[]>()
  for (const [path, { version, license }] of Object.entries(packages)) {
    if (path === '') continue
    const name = path.replace(/^.*node_modules\//, '')
    // A build for one platform, which may not be installed, has the licence of its package.
    const builtFrom = Object.keys(packages).find(
      (other) => other !== '' && path.startsWith(`${other}-`),
    )
    const text =
      textIn(join(ROOT, path)) ??
      (builtFrom === undefined ? undefined : textIn(join(ROOT, builtFrom)))
    if (license === undefined) throw new Error(`${name} has no licence.`)
    const section = tidy(text ?? `No text comes with it. Its package.json says: ${license}.`)
    sections.set(section, [...(sections.get(section) ?? []), `${name} ${version} (${license})`])
  }
  const line = '-'.repeat(80)
  return [HEAD, ...[...sections].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`)].join(
    `\n${line}\n\n`,
  )
}

if (import.meta.main) writeFileSync(FILE, makeLicences())
