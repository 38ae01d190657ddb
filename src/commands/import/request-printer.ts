/** Prints the requests and differences of a dry run, no faster than they are read. */
import { maskRequest, type CreateUser } from '../../import/rows/prepare.ts'
import type { Changes } from '../../import/run/update-user.ts'
import type { KnownUser } from '../../okta/api/known-users.ts'
import { jsonLine, printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import type { ImportOptions } from './options.ts'

/** Enough to see what is sent. */
const SAMPLES = 3

/** Enough to see whether a column is mapped wrongly: each row has its own differences. */
const DIFFERENCES = 10

/** A user who would be updated. */
export interface Difference {
  readonly line: number
  readonly user: KnownUser
  readonly changes: Changes
}

/** @returns a function that writes a line, and resolves when the next may follow; also after its reader has closed */
const createWriter = (stream: NodeJS.WritableStream): ((line: string) => Promise<void>) => {
  let isGone = false
  let waiting: Promise<void> | undefined
  const untilDrained = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting = undefined
        resolve()
      }
      stream.once('drain', done)
      stream.once('error', done)
    })
  stream.on('error', () => (isGone = true))
  return async (line) => {
    if (!isGone && !stream.write(line)) waiting ??= untilDrained()
    await waiting
  }
}

const pick = (changes: Changes, side: 'from' | 'to'): object =>
  Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, change[side] ?? null]))

/** The request that would be sent, and what it would change. */
const toUpdate = ({ user, changes }: Difference): object => ({
  method: 'POST',
  path: `/api/v1/users/${user.id}`,
  body: { profile: pick(changes, 'to') },
  was: pick(changes, 'from'),
})

const show = (value: unknown): string =>
  value === undefined || value === null ? 'nothing' : printable(JSON.stringify(value))

const describeDifference = ({ line, user, changes }: Difference): string => {
  const head = `Line ${line}, ${printable(user.login)} (${user.id}) would change:`
  const all = Object.entries(changes)
  const lines = all.map(([name, { from, to }]) => `  ${name}: ${show(from)} -> ${show(to)}\n`)
  return `${head}\n${lines.join('')}`
}

/** With `--print` all of them as JSON lines; otherwise the first, as text or events. */
export const createPrinter = (
  { stdout }: Pick<CommandContext, 'stdout'>,
  { print: isAll, json }: Pick<ImportOptions, 'print' | 'json'>,
) => {
  const write = createWriter(stdout)
  const printed = { request: 0, difference: 0 }
  /** @param most how many are printed without `--print` */
  const print = async (
    kind: keyof typeof printed,
    most: number,
    what: () => { data: object; text: string },
  ): Promise<void> => {
    if (!isAll && printed[kind] >= most) return
    printed[kind]++
    const { data, text } = what()
    const event = (): string => jsonLine(json ? { event: kind, ...data } : data)
    await write(json || isAll ? event() : `${text}\n`)
  }
  return {
    request: (request: CreateUser): Promise<void> =>
      print('request', SAMPLES, () => {
        const data = maskRequest(request)
        const body = JSON.stringify(data.body, undefined, 2)
        const head = `Sample request ${printed.request}:\n${data.method} ${data.path}`
        return { data, text: `${head}\n${body}\n` }
      }),
    difference: (difference: Difference): Promise<void> =>
      print('difference', DIFFERENCES, () => {
        const { line, user } = difference
        const data = { line, login: user.login, ...toUpdate(difference) }
        return { data, text: describeDifference(difference) }
      }),
  }
}
