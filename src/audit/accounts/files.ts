/** The files of an audit: lists that replace their predecessor only when they are complete, and what it works on. */
import {
  closeSync,
  createReadStream,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { AppError, messageOf } from '../../errors/errors.ts'
import { piecesOf } from '../../import/sources/bytes.ts'
import { readLines } from '../../import/sources/lines.ts'

const BUFFER_CHARACTERS = 65_536

/** @throws AppError `output_unwritable` */
const guard = <T>(path: string, run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    throw new AppError('output_unwritable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}

export interface NewFile {
  readonly write: (text: string) => void
  /** Its text so far is in the file after that. */
  readonly flush: () => void
  /** Puts it in the place of the file of that name. */
  readonly publish: () => void
  /** Deletes it, unless it was published. */
  readonly discard: () => void
  /** Its lines, once it is flushed. */
  readonly lines: () => AsyncGenerator<string, void>
}

const HEAD_BYTES = 64

const headOf = (path: string): string => {
  const fd = openSync(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    return head.toString('latin1', 0, readSync(fd, head))
  } finally {
    closeSync(fd)
  }
}

/** A mistyped name must not cost a table of users, or the store itself. */
const refuseForeign = (path: string, own: RegExp): void => {
  const isOurs = guard(path, () => {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) return true
    return stats.isFile() && (stats.size === 0 || own.test(headOf(path)))
  })
  if (isOurs) return
  throw new AppError('output_foreign', {
    detail: `${path} is there already, is not a list of this kind, and is not replaced.`,
  })
}

/**
 * A file beside that of its name: a run that fails half-way leaves the good file of the run before as it is.
 * @param own how the files that it may replace begin
 * @throws AppError `output_foreign`, `output_unwritable`
 */
export const createNewFile = (path: string, own: RegExp): NewFile => {
  const partial = `${path}.new`
  for (const each of [path, partial]) refuseForeign(each, own)
  let buffer = ''
  // What a run that was killed has left may have another mode.
  const fd = guard(partial, () => {
    rmSync(partial, { force: true })
    return openSync(partial, 'wx', 0o600)
  })
  let isOpen = true
  const flush = (): void => {
    guard(partial, () => writeFileSync(fd, buffer))
    buffer = ''
  }
  const close = (): void => {
    if (isOpen) closeSync(fd)
    isOpen = false
  }
  async function* lines(): AsyncGenerator<string, void> {
    const pieces = piecesOf(createReadStream(partial) as AsyncIterable<Buffer>)
    for await (const some of readLines(pieces)) for (const { text } of some) yield text
  }
  return {
    write: (text) => {
      buffer += text
      if (buffer.length > BUFFER_CHARACTERS) flush()
    },
    flush,
    publish: () => {
      flush()
      close()
      guard(path, () => renameSync(partial, path))
    },
    discard: () => {
      close()
      rmSync(partial, { force: true })
    },
    lines,
  }
}
