/** The table of checks that this machine can make alone: those of a start of the hook server. */
import { within } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { findWritable } from '../../legacy/open.ts'
import { openLedgerTrial, trySpill } from '../../ledger/trial/trial.ts'
import { describeLedgerTarget } from '../../ledger/target.ts'
import { asLedgerError } from '../open-ledger.ts'
import { describeAway, legacyLimitOf } from '../serve/open-legacy.ts'
import type { ServerSettings } from '../serve/settings.ts'
import { describeStoreHashes, refuseUncheckedStore } from '../serve/store-hashes.ts'
import type { LocalDeps } from './local-deps.ts'
import { PORT_CHECKS } from './port-checks.ts'
import type { Check, Found } from './table.ts'
import { checkTimes } from './times.ts'

type LocalCheck = Check<LocalDeps>

const configuration: LocalCheck = {
  name: 'configuration',
  run: async ({ loaded }) => [
    { level: 'ok', text: 'The variables can be used.' },
    ...loaded().notices.map((text): Found => ({ level: 'warning', text })),
  ],
  fix: 'Correct these variables, in the environment or in the file of --env-file.',
}

const GRANT =
  'Give the server a database user of its own that may only SELECT: a stolen password of it then changes nothing.'

const findRights = async ({ settings, clock }: LocalDeps) => {
  const { legacy } = settings()
  if (legacy.kind !== 'database') return []
  const limits = { ca: legacy.ca, lookupMs: legacyLimitOf(settings()), clock }
  const writable = await findWritable(legacy.url, limits).catch(() => null)
  if (writable === undefined) return []
  const text =
    writable === null
      ? 'The rights of its user could not be read.'
      : `Its sessions only read, but its user may write (${writable}).`
  return [{ level: writable === null ? 'unknown' : 'warning', text, fix: GRANT }] satisfies Found[]
}

const READ_ONLY = 'It can be used, and its sessions only read.'

/** The store refuses a start with the reason for which it refuses a lookup. */
const aboutStatement = /^LEGACY_LOOKUP_SQL\b/

const store: LocalCheck = {
  name: 'store',
  needs: ['configuration'],
  run: async (deps) => {
    const opened = await deps.store().catch((err: unknown): Found => {
      if (!(err instanceof AppError) || err.code !== 'legacy_unusable') throw err
      const text = (err.detail ?? err.message).trim()
      const topic = aboutStatement.test(text) ? 'lookup' : 'store'
      return { topic, level: 'failed', text, fix: err.row.remedy }
    })
    if ('level' in opened) return [opened]
    const { state, findings } = opened.store
    if (state !== 'ok' || opened.why) {
      const away = describeAway(deps.settings(), opened.why)
      const text = `It ${away.what} right now (${opened.why?.detail ?? ''}), so it was not checked.`
      const fix = `${away.fix} Until then, calls are answered with 503.`
      return [{ level: 'failed', text, fix, exit: 3 }]
    }
    return [
      { level: 'ok', text: 'hashes' in opened.store ? READ_ONLY : 'It can be used.' },
      ...findings.filter(({ topic }) => topic === 'connection'),
      ...(await findRights(deps)),
    ]
  },
}

const lookup: LocalCheck = {
  name: 'lookup',
  needs: ['store'],
  run: async (deps) => {
    const { findings } = (await deps.store()).store
    return findings.filter(({ topic }) => topic !== 'connection')
  },
}

const OWN_CHECK: Found = { level: 'ok', text: 'The store checks passwords itself.' }

const hashes: LocalCheck = {
  name: 'hashes',
  needs: ['store'],
  run: async (deps) => {
    const settings = deps.settings()
    const { store: opened } = await deps.store()
    if (!('hashes' in opened)) return [OWN_CHECK]
    const sampled = opened.hashes
    if (!settings.allowUncheckedHashes) refuseUncheckedStore(sampled, settings.hashes)
    const described = describeStoreHashes(sampled, settings.hashes)
    const text = 'No account was sampled: set LEGACY_AUDIT_SQL to a statement that returns some.'
    return [described ?? { level: 'unknown', text }]
  },
}

const times: LocalCheck = {
  name: 'times',
  needs: ['configuration'],
  limitMs: 120_000,
  fix: 'Use faster cores, or import these people with their hashes: Okta then checks them itself.',
  run: checkTimes,
}

/** Where no ledger is configured, a server starts without one; where one is away, decisions wait for it. */
const unlessRequired = ({ ledger }: ServerSettings, err: unknown): readonly Found[] => {
  const error = asLedgerError(err)
  const { message, detail = message, code } = error
  const fix = error.row.remedy
  if (code === 'ledger_unavailable') return [{ level: 'failed', text: detail, fix, exit: 0 }]
  if (ledger?.isRequired || code !== 'ledger_unusable') throw error
  return [{ level: 'warning', text: `A server would start WITHOUT a ledger: ${detail}`, fix }]
}

const LEDGER_WORDS = {
  current: 'A decision can be written.',
  older: 'It can be opened. A start will add what this version needs.',
  new: 'It is not there yet. A start will create it.',
} as const

const LEDGER_MS = 10_000

const OFF: Found = { level: 'ok', text: 'LEDGER_DB_URL is off: no decision is recorded.' }

const ledger: LocalCheck = {
  name: 'ledger',
  needs: ['configuration'],
  run: async ({ settings, clock }) => {
    const kept = settings().ledger
    if (!kept) return [OFF]
    let cut = (): void => undefined
    try {
      const trial = openLedgerTrial({ url: kept.url, ca: kept.ca })
      cut = trial.cut
      const late = (): AppError => new AppError('ledger_unavailable', { detail: 'no answer' })
      const state = await within(clock, clock.now() + LEDGER_MS, trial.run(), late)
      const { name, warnings } = describeLedgerTarget(kept)
      return [
        { level: 'ok', text: `${LEDGER_WORDS[state]} (${name})` },
        ...warnings.map((text): Found => ({ level: 'warning', text })),
      ]
    } catch (err) {
      return unlessRequired(settings(), err)
    } finally {
      cut()
    }
  },
}

const spill: LocalCheck = {
  name: 'spill',
  needs: ['configuration'],
  run: async ({ settings }) => {
    const kept = settings().ledger
    if (!kept) return [OFF]
    try {
      trySpill(kept.spillDir)
      return [{ level: 'ok', text: `Decisions can wait in ${kept.spillDir}.` }]
    } catch (err) {
      return unlessRequired(settings(), err)
    }
  },
}

/** In the order of a start. */
export const LOCAL_CHECKS: readonly LocalCheck[] = [
  configuration,
  store,
  lookup,
  hashes,
  times,
  ledger,
  spill,
  ...PORT_CHECKS,
]
