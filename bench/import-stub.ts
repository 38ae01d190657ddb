/** Measures the import alone, against a stub of Okta that answers at once; with OLD=DIRECTORY, another build in turns with it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { inDirectory, makeRows, watchPeak } from './import.ts'
import { endedChildrensCpuMs } from './processes.ts'
import { median, type Table } from './report.ts'
import { ROOT } from './server.ts'

const ROWS = 100_000
const MANY_ROWS = 1_000_000
const RUNS = 5

const cliOf = (root: string): string => resolve(root, 'dist/cli.js')

/** The entry points of the builds, in the order in which each round takes them. */
const BUILDS: readonly (readonly [name: string, cli: string])[] = [
  ['now', cliOf(ROOT.pathname)],
  ...(process.env['OLD'] === undefined ? [] : [['before', cliOf(process.env['OLD'])] as const]),
]

export interface Import {
  readonly seconds: number
  readonly cpuMs: number
  readonly peakMib: number
}

/** Resolves with the address, and a function that ends the process. */
const startStub = async (): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const script = new URL('okta-stub.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { url, stop: () => void child.kill('SIGTERM') }
}

/** @param cli the entry point of a build */
export const importOnce = async (cli: string, url: string, file: string): Promise<Import> => {
  const env = { OKTA_ORG_URL: url, OKTA_API_TOKEN: 'only-for-measuring' }
  const [began, before] = [performance.now(), endedChildrensCpuMs()]
  const args = [cli, 'import', file, '--share', '100', '--json']
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const peak = watchPeak(child)
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`the import ended with ${code}`)
  rmSync(`${file}.journal`)
  const seconds = (performance.now() - began) / 1000
  return { seconds, cpuMs: endedChildrensCpuMs() - before, peakMib: peak() }
}

/** Imports a file of so many rows with each build in turns. */
export const importInTurns = (
  rows: number,
  runs: number,
): Promise<ReadonlyMap<string, readonly Import[]>> =>
  inDirectory(async (dir) => {
    const file = join(dir, 'users.csv')
    await makeRows(file, rows)
    const { url, stop } = await startStub()
    const all = new Map<string, Import[]>(BUILDS.map(([name]) => [name, []]))
    for (let run = 0; run < runs; run++) {
      for (const [name, cli] of BUILDS) all.get(name)?.push(await importOnce(cli, url, file))
    }
    stop()
    return all
  })

const toRow = (name: string, rows: number, runs: readonly Import[]): string[] => [
  name,
  rows.toLocaleString('en'),
  (rows / median(runs.map(({ seconds }) => seconds))).toFixed(0),
  ((median(runs.map(({ cpuMs }) => cpuMs)) / rows) * 1000).toFixed(0),
  median(runs.map(({ peakMib }) => peakMib)).toFixed(0),
]

export const measureAlone = async (): Promise<Table> => {
  const table: string[][] = []
  for (const [rows, runs] of [
    [ROWS, RUNS],
    [MANY_ROWS, 1],
  ] as const) {
    for (const [name, each] of await importInTurns(rows, runs)) table.push(toRow(name, rows, each))
  }
  return {
    title: 'Without a limit, against a stub that answers at once',
    note: `The median of ${RUNS} imports of ${ROWS.toLocaleString('en')} rows; the builds take turns. One import of a million.`,
    head: ['build', 'rows', 'rows/s', 'µs of processor time a row', 'peak MiB resident'],
    rows: table,
  }
}
