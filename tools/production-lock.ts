/** The packages that users run, as package-lock.json has them: those that are installed, and those inside of dist/. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

export interface LockedPackage {
  readonly version: string
  readonly license?: string
  readonly dev?: boolean
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface Manifest {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
}

/**
 * Of hundreds of small files each: to find and compile them took a fifth of a server's start. The build takes in every
 * import that is no dependency, so npm has these for development.
 */
export const BUNDLED: readonly string[] = ['kysely', 'zod']

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'))

export const readManifest = (): Manifest => readJson('package.json') as Manifest

/** With those of other platforms: what is installed depends on the machine, and this does not. */
export const readProductionLock = (): Lock => {
  const lock = readJson('package-lock.json') as Lock
  const isBundled = (path: string): boolean =>
    BUNDLED.some((name) => path === `node_modules/${name}`)
  const kept = Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => (!dev && !link) || isBundled(path))
    .map(([path, entry]) => [path, { ...entry, dev: false }] as const)
  return { ...lock, packages: Object.fromEntries(kept) }
}
