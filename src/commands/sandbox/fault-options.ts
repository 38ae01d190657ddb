/** The options of the sandbox that inject faults. */
import { Option } from 'commander'
import { faultSchema, type FaultSettings } from '../../sandbox/http/faults.ts'
import { numberWithin } from './numbers.ts'

const TABLE: readonly [fault: keyof FaultSettings, flags: string, description: string][] = [
  ['rateLimit', '--rate-limit <calls>', 'calls per minute in each bucket'],
  ['logRateLimit', '--log-rate-limit <calls>', 'calls per minute to the System Log'],
  [
    'logDelayMs',
    '--log-delay <ms>',
    'by how much events appear in the System Log too late, at most',
  ],
  [
    'shortPageRate',
    '--short-page-rate <0..1>',
    'share of pages of the System Log that are not full',
  ],
  ['eventDropRate', '--event-drop-rate <0..1>', 'share of events that event hooks never get'],
  ['eventDuplicateRate', '--event-duplicate-rate <0..1>', 'share of events that they get twice'],
  [
    'eventReorderRate',
    '--event-reorder-rate <0..1>',
    'share of events that they get after those of the next minute',
  ],
  ['eventDelayMs', '--event-delay <ms>', 'by how much they get events too late, at most'],
  ['eventLimit', '--event-limit <events>', 'events that they get in 24 hours'],
  ['concurrency', '--concurrency <calls>', 'calls at the same time'],
  ['readOnly', '--read-only', 'refuse writes, as an org in read-only mode'],
  ['latencyMs', '--latency <ms>', 'delay added to each response'],
  ['errorRate', '--error-rate <0..1>', 'share of API calls that fail with 500'],
  [
    'resetBeforeRate',
    '--reset-before-rate <0..1>',
    'share of connections reset before the call is processed',
  ],
  [
    'resetAfterRate',
    '--reset-after-rate <0..1>',
    'share of connections reset after the call is processed',
  ],
  ['answer', '--answer <name>', 'an answer that replaces the usual one'],
  ['answerRate', '--answer-rate <0..1>', 'share of API calls that get this answer'],
  ['answerWritesOnly', '--answer-writes-only', 'only calls that change something get this answer'],
  ['clockSkewMs', '--clock-skew <ms>', "how far Okta's clock is ahead (negative: behind)"],
]

/** Commander names an option after its flag; the sandbox names a fault after its unit. */
export const faultsFrom = (given: Readonly<Record<string, unknown>>): FaultSettings => {
  const valueOf = (flags: string): unknown => given[new Option(flags).attributeName()]
  return Object.fromEntries(TABLE.map(([fault, flags]) => [fault, valueOf(flags)]))
}

/** The fault's own schema checks the values, so that the two cannot differ. */
const faultOption = ([fault, flags, description]: (typeof TABLE)[number]): Option => {
  const schema = faultSchema.shape[fault]
  const usual = schema.parse(undefined)
  if (usual === false) return new Option(flags, description)
  if (fault === 'answer') {
    return new Option(flags, description).choices([...faultSchema.shape.answer.unwrap().options])
  }
  const accepts = (value: number): boolean => schema.safeParse(value).success
  const option = new Option(flags, `${description} (default: ${String(usual)})`)
  return option.argParser(numberWithin(accepts))
}

export const faultOptions = (): Option[] => TABLE.map(faultOption)
