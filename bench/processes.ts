/** Reads from Linux how much memory and CPU time processes and their children use. */
import { readdirSync, readFileSync } from 'node:fs'

/** The unit of times in /proc, on every Linux that Node.js runs on (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10

/** The resident set of a process (proc(5), VmRSS). */
export const residentBytes = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}

interface Stat {
  readonly parent: number
  readonly ownTicks: number
  readonly endedChildrensTicks: number
}

/** @returns undefined for a process that has just ended */
const readStat = (pid: string): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name, which may contain anything: field 3 and on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const sum = (...numbers: number[]): number =>
      numbers.reduce((total, n) => total + Number(fields[n - 3]), 0)
    return { parent: sum(4), ownTicks: sum(14, 15), endedChildrensTicks: sum(16, 17) }
  } catch {
    return undefined
  }
}

/** Milliseconds of CPU time, user and system, of a process, its threads and its children. */
export const cpuMs = (pid: number): number => {
  const own = readStat(String(pid))
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat?.parent === pid)
  const ticks = children.reduce((total, child) => total + (child?.ownTicks ?? 0), 0)
  return (ticks + (own?.ownTicks ?? 0) + (own?.endedChildrensTicks ?? 0)) * TICK_MS
}

/** The same of all children of this process that have ended. */
export const endedChildrensCpuMs = (): number =>
  (readStat(String(process.pid))?.endedChildrensTicks ?? 0) * TICK_MS
