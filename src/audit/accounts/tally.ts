/** Counts the verdicts of an audit. */
import type { BlockedReason } from './reasons.ts'
import type { Route, Verdict } from './verdict.ts'

export interface BlockedCount {
  readonly reason: BlockedReason
  readonly count: number
  /** Some of these accounts. */
  readonly keys: readonly string[]
  /** What most of them have in common. */
  readonly note: string | undefined
}

export interface Tally {
  readonly accounts: number
  readonly disabled: number
  /** By `Verdict.kind`. */
  readonly verifiable: ReadonlyMap<string, number>
  /** The most frequent first. */
  readonly blocked: readonly BlockedCount[]
  readonly refused: number
  readonly routes: Readonly<Record<Route, number>>
}

interface Row {
  count: number
  readonly keys: string[]
}

/** As many as a line of the report has room for. */
const KEYS = 2

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, each) => all + each, 0)

const blockedIn = (rows: ReadonlyMap<Verdict, Row>): BlockedCount[] => {
  const groups = Map.groupBy(rows, ([{ blocked }]) => blocked)
  const counts = [...groups].flatMap(([reason, group]) => {
    if (reason === undefined) return []
    const sorted = [...group].sort(([, a], [, b]) => b.count - a.count)
    const count = sum(sorted.map(([, row]) => row.count))
    const keys = sorted.flatMap(([, row]) => row.keys).slice(0, KEYS)
    const [note, other] = new Set(sorted.map(([verdict]) => verdict.note))
    return [{ reason, count, keys, note: note && other ? `${note} and others` : note }]
  })
  return counts.sort((a, b) => b.count - a.count)
}

/** Equal verdicts must be one object, of which there are few. */
export const createTally = () => {
  const rows = new Map<Verdict, Row>()
  const countBy = (of: (verdict: Verdict) => boolean): number =>
    sum([...rows].filter(([verdict]) => of(verdict)).map(([, { count }]) => count))
  return {
    add: (verdict: Verdict, key: string): void => {
      const row = rows.get(verdict) ?? { count: 0, keys: [] }
      rows.set(verdict, row)
      row.count++
      if (row.keys.length < KEYS) row.keys.push(key)
    },
    read: (): Tally => {
      const routeCount = (route: Route): number => countBy((verdict) => verdict.route === route)
      const kinds = new Set(
        [...rows.keys()].flatMap(({ kind }) => (kind === undefined ? [] : [kind])),
      )
      return {
        accounts: countBy(() => true),
        disabled: countBy(({ isDisabled }) => isDisabled === true),
        verifiable: new Map(
          [...kinds].map((kind) => [kind, countBy((each) => each.kind === kind)]),
        ),
        blocked: blockedIn(rows),
        refused: countBy(({ isRefused }) => isRefused === true),
        routes: {
          hash: routeCount('hash'),
          hook: routeCount('hook'),
          reset: routeCount('reset'),
          skip: routeCount('skip'),
        },
      }
    },
  }
}
