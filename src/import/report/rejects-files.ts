/** Chooses the names of rejects files, so that no file is overwritten that was edited or imported. */
import { hash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { journalOf } from '../journal/imported-rejects.ts'

/** Next to the file: its checksum when it was written, in the format of `sha256sum`. */
const checksumPathOf = (path: string): string => `${path}.sha256`

const checksumOf = (written: string, name: string): string =>
  `${hash('sha256', readFileSync(written))}  ${basename(name)}\n`

const isUntouched = (path: string): boolean =>
  existsSync(checksumPathOf(path)) &&
  readFileSync(checksumPathOf(path), 'utf8') === checksumOf(path, path) &&
  !existsSync(journalOf(path))

/** `users.rejects.csv`, then `users.rejects.2.csv`, and so on. */
const nameAt = (path: string, i: number): string => {
  const end = extname(path)
  return i === 1 ? path : `${path.slice(0, path.length - end.length)}.${i}${end}`
}

/** The first of these names that is free, or whose file is unchanged since the importer wrote it. */
export const chooseRejects = (path: string): string => {
  for (let i = 1; ; i++) {
    const name = nameAt(path, i)
    const isTaken = existsSync(name) || existsSync(journalOf(name))
    if (!isTaken || (existsSync(name) && isUntouched(name))) return name
  }
}

/** Moves the complete file to its name. A crash between the two steps leaves a file that looks edited, and is kept. */
export const publishRejects = (written: string, path: string): void => {
  writeFileSync(checksumPathOf(path), checksumOf(written, path), { mode: 0o600 })
  renameSync(written, path)
}

/** Once no rejects are left. */
export const removeRejects = (path: string): void => {
  rmSync(path, { force: true })
  rmSync(checksumPathOf(path), { force: true })
}
