/** What a check of `okta-migrate doctor` is, and how the checks of a table run: one after the other, each within a limit. */
import { within, type Clock } from '../../clock.ts'
import { AppError, asAppError } from '../../errors/errors.ts'

/** `unknown`: it was not checked, and the text says why. */
export type Level = 'ok' | 'warning' | 'failed' | 'unknown'

/** What a check has found. */
export interface Found {
  /** By default the name of the check. */
  readonly topic?: string
  readonly level: Level
  readonly text: string
  /** What to do; by default that of the check if it failed. */
  readonly fix?: string | undefined
  /** Where it failed, what `check` ends with for it if not 2: 0 if a server starts all the same. */
  readonly exit?: 0 | 3
}

export const failedWith = (text: string, fix: string): Found => ({ level: 'failed', text, fix })

export interface CheckRow extends Found {
  readonly topic: string
}

export interface Check<D> {
  readonly name: string
  /** Checks that must have passed. */
  readonly needs?: readonly string[]
  /** What to do where it fails; absent where each failure has a remedy of its own. */
  readonly fix?: string
  readonly limitMs?: number
  /** @throws AppError for what makes it fail */
  readonly run: (deps: D, signal: AbortSignal) => Promise<readonly Found[]>
}

/** More than Okta and a database take, unless they hang. */
const LIMIT_MS = 20_000

const asFound = (err: unknown): Found => {
  const { message, detail, row } = asAppError(err)
  return {
    level: 'failed',
    text: (detail ?? message).replace(/^ {2}/gm, '').trim(),
    fix: row.remedy,
  }
}

/** Ends with an answer in any case: a check that hangs has failed. */
const runOne = async <D>(check: Check<D>, deps: D, clock: Clock): Promise<readonly Found[]> => {
  const { limitMs = LIMIT_MS, fix } = check
  const stop = new AbortController()
  const late = (): AppError =>
    new AppError('check_late', { detail: `No answer within ${limitMs / 1000} seconds.` })
  const running = check.run(deps, stop.signal)
  try {
    return await within(clock, clock.now() + limitMs, running, late)
  } catch (err) {
    stop.abort()
    running.catch(() => undefined)
    const found = asFound(err)
    return [{ ...found, fix: fix ?? found.fix }]
  }
}

/** The reason why a check cannot be made, if there is one. */
const blockOf = <D>({ needs = [] }: Check<D>, unpassed: ReadonlyMap<string, string>) =>
  needs.map((name) => unpassed.get(name)).find((why) => why !== undefined)

/** Not where an earlier check has said all of it. */
const unlessFound = (rows: readonly CheckRow[], name: string, why: string): readonly Found[] =>
  rows.some(({ topic }) => topic === name) ? [] : [{ level: 'unknown', text: why }]

/**
 * Runs the checks in their order. What needs a check that has not passed is not checked.
 * @param onRow is called with each result as soon as it is known
 */
export const runChecks = async <D>(
  checks: readonly Check<D>[],
  { deps, clock, onRow }: { deps: D; clock: Clock; onRow: (row: CheckRow) => void },
): Promise<readonly CheckRow[]> => {
  const rows: CheckRow[] = []
  const unpassed = new Map<string, string>()
  for (const check of checks) {
    const why = blockOf(check, unpassed)
    const found: readonly Found[] =
      why === undefined ? await runOne(check, deps, clock) : unlessFound(rows, check.name, why)
    for (const { fix, ...each } of found) {
      const own = fix ?? (each.level === 'failed' ? check.fix : undefined)
      const row = { topic: check.name, ...each, ...(own !== undefined && { fix: own }) }
      rows.push(row)
      onRow(row)
    }
    if (found.some(({ level }) => level === 'failed'))
      unpassed.set(check.name, `The check "${check.name}" must pass first.`)
    // Where nothing was found out, what needs it has the same reason.
    else if (found.every(({ level }) => level === 'unknown'))
      unpassed.set(check.name, found[0]?.text ?? why ?? '')
  }
  return rows
}
