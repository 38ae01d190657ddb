/** The files of an audit: lists that replace their predecessor only when they are complete, and what it works on. */
import { closeSync, createReadStream, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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

/**
 * A file beside that of its name: a run that fails half-way leaves the good file of the run before as it is.
 * @throws AppError `output_unwritable`
 */
export const createNewFile = (path: string): NewFile => {
  const partial = `${path}.new`
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
