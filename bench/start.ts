/** Measures how quickly commands and a server start, and the memory of a server at rest. OLD=DIRECTORY adds another build. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cpuMs, residentBytes } from './processes.ts'
import { median, type Table } from './report.ts'
import { imageOf, ROOT, startServer } from './server.ts'

const RUNS = 9
/** The clock of processor time ticks every 10 ms. */
const REPEATS = 10
const REST_MS = 3_000

const { OLD } = process.env

/** The checkouts of the builds, in the order in which each round takes them. */
const BUILDS: readonly (readonly [name: string, root: URL])[] = [
  ['now', ROOT],
  ...(OLD === undefined ? [] : [['before', pathToFileURL(`${resolve(OLD)}/`)] as const]),
]

/** Milliseconds of processor time, of an average run. */
const cpuOf = (args: readonly string[]): number => {
  const own = process.cpuUsage()
  const before = cpuMs(process.pid)
  for (let i = 0; i < REPEATS; i++) spawnSync(process.execPath, args, { stdio: 'ignore' })
  const { user, system } = process.cpuUsage(own)
  return (cpuMs(process.pid) - before - (user + system) / 1_000) / REPEATS
}

/** The median of each column of the rounds. */
const medians = (rounds: readonly (readonly number[])[]): string[] =>
  (rounds[0] ?? []).map((_, i) => median(rounds.map((round) => round[i] ?? NaN)).toFixed(0))

const measureCommands = (): Table => {
  const commands = [
    ['node -e 0', ['-e', '0']] as const,
    ...BUILDS.flatMap(([name, root]) =>
      ['--version', '--help'].map(
        (option) =>
          [`${name}: ${option}`, [new URL('dist/cli.js', root).pathname, option]] as const,
      ),
    ),
  ]
  const rounds = Array.from({ length: RUNS }, () => commands.map(([, args]) => cpuOf(args)))
  const ms = medians(rounds)
  return {
    title: 'The start of a command',
    head: ['command', 'ms of processor time'],
    rows: commands.map(([name], i) => [name, ms[i] ?? '']),
  }
}

/** Milliseconds until it is ready, milliseconds of processor time by then, and MiB resident at rest. */
const startOnce = async (root: URL): Promise<readonly number[]> => {
  const server = await startServer({ cost: 10, people: 600, image: imageOf(root) })
  const cpu = cpuMs(server.pid)
  await new Promise((wake) => setTimeout(wake, REST_MS))
  const mib = residentBytes(server.pid) / 2 ** 20
  await server.stop()
  return [server.readyMs, cpu, mib]
}

const measureServer = async (): Promise<Table> => {
  const rounds = new Map<string, (readonly number[])[]>(BUILDS.map(([name]) => [name, []]))
  for (let i = 0; i < RUNS; i++) {
    for (const [name, root] of BUILDS) rounds.get(name)?.push(await startOnce(root))
  }
  return {
    title: 'The start of a server, with SQLite files',
    note: `The median of ${RUNS} starts; the builds take turns.`,
    head: ['build', 'ms until ready', 'ms of processor time', 'MiB resident at rest'],
    rows: [...rounds].map(([name, each]) => [name, ...medians(each)]),
  }
}

export const measureStart = async (): Promise<readonly Table[]> => [
  measureCommands(),
  await measureServer(),
]
