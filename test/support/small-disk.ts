/** A small disk that fills quickly, where root may mount one. */
import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { makeTempDir, removeDir } from './temp.ts'

/** @returns a directory on a separate disk, removed when the test is over; undefined where none can be mounted */
export const mountSmallDisk = (kib: number): string | undefined => {
  const dir = makeTempDir()
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${kib}k`]
    execFileSync('mount', [...options, 'tmpfs', dir], { stdio: 'ignore' })
  } catch {
    removeDir(dir)
    return undefined
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', dir])
    removeDir(dir)
  })
  return dir
}
