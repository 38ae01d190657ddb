/** A document's commands in one shell, one after the other, as somebody copies them into a terminal. */
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blocksOf } from './blocks.ts'
import { read } from '../deploy.ts'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** A document starts the program many times, and each start is half as long with it. */
const NODE_COMPILE_CACHE = join(REPOSITORY, 'node_modules/.cache/node')

/** A checkout in which nothing is written to the real one. */
export const linkCheckout = (dir: string): string => {
  for (const name of ['src', 'node_modules', 'legacy-db', 'package.json']) {
    symlinkSync(join(REPOSITORY, name), join(dir, name))
  }
  return dir
}

/** Programs of this name run these lines instead. */
export const makeBin = (dir: string, programs: Readonly<Record<string, string>>): string => {
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  return bin
}

export interface Session {
  readonly code: number | null
  readonly output: string
}

export interface Shell {
  readonly cwd: string
  readonly bin: string
  readonly env?: Readonly<Record<string, string>>
  /** End at the first command that fails. */
  readonly strict?: boolean
}

export const runSession = (script: string, shell: Shell): Promise<Session> =>
  new Promise((resolve) => {
    const { cwd, bin, env = {}, strict = true } = shell
    const flags = strict ? ['-euo', 'pipefail'] : []
    const child = spawn('bash', ['--norc', ...flags, '-c', `exec 2>&1\n${script}`], {
      cwd,
      env: {
        PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
        HOME: cwd,
        NODE_COMPILE_CACHE,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.on('close', (code) => resolve({ code, output }))
  })

/** @param is which sections; all of them if not given */
export const scriptOf = (document: string, is: (section: string) => boolean = () => true): string =>
  blocksOf(document)
    .filter(({ section }) => is(section))
    .map(({ section, script }) => `echo "# ${section.replaceAll(/[`"$]/g, '')}"\n${script}`)
    .join('\n')

/** Figures and times differ from run to run. */
const normalised = (line: string): string =>
  line.trim().replaceAll(/\d+/g, '#').replaceAll(/\s+/g, ' ')

/** @returns the lines of the document's screens that the output does not have */
export const missingLines = (document: string, output: string): string[] => {
  const printed = new Set(output.split('\n').map(normalised))
  const screens = [...read(document).matchAll(/^```text\n([\s\S]*?)^```/gm)]
  return screens
    .flatMap(([, text = '']) => text.split('\n'))
    .filter((line) => line.trim() !== '' && line !== '…')
    .filter((line) => !printed.has(normalised(line)))
}
