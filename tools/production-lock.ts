/** The packages that users install, as package-lock.json has them: without those for development. */
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

export const readJson = (name: string): unknown =>
  JSON.parse(readFileSync(join(ROOT, name), 'utf8'))

/** With those of other platforms: what is installed depends on the machine, and this does not. */
export const readProductionLock = (): Lock => {
  const lock = readJson('package-lock.json') as Lock
  const kept = Object.entries(lock.packages).filter(([, { dev, link }]) => !dev && !link)
  return { ...lock, packages: Object.fromEntries(kept) }
}
