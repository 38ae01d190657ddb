/** Runs the command as a user does: in a separate process. */
import { spawn, type SpawnOptionsWithStdioTuple } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { tempDir } from './temp.ts'
import { until } from './until.ts'

/** Node.js keeps compiled code here for the next start, which then takes half of the time. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url))

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `okta-migrate` with only this environment and one thread for passwords; without an input, the test ends its standard input. */
export const startCommand = (
  args: readonly string[],
  env: Record<string, string>,
  input: string | null = '',
  // A separate directory, since a server keeps its ledger in the working directory by default.
  cwd = tempDir(),
  nodeArgs: readonly string[] = [],
) => {
  const stdio: SpawnOptionsWithStdioTuple<'pipe', 'pipe', 'pipe'>['stdio'] = [
    'pipe',
    'pipe',
    'pipe',
  ]
  // Each thread tests its engine at the start, which is most of the cost of a start; and no balancer
  // needs a delay to notice the shutdown.
  const given = { HASH_WORKERS: '1', DRAIN_DELAY_MS: '0', NODE_COMPILE_CACHE, ...env }
  const child = spawn(process.execPath, [...nodeArgs, CLI, ...args], { cwd, env: given, stdio })
  if (input !== null) child.stdin.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    cwd,
    ended,
    stdout: () => stdout,
    /** Resolves with the first match in the output; fails if the command ends before it. */
    until: async (pattern: RegExp): Promise<RegExpExecArray> => {
      let hasEnded = false
      void ended.then(() => (hasEnded = true))
      let match = pattern.exec(stdout)
      const isOver = (): boolean => (match = pattern.exec(stdout)) !== null || hasEnded
      await until(`there is ${String(pattern)} in the output`, isOver, () => stdout + stderr)
      if (match === null) throw new Error(`ended early: ${stdout}${stderr}`)
      return match
    },
  }
}

export const runCommand = (
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string,
): Promise<Ended> => startCommand(args, env, input).ended
