/** Temporary directories that are removed when the test is over. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const makeTempDir = (): string => mkdtempSync(join(tmpdir(), 'okta-migrate-test-'))

export const removeDir = (dir: string): void => rmSync(dir, { recursive: true, force: true })

export const tempDir = (): string => {
  const dir = makeTempDir()
  onTestFinished(() => removeDir(dir))
  return dir
}
