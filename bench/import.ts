/** Measures the import: how much of a rate limit it uses, its speed, and its memory. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import type { Table } from './report.ts'
import { ROOT } from './server.ts'

const TOKEN = 'only-for-measuring'
const SIZES = [10_000, 100_000, 1_000_000]
const LIMIT = 600
const WINDOWS = 3

export const runBuilt = (args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, ['dist/cli.js', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })

export const makeRows = async (path: string, count: number): Promise<void> => {
  const file = createWriteStream(path)
  file.write('email,firstName,lastName\n')
  for (let i = 0; i < count; i++) {
    if (!file.write(`person${i}@example.com,First${i},Last${i}\n`)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

/** The peak memory of a process (proc(5), VmHWM), read until it ends. */
export const watchPeak = (child: ChildProcess): (() => number) => {
  let peakKb = 0
  const timer = setInterval(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    peakKb = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? peakKb)
  }, 200)
  child.once('exit', () => clearInterval(timer))
  return () => peakKb / 1024
}

export const inDirectory = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const measureSize = (count: number): Promise<string[]> =>
  inDirectory(async (dir) => {
    const limits = ['--rate-limit', '1000000000', '--concurrency', '1000000']
    const sandbox = runBuilt(['sandbox', '--port', '0', '--token', TOKEN, ...limits])
    if (!sandbox.stdout) throw new TypeError('no output to read')
    const url = await new Promise<string>((resolve) => {
      createInterface(sandbox.stdout ?? process.stdin).on('line', (line) => {
        const found = /OKTA_ORG_URL=(\S+)/.exec(line)?.[1]
        if (found !== undefined) resolve(found)
      })
    })
    const file = join(dir, 'users.csv')
    await makeRows(file, count)
    const began = performance.now()
    const env = { OKTA_ORG_URL: url, OKTA_API_TOKEN: TOKEN }
    const child = runBuilt(['import', file, '--share', '100', '--json'], env)
    child.stdout?.resume()
    const peak = watchPeak(child)
    const [code] = (await once(child, 'exit')) as [number]
    const seconds = (performance.now() - began) / 1000
    sandbox.kill('SIGTERM')
    if (code !== 0) throw new Error(`the import ended with ${code}`)
    return [count.toLocaleString('en'), (count / seconds).toFixed(0), peak().toFixed(0)]
  })

/** The calls that count against the limit of POST and GET /api/v1/users. */
const isCounted = ({ path }: { path: string }): boolean => /^\/api\/v1\/users(\?|$)/.test(path)

export const measurePace = (): Promise<Table> =>
  inDirectory(async (dir) => {
    const faults = { rateLimit: LIMIT, latencyMs: 50 }
    const sandbox = await startSandbox({ tokens: [{ scheme: 'SSWS', token: TOKEN }], faults })
    const file = join(dir, 'users.csv')
    await makeRows(file, LIMIT * (WINDOWS + 1))
    const env = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: TOKEN }
    const child = runBuilt(['import', file, '--share', '100', '--json'], env)
    child.stdout?.resume()
    while (!sandbox.calls().some(isCounted)) await new Promise((r) => setTimeout(r, 5))
    // The sandbox's window starts with the first call, as seen from outside.
    await new Promise((resolve) => setTimeout(resolve, WINDOWS * 60_000 - 20))
    const calls = sandbox.calls().filter(isCounted)
    const refused = calls.filter(({ status }) => status === 429).length
    child.kill('SIGKILL')
    await sandbox.close()
    const used = calls.length - refused
    const allowed = LIMIT * WINDOWS
    return {
      title: `A limit of ${LIMIT} a minute, --share 100, ${WINDOWS} minutes`,
      head: ['allowed', 'used', 'of what is allowed', '429s'],
      rows: [[`${allowed}`, `${used}`, `${((used / allowed) * 100).toFixed(1)} %`, `${refused}`]],
    }
  })

export const measureSpeed = async (): Promise<Table> => {
  const rows: string[][] = []
  for (const size of SIZES) rows.push(await measureSize(size))
  return {
    title: 'Without a limit, against the sandbox on the same cores',
    head: ['rows', 'rows/s', 'peak MiB resident'],
    rows,
  }
}
