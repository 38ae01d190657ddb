/** Prints the SBOM (CycloneDX) of what users run. npm makes it from a lock file without the packages for development. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUNDLED, readManifest, readProductionLock } from './production-lock.ts'

const manifest = readManifest()
const { packages, ...lock } = readProductionLock()
const bundled = BUNDLED.map((name) => [name, packages[`node_modules/${name}`]?.version] as const)

// `npm sbom --omit dev` leaves out what a package for development needs too. Nothing of that is left here to omit.
const WITHOUT_DEVELOPMENT = {
  dependencies: { ...manifest.dependencies, ...Object.fromEntries(bundled) },
  devDependencies: undefined,
}

const temp = mkdtempSync(join(tmpdir(), 'sbom-'))
try {
  // npm names the product by its directory.
  const cwd = join(temp, manifest.name)
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ ...manifest, ...WITHOUT_DEVELOPMENT }))
  const pruned = {
    ...lock,
    packages: { ...packages, '': { ...packages[''], ...WITHOUT_DEVELOPMENT } },
  }
  writeFileSync(join(cwd, 'package-lock.json'), JSON.stringify(pruned))
  const options = [
    '--sbom-format',
    'cyclonedx',
    '--sbom-type',
    'application',
    '--package-lock-only',
  ]
  const shell = process.platform === 'win32'
  execFileSync('npm', ['sbom', ...options], { cwd, shell, stdio: ['ignore', 'inherit', 'inherit'] })
} finally {
  rmSync(temp, { recursive: true })
}
