/** Reads every account once, judges it, and writes down what the second look at it needs. */
import { setImmediate } from 'node:timers/promises'
import type { createReasons } from '../../import/report/reasons.ts'
import type { SourceRow } from '../../import/sources/source.ts'
import { blank } from '../../passwords/family.ts'
import { createDigests, type Repeated } from './digests.ts'
import type { NewFile } from './files.ts'
import { createLastLogins, type LastLogins } from '../last-logins.ts'
import type { Probe } from '../lookups.ts'
import type { SeenKind } from '../rates.ts'
import { createSample } from './sample.ts'
import type { Judged, Verdict } from './verdict.ts'

/** A SQLite file is read without a pause, in which signals and the progress would have their turn. */
const ROWS_PER_TURN = 2_000

const NO_DIGEST = '-'.repeat(16)

/** How the notes begin. */
export const OWN_NOTES = /^(?:[\da-f]{16}|-{16})\d+ \[/

/** One object for all equal verdicts, of which there are few. */
const createVerdicts = () => {
  const codes = new Map<string, number>()
  const all: Verdict[] = []
  return {
    all,
    codeOf: (verdict: Verdict): number => {
      const { route, reason, blocked, note, kind, isDisabled, isRefused } = verdict
      const name = [route, reason, blocked, note, kind, isDisabled, isRefused].join('|')
      const code = codes.get(name) ?? all.push(verdict) - 1
      codes.set(name, code)
      return code
    },
  }
}

const createKinds = () => {
  const kinds = new Map<string, SeenKind>()
  return {
    add: ({ plan, verdict: { kind: name } }: Judged): void => {
      if (name === undefined || !plan) return
      if (kinds.has(name)) return
      const { name: family, cost } = plan.kind
      kinds.set(name, { what: name, family, cost: Math.round(cost), plan: blank(plan) })
    },
    list: (): readonly SeenKind[] => [...kinds.values()],
  }
}

export interface ReadDeps {
  readonly rows: AsyncIterable<SourceRow>
  readonly judge: (row: SourceRow) => Judged
  /** One line for each account, to be read again by `readNotes`. */
  readonly notes: NewFile
  readonly reasons: Pick<ReturnType<typeof createReasons>, 'add'>
  readonly sampleSize: number
  readonly hasFlag: boolean
  readonly random: () => number
  readonly onRow: (count: number) => void
  readonly isStopped: () => boolean
}

export interface AccountsRead {
  readonly count: number
  readonly verdicts: readonly Verdict[]
  readonly repeated: Repeated
  readonly lastLogins: LastLogins
  readonly kinds: readonly SeenKind[]
  /** Logins to look up, each of which only one account has. */
  readonly probes: readonly Probe[]
}

/** What no lookup could find, and who may be left out by a lookup, is no probe. */
const isProbe = ({ folded, login, verdict }: Judged): boolean =>
  folded !== undefined &&
  !login.isTooLong &&
  !verdict.isDisabled &&
  verdict.blocked !== 'enabled_unreadable'

export const readAccounts = async (deps: ReadDeps): Promise<AccountsRead> => {
  const { notes, judge, reasons, hasFlag } = deps
  const [verdicts, kinds, digests] = [createVerdicts(), createKinds(), createDigests()]
  const lastLogins = createLastLogins()
  const sample = createSample<Probe>(deps.sampleSize, deps.random)
  let count = 0
  for await (const row of deps.rows) {
    const judged = judge(row)
    const { key, login, hash, verdict, rejection, folded } = judged
    const digest = folded === undefined ? NO_DIGEST : digests.add(folded)
    notes.write(
      `${digest}${verdicts.codeOf(verdict)} ${JSON.stringify([key, login.typed.trim()])}\n`,
    )
    kinds.add(judged)
    if (rejection !== undefined) reasons.add(row.number, { reason: rejection })
    if (!verdict.isDisabled) lastLogins.add(judged.lastLogin, key)
    if (isProbe(judged)) sample.offer(() => ({ key, digest, login, hash, hasFlag }))
    deps.onRow(++count)
    if (count % ROWS_PER_TURN === 0) await setImmediate()
    if (deps.isStopped()) break
  }
  notes.flush()
  const repeated = digests.finish()
  const probes = sample.kept().filter(({ digest }) => !repeated.has(digest))
  const found = { count, verdicts: verdicts.all, repeated, kinds: kinds.list(), probes }
  return { ...found, lastLogins: lastLogins.read() }
}

export interface Note {
  readonly key: string
  readonly login: string
  readonly verdict: Verdict
  readonly isRepeated: boolean
}

/** The accounts again, when it is known which logins several of them have. */
export async function* readNotes(
  lines: AsyncIterable<string>,
  { verdicts, repeated }: Pick<AccountsRead, 'verdicts' | 'repeated'>,
): AsyncGenerator<Note, void> {
  for await (const line of lines) {
    const space = line.indexOf(' ')
    const digest = line.slice(0, NO_DIGEST.length)
    const verdict = verdicts[Number(line.slice(NO_DIGEST.length, space))]
    if (!verdict) throw new TypeError('a line of the notes has no verdict')
    const [key, login] = JSON.parse(line.slice(space + 1)) as [string, string]
    yield { key, login, verdict, isRepeated: digest !== NO_DIGEST && repeated.has(digest) }
  }
}
