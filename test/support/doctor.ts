/** Runs `okta-migrate doctor`, and looks at its rows. */
import { doctorCommand } from '../../src/commands/doctor/doctor.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { Perform } from '../../src/commands/context.ts'
import { runInProcess } from './in-process.ts'

export interface DoctorRow {
  readonly topic: string
  readonly level: 'ok' | 'warning' | 'failed' | 'unknown'
  readonly text: string
  readonly fix?: string
}

/** A clock by which a call takes this long, however busy the machine is. */
const clockOf = (callMs: number): Clock => {
  let now = 0
  return { ...systemClock, now: () => (now += callMs) }
}

/** @param callMs how long the call of the hook takes */
export const runDoctorWith = async (
  callMs: number,
  env: Record<string, string>,
  ...args: string[]
) => {
  const build = (perform: Perform) => doctorCommand(perform, clockOf(callMs))
  const { code, stdout, stderr } = await runInProcess(build, ['--json', ...args], {
    PORT: '0',
    ...env,
  })
  const rows = JSON.parse(stdout) as DoctorRow[]
  const of = (topic: string): readonly DoctorRow[] => rows.filter((row) => row.topic === topic)
  const topicsAt = (level: DoctorRow['level']): string[] => [
    ...new Set(rows.filter((row) => row.level === level).map(({ topic }) => topic)),
  ]
  return { code, stdout, stderr, rows, of, topicsAt }
}

export const runDoctor = (env: Record<string, string>, ...args: string[]) =>
  runDoctorWith(1, env, ...args)
