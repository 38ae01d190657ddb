/** Notes beside a journal which process has it open, so that a person who finds it locked learns what to end. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { AppError } from '../errors/errors.ts'
import { printable } from '../text/printable.ts'

const noteOf = (path: string): string => `${path}.pid`

/** Only a message needs the note: a way back must not fail for it. */
const tryTo = (run: () => void): void => {
  try {
    run()
  } catch {
    // The message then names no process.
  }
}

/** By the process that has the lock, so the note of one that was killed is written over. */
export const noteHolder = (path: string): void =>
  tryTo(() => writeFileSync(noteOf(path), `${process.pid} ${hostname()}\n`, { mode: 0o600 }))

export const forgetHolder = (path: string): void => tryTo(() => rmSync(noteOf(path)))

const readHolder = (path: string): readonly [pid: string, machine: string] | undefined => {
  let text = ''
  tryTo(() => (text = readFileSync(noteOf(path), 'utf8')))
  const [, pid, machine] = /^(\d{1,10}) (\S{1,255})\n$/.exec(text) ?? []
  return pid === undefined || machine === undefined ? undefined : [pid, machine]
}

/** A reset holds the journal for hours: it ends by a signal, as by Ctrl-C, and goes on later. */
export const lockedBy = (path: string, cause: AppError): AppError => {
  const holder = readHolder(path)
  if (!holder) return cause
  const [pid, machine] = holder
  const detail = `${path}: process ${pid} of the machine ${printable(machine)} uses it. To stop it: Ctrl-C where it runs, or kill -INT ${pid}. A reset then ends after the person in work, and the same command goes on later.`
  return new AppError('journal_locked', { detail, cause })
}
