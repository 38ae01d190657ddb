/** Opens the journal of an import, and closes its rejects file. */
import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { importedRejectsOf } from '../../import/journal/imported-rejects.ts'
import { openJournal, type Journal, type Settings } from '../../import/journal/journal.ts'
import type { Rejects } from '../../import/report/rejects.ts'
import type { Paths } from './options.ts'
import type { ImportReporter } from './reporter.ts'

interface RejectsDeps {
  readonly rejects: Rejects
  readonly paths: Paths
  readonly reporter: ImportReporter
}

/** Publishes the rejects file, with a notice if its path is not the one that was asked for. */
export const closeRejects = (
  { rejects, paths, reporter }: RejectsDeps,
  journal: Journal,
  isComplete: boolean,
): Paths => {
  const path = rejects.close(isComplete)
  if (path === undefined) return paths
  journal.recordRejectsFile(relative(dirname(resolve(paths.journal)), resolve(path)))
  const kept = `${paths.rejects} was changed or imported after it was written, and is kept.`
  const notice = `${kept} The rows that still need correction are in ${path}.`
  if (path !== paths.rejects) reporter.notify(notice)
  return { ...paths, rejects: path }
}

/** The paths after a failure; a second failure, of the rejects file, must not hide the first. */
export const pathsAfterFailure = (closeFile: () => Paths, paths: Paths): Paths => {
  try {
    return closeFile()
  } catch {
    return paths
  }
}

/** The journal, updated with the results of imports of its rejects files. */
export const openOwnJournal = (path: string, settings: Settings, updates: number): Journal => {
  const journal = openJournal(path, settings, updates)
  journal.applyImportedRejects(importedRejectsOf(path, journal.rejectsFiles()))
  return journal
}

/** Creates no journal: if the user does not confirm, nothing is left behind. */
export const openIfThere = (...args: Parameters<typeof openOwnJournal>): Journal | undefined =>
  existsSync(args[0]) ? openOwnJournal(...args) : undefined
