/** Reads small regular files only: a pipe or a device may block or never end. */
import { readFileSync, statSync } from 'node:fs'

/** A file that exists but must not be read; the message completes a sentence about the file. */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile'
}

/**
 * Reads a file, also through a symbolic link: the secrets of Kubernetes are such links.
 * @throws UnfitFile, and whatever the file system throws
 */
export const readRegularFile = (path: string, maxBytes: number): Buffer => {
  const refuseAbove = (bytes: number): void => {
    if (bytes > maxBytes) throw new UnfitFile(`is larger than ${maxBytes / 1024} KiB`)
  }
  const stats = statSync(path)
  if (!stats.isFile()) {
    throw new UnfitFile('is not a regular file, but a directory, a device or a pipe such as <(…)')
  }
  refuseAbove(stats.size)
  const content = readFileSync(path)
  // Files of /proc report a size of 0.
  refuseAbove(content.length)
  return content
}
