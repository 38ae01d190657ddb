/** Runs the commands of the demo as a person would, with what they print shown. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { programFile } from '../../files.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { CommonOptions } from '../common-options.ts'
import type { Print } from '../context.ts'
import { toShell } from '../import/next-command.ts'

export const CLI = fileURLToPath(programFile('cli.js'))

export type DemoEnv = Readonly<Record<string, string>>

/** Of the orgs of the demo. */
export const DEMO_TOKEN = 'a-token-of-the-sandbox'

export interface Stage {
  /** The working directory of its commands. */
  readonly dir: string
  readonly options: CommonOptions
  readonly print: Print
  /** The variables that say how the terminal looks. */
  readonly terminalEnv: DemoEnv
  /** Whether the story goes on to the cut-off. */
  readonly isCampaign: boolean
  /** Keeps the page for a person at a terminal. */
  readonly untilSeen: (page: string) => Promise<void>
  /** Aborted when the demo is stopped, with all that it runs. */
  readonly stopped: AbortSignal
}

/** Nothing is lost with a program of the demo that is killed. */
export const startProgram = (
  { dir: cwd, stopped: signal }: Pick<Stage, 'dir' | 'stopped'>,
  args: readonly string[],
  env: DemoEnv,
  stdout: 'inherit' | 'pipe',
): ChildProcess => {
  const stdio: SpawnOptions['stdio'] = ['ignore', stdout, 'inherit']
  const options: SpawnOptions = { env, cwd, stdio, signal, killSignal: 'SIGKILL' }
  const program = spawn(process.execPath, [CLI, ...args], options)
  // Who waits for its end or its output learns of it; without a listener, it would end this process.
  return program.on('error', () => undefined)
}

/** Runs a command to its end. Its exit code is not checked: that is part of the demo. */
export const show = async (stage: Stage, args: readonly string[], env: DemoEnv): Promise<void> => {
  const { options, print } = stage
  const flags = (['json', 'verbose'] as const).filter((name) => options[name])
  const command = toShell(args)
  print(`\n$ ${command}\n`, { event: 'step', command })
  const all = [...args, ...flags.map((name) => `--${name}`)]
  await once(startProgram(stage, all, env, 'inherit'), 'exit')
}

export const tell = ({ print }: Stage, text: string): void =>
  print(text, { event: 'notice', message: text.trim() })

/** @returns the addresses in the log of a server, once it listens; `opsUrl` is empty without an ops port */
export const addressesIn = (log: Readable): Promise<{ url: string; opsUrl: string }> =>
  new Promise((resolve, reject) => {
    let opsUrl = ''
    createInterface(log)
      .on('line', (line) => {
        opsUrl = /"opsUrl":"(http:[^"]+)"/.exec(line)?.[1] ?? opsUrl
        const url = /"url":"(http:[^"]+)"/.exec(line)?.[1]
        if (url !== undefined) resolve({ url, opsUrl })
      })
      .once('close', () => reject(new Error('the hook server ended')))
  })

/** @returns whether Okta let the person in */
export const signInAt = async (
  { url }: Sandbox,
  username: string,
  password: string,
): Promise<boolean> => {
  const { status } = await fetch(`${url}/api/v1/authn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  return status === 200
}
