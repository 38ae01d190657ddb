/** The waves of a campaign in words for people, and as part of the object for programs. */
import type { Wave, WaveCounts, Waves } from '../../campaign/waves.ts'
import { cellsLine, dayOf, isoDay, percentOf } from './figures.ts'
import { figure } from '../../text/figure.ts'

export interface WavesReport {
  /** Undefined where they were not asked for. */
  readonly waves: Waves | undefined
  readonly options: { readonly wave?: string }
}

const importDay = ({ firstImport }: WaveCounts): string | undefined =>
  firstImport === undefined ? undefined : isoDay(dayOf(firstImport))

const lineOf = (label: string, counts: WaveCounts): string => {
  const { moved, notMoved, missing } = counts
  const people = moved + notMoved
  const share = percentOf(moved, people)
  const cells = [figure(people), figure(moved), share, figure(notMoved), importDay(counts) ?? '-']
  return cellsLine(label, cells) + (missing === 0 ? '' : `   ${figure(missing)} not in Okta`)
}

const MAX_LABEL = 24

const labelOf = ({ name = '(none)' }: Wave): string =>
  name.length > MAX_LABEL ? `${name.slice(0, MAX_LABEL - 1)}…` : name

export const describeWaves = ({ waves, options: { wave = '' } }: WavesReport): string[] => {
  if (!waves) return []
  const { shown, others } = waves
  return [
    '',
    cellsLine(labelOf({ name: `By ${wave}` } as Wave), [
      ...['people', 'moved', '', 'not moved', 'imported'],
    ]),
    ...shown.map((one) => lineOf(`  ${labelOf(one)}`, one)),
    ...(others.waves > 0 ? [lineOf(`  ${figure(others.waves)} others`, others)] : []),
  ]
}

const objectOf = (counts: WaveCounts): object => {
  const { moved, notMoved, missing } = counts
  return { people: moved + notMoved, moved, notMoved, missing, firstImport: importDay(counts) }
}

/** For programs: the fields that docs/EVENTS.md lists. */
export const toWavesObject = ({ waves, options: { wave } }: WavesReport): object =>
  waves
    ? {
        waves: {
          column: wave,
          shown: waves.shown.map((one) => ({ name: one.name, ...objectOf(one) })),
          others: { waves: waves.others.waves, ...objectOf(waves.others) },
        },
      }
    : {}
