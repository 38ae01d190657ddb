/** Counts people by the wave in which they are imported: a column of the legacy store. */
import type { CampaignState } from './state/state-file.ts'
import { sqlList, statesIn } from './state/states.ts'

export interface WaveCounts {
  readonly moved: number
  readonly notMoved: number
  /** Not in Okta: they wait for their import. */
  readonly missing: number
  /** Milliseconds since 1970; undefined where nobody is imported yet. */
  readonly firstImport: number | undefined
}

export interface Wave extends WaveCounts {
  /** Undefined for the people who have no value in the column. */
  readonly name: string | undefined
}

export interface Waves {
  /** In the order of their first import; those of which nobody is imported yet come last. */
  readonly shown: readonly Wave[]
  readonly others: WaveCounts & { readonly waves: number }
}

export const WAVES_SHOWN = 20

interface WaveRow {
  readonly name: string | null
  readonly people: number
  readonly moved: number
  readonly notMoved: number
  readonly missing: number
  readonly firstImport: number | null
}

const WAVES = `
  SELECT wave AS name, count(*) AS people, sum(state IN (${sqlList(statesIn('moved'))})) AS moved,
         sum(state IN (${sqlList(statesIn('not moved'))})) AS notMoved, sum(state = 'missing') AS missing,
         min(created) AS firstImport
    FROM people
   WHERE state IN (${sqlList([...statesIn('moved'), ...statesIn('not moved'), 'missing'])})
   GROUP BY wave ORDER BY people DESC, name`

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

const together = (all: Waves['others'], one: Wave): Waves['others'] => ({
  waves: all.waves + 1,
  moved: all.moved + one.moved,
  notMoved: all.notMoved + one.notMoved,
  missing: all.missing + one.missing,
  firstImport: earlier(all.firstImport, one.firstImport),
})

const byImport = ({ firstImport: a = Infinity }: Wave, { firstImport: b = Infinity }: Wave) =>
  a === b ? 0 : a - b

/** The largest are shown. A value that one person has alone could be a login or an address, and is not. */
export const countWaves = (db: CampaignState['db']): Waves => {
  const shown: Wave[] = []
  let others = { waves: 0, moved: 0, notMoved: 0, missing: 0 } as Waves['others']
  for (const row of db.prepare<[], WaveRow>(WAVES).iterate()) {
    const { people, name, firstImport, ...counts } = row
    const wave = { ...counts, name: name ?? undefined, firstImport: firstImport ?? undefined }
    if (shown.length < WAVES_SHOWN && (people > 1 || name === null)) shown.push(wave)
    else others = together(others, wave)
  }
  return { shown: shown.sort(byImport), others }
}
