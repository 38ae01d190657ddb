/** The entry point of `npm run bench`: which measurements run, and where their results go. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { measureAudit } from './campaign.ts'
import { measureCounting } from './counting.ts'
import { compareEngines, measureEngineRate } from './engines.ts'
import { measureEvents } from './events.ts'
import { measureFamilies } from './families.ts'
import { measureFlood } from './flood.ts'
import { measureForecast } from './forecast.ts'
import { measureHistory } from './history.ts'
import { measureHttp } from './http.ts'
import { measurePace, measureSpeed } from './import.ts'
import { measureAlone } from './import-stub.ts'
import { measureLedger } from './ledger.ts'
import { measureLivez } from './livez.ts'
import { machine, markdown, type Bar, chart, type Table } from './report.ts'
import { measureSizing } from './sizing.ts'
import { measureSoak } from './soak.ts'
import { measureStart } from './start.ts'
import { measureStorm } from './storm.ts'

const RESULTS = new URL('results/', import.meta.url)

const SECTIONS: Readonly<Record<string, () => Promise<readonly Table[]>>> = {
  engines: compareEngines,
  http: async () => [await measureHttp(measureEngineRate)],
  storm: async () => [await measureStorm()],
  import: async () => [await measurePace(), await measureSpeed()],
  'import-stub': async () => [await measureAlone()],
  campaign: async () => [await measureAudit(), await measureCounting()],
  forecast: measureForecast,
  livez: async () => [await measureLivez()],
  start: measureStart,
  ledger: measureLedger,
  events: async () => [await measureEvents()],
  history: async () => [await measureHistory()],
  families: measureFamilies,
  sizing: measureSizing,
  flood: async () => [await measureFlood()],
  soak: measureSoak,
}

/** These take long, and one of them needs servers that it may kill: they run only if they are requested by name. */
const BY_NAME_ONLY = ['flood', 'soak']

const write = (name: string, text: string): void => writeFileSync(new URL(name, RESULTS), text)

const barsOf = ({ rows }: Table, column: number): Bar[] =>
  rows.map((cells) => ({
    name: cells[0] ?? '',
    value: Number(cells[column]),
    ours: cells[0]?.startsWith('ours') ?? false,
  }))

mkdirSync(RESULTS, { recursive: true })
const requested = process.argv.slice(2)
const usual = Object.keys(SECTIONS).filter((name) => !BY_NAME_ONLY.includes(name))
for (const name of requested.length > 0 ? requested : usual) {
  const measure = SECTIONS[name]
  if (!measure)
    throw new Error(`there is no measurement ${name}: ${Object.keys(SECTIONS).join(' ')}`)
  const tables = await measure()
  const text = tables.map(markdown).join('\n')
  console.log(text)
  write(`${name}.md`, `${machine()}\n\n${text}`)
  const [first] = tables
  if (name === 'engines' && first) {
    const column = first.head.findIndex((cell) => cell.includes('checks/s') && cell.includes('10'))
    write('engines.svg', chart(first.head[column] ?? '', barsOf(first, column)))
  }
}
