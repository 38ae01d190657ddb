/** Runs `okta-migrate init` into a directory of its own, and reads the file that it has written. */
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { hashSync } from 'bcryptjs'
import { readText } from '../../src/commands/context.ts'
import { initCommand } from '../../src/commands/init/init.ts'
import { runInProcess } from './in-process.ts'
import { tempDir } from './temp.ts'

/** The hash of the password x. */
export const HASH = hashSync('x', 4)

export const init = async (url: string, ...args: string[]) => {
  const [out, map] = [join(tempDir(), 'a.env'), join(tempDir(), 'map.json')]
  const all = ['--legacy-url', url, '--out', out, '--map-out', map, ...args]
  const ended = await runInProcess(initCommand, all, {})
  const text = ended.code === 0 ? readText(out, 65_536) : ''
  return { ...ended, out, map, text, env: parseEnv(text) as Record<string, string> }
}
