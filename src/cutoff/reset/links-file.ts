/** The file of links: each line is on the disk before the journal says that the person was reset. */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { AppError, messageOf } from '../../errors/errors.ts'
import { openInputFile } from '../../import/sources/file.ts'
import { spreadsheetLine } from '../../text/csv-line.ts'

const HEAD = spreadsheetLine(['login', 'okta_id', 'link', 'expires'])

export interface LinksFile {
  /** Whether the file has a link of this person. */
  readonly has: (oktaId: string) => boolean
  readonly add: (line: {
    readonly oktaId: string
    readonly login: string
    readonly link: string
  }) => void
  readonly close: () => void
}

export interface LinksFileOptions {
  /** Whether a run before this one has reset somebody for it. */
  readonly isBegun: boolean
  /** Of whom it is asked whether they have a link. */
  readonly asked: readonly string[]
  /** When a link that is made now ends, in milliseconds since 1970; undefined if that is not known. */
  readonly expiresAt: () => number | undefined
}

const refuse = (detail: string): never => {
  throw new AppError('links_unusable', { detail })
}

const guard = <T>(path: string, run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('output_unwritable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}

const sizeOf = (path: string): number | undefined =>
  guard(path, () => statSync(path, { throwIfNoEntry: false })?.size)

/** A run that was killed at its beginning leaves the head alone. */
export const hasLinks = (path: string): boolean => (sizeOf(path) ?? 0) > HEAD.length

/** So that a mistyped name costs nothing, and is found before anybody is asked to confirm. */
export const checkLinksFile = (path: string, isBegun: boolean): void => {
  if (!isBegun && hasLinks(path)) refuse(`${path} is there already, and is not written to.`)
  if (isBegun && sizeOf(path) === undefined)
    refuse(`${path}, which this reset has begun, is not there.`)
}

const readHead = (fd: number): string => {
  const head = Buffer.alloc(HEAD.length)
  return head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0))
}

const NEWLINE = 0x0a
const CHUNK = 4_096

/** A run that was killed can have left half a line; the person then counts as one without a link. */
const dropHalfLine = (fd: number): void => {
  for (let end = fstatSync(fd).size; end > 0;) {
    const start = Math.max(0, end - CHUNK)
    const bytes = Buffer.alloc(end - start)
    readSync(fd, bytes, 0, bytes.length, start)
    const at = bytes.lastIndexOf(NEWLINE)
    if (at >= 0 || start === 0) {
      ftruncateSync(fd, start + at + 1)
      return
    }
    end = start
  }
}

const findAsked = async (path: string, asked: readonly string[]): Promise<Set<string>> => {
  const found = new Set<string>()
  if (asked.length === 0) return found
  const source = await openInputFile(path)
  for await (const row of source.rows) {
    const id = 'fields' in row ? row.fields.get('okta_id') : undefined
    if (typeof id === 'string' && asked.includes(id)) found.add(id)
  }
  return found
}

const prepare = (path: string, fd: number): void => {
  if (!fstatSync(fd).isFile()) refuse(`${path} is not a file.`)
  // Before anything is cut off: it could be somebody else's file. A run that was killed can have left half of the head.
  const head = readHead(fd)
  if (!HEAD.startsWith(head)) refuse(`${path} is no file of links.`)
  fchmodSync(fd, 0o600)
  dropHalfLine(fd)
  if (fstatSync(fd).size === 0) writeSync(fd, HEAD)
  fsyncSync(fd)
}

/** @throws AppError `links_unusable` or `output_unwritable` */
export const openLinksFile = async (
  path: string,
  { isBegun, asked, expiresAt }: LinksFileOptions,
): Promise<LinksFile> => {
  checkLinksFile(path, isBegun)
  const fd = guard(path, () => openSync(path, 'a+', 0o600))
  try {
    guard(path, () => prepare(path, fd))
    const found = await findAsked(path, asked)
    let last = ''
    return {
      has: (oktaId) => oktaId === last || found.has(oktaId),
      add: ({ oktaId, login, link }) =>
        guard(path, () => {
          const ends = expiresAt()
          const expires = ends === undefined ? '' : new Date(ends).toISOString()
          writeSync(fd, spreadsheetLine([login, oktaId, link, expires]))
          fsyncSync(fd)
          last = oktaId
        }),
      close: () => closeSync(fd),
    }
  } catch (err) {
    closeSync(fd)
    throw err
  }
}
