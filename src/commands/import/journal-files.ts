/** The files of an import: its journal, with what imports of its rejects have done since, and its rejects. */
import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { settledBy } from '../../import/journal/imported-rejects.ts'
import { openJournal, type Journal, type Settings } from '../../import/journal/journal.ts'
import type { Rejects } from '../../import/report/rejects.ts'
import type { Paths } from './options.ts'
import type { ImportReporter } from './reporter.ts'

interface Shared {
  readonly rejects: Rejects
  readonly paths: Paths
  readonly teller: ImportReporter
}

/** Puts the rejects file in its place, and tells where that is if it is not where it was meant to be. */
export const closeRejects = (
  { rejects, paths, teller }: Shared,
  journal: Journal,
  isComplete: boolean,
): Paths => {
  const path = rejects.close(isComplete)
  if (path === undefined) return paths
  journal.noteRejectsFile(relative(dirname(resolve(paths.journal)), resolve(path)))
  if (path !== paths.rejects) {
    teller.say(
      `${paths.rejects} was changed or imported since it was written, and stays as it is. The rows that are still to correct are in ${path}.`,
    )
  }
  return { ...paths, rejects: path }
}

/** Where the rejects are after a failure, which is told in place of another one that comes of it. */
export const placeAfterFailure = (place: () => Paths, paths: Paths): Paths => {
  try {
    return place()
  } catch {
    return paths
  }
}

/** The journal with what imports of its rejects files have settled since. */
export const openOwnJournal = (path: string, settings: Settings, updates: number): Journal => {
  const journal = openJournal(path, settings, updates)
  journal.adopt(settledBy(path, journal.rejectsFiles()))
  return journal
}

/** A journal is not begun before the run may: an answer of no leaves nothing behind. */
export const openKnown = (
  path: string,
  settings: Settings,
  updates: number,
): Journal | undefined => (existsSync(path) ? openOwnJournal(path, settings, updates) : undefined)
