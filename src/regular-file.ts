/** Reading a file that must be small and a file: a pipe or a device may never end, or never begin. */
import { readFileSync, statSync } from 'node:fs'

/** A file that exists and is not read; the message says why, as the end of a sentence about it. */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile'
}

/**
 * Reads a file, or what a symbolic link to one names: the secrets of Kubernetes are such links.
 * @throws UnfitFile, and whatever the file system throws
 */
export const readRegularFile = (path: string, maxBytes: number): Buffer => {
  const refuseAbove = (bytes: number): void => {
    if (bytes > maxBytes) throw new UnfitFile(`is larger than ${maxBytes / 1024} KiB`)
  }
  const stats = statSync(path)
  if (!stats.isFile()) {
    throw new UnfitFile('is no regular file, but a directory, a device or a pipe such as <(…)')
  }
  refuseAbove(stats.size)
  const content = readFileSync(path)
  // Files of /proc say that they are empty.
  refuseAbove(content.length)
  return content
}
