/** Owns the names of rejects files, so that none which somebody has changed or imported is overwritten. */
import { hash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { journalOf } from '../journal/imported-rejects.ts'

/** Beside the file, what it was when it was written, in the format of `sha256sum`. */
const sealOf = (path: string): string => `${path}.sha256`

const describeSeal = (written: string, name: string): string =>
  `${hash('sha256', readFileSync(written))}  ${basename(name)}\n`

const isUntouched = (path: string): boolean =>
  existsSync(sealOf(path)) &&
  readFileSync(sealOf(path), 'utf8') === describeSeal(path, path) &&
  !existsSync(journalOf(path))

/** `users.rejects.csv`, then `users.rejects.2.csv`, and so on. */
const nameAt = (path: string, i: number): string => {
  const end = extname(path)
  return i === 1 ? path : `${path.slice(0, path.length - end.length)}.${i}${end}`
}

/** The first of these names that is free, or that of a file which is as the importer left it. */
export const chooseRejects = (path: string): string => {
  for (let i = 1; ; i++) {
    const name = nameAt(path, i)
    const isTaken = existsSync(name) || existsSync(journalOf(name))
    if (!isTaken || (existsSync(name) && isUntouched(name))) return name
  }
}

/** Puts the whole file in its place. A crash between the two steps leaves one that looks changed, and is kept. */
export const placeRejects = (written: string, path: string): void => {
  writeFileSync(sealOf(path), describeSeal(written, path), { mode: 0o600 })
  renameSync(written, path)
}

/** Of rows that are all settled now. */
export const removeRejects = (path: string): void => {
  rmSync(path, { force: true })
  rmSync(sealOf(path), { force: true })
}
