/** What is said of the packages that users run: THIRD-PARTY-LICENSES and the SBOM. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeLicences } from '../../tools/licences.ts'
import { readProductionLock, ROOT } from '../../tools/production-lock.ts'

interface Sbom {
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } }
  readonly components: readonly { readonly name: string; readonly version: string }[]
}

const packages = Object.entries(readProductionLock().packages).filter(([path]) => path !== '')

const names = packages
  .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')} ${version}`)
  .sort()

it('THIRD-PARTY-LICENSES is up to date: npm run licences', () => {
  const text = readFileSync(join(ROOT, 'THIRD-PARTY-LICENSES'), 'utf8')
  expect(text).toBe(makeLicences())
  expect(names.filter((name) => !text.includes(`\n${name} (`))).toEqual([])
})

it('no package that users run has a licence that binds their own code', () => {
  const licences = new Set(packages.map(([, { license }]) => license))
  expect([...licences].sort()).toEqual(['Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT'])
})

it('no package that users install runs a script then, such as one that needs a compiler', () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript)
  expect(scripted.map(([path]) => path)).toEqual([])
})

it('the SBOM has each package that users run, and nothing of the machine that made it', () => {
  const text = execFileSync(process.execPath, ['tools/sbom.ts'], { cwd: ROOT, encoding: 'utf8' })
  const { metadata, components } = JSON.parse(text) as Sbom
  const { name, version } = metadata.component
  const own = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as typeof metadata.component
  expect([name, version]).toEqual([own.name, own.version])
  expect(components.map((part) => `${part.name} ${part.version}`).sort()).toEqual(names)
  const hosts = new Set([...text.matchAll(/https?:\/\/([^/"]+)/g)].map(([, host]) => host))
  expect([...hosts].sort()).toEqual(['cyclonedx.org', 'github.com'])
  expect(text).not.toContain('node_modules')
})
