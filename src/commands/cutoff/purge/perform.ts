/** Performs `purge`: decides whose hash may go, confirms it, and writes the SQL for the DBA with its proof. */
import { createNewFile, type NewFile } from '../../../audit/accounts/files.ts'
import { openCampaignState, type CampaignState } from '../../../campaign/state/state-file.ts'
import type { CutOffJournal } from '../../../cutoff/journal.ts'
import { toJournalled } from '../../../cutoff/own-hook.ts'
import {
  describeStep,
  digestInputs,
  LIST_COLUMNS,
  LIST_HEAD,
  listLine,
  PROOF_HEAD,
  proofText,
} from '../../../cutoff/purge/proof.ts'
import { SCRIPT_HEAD, withDigest, writeScript } from '../../../cutoff/purge/script.ts'
import { PURGE_EXAMPLE, readTemplate, type PurgeTemplate } from '../../../cutoff/purge/template.ts'
import { judgePeople, purgedPeople, type PurgeCounts } from '../../../cutoff/purge/verdicts.ts'
import { AppError } from '../../../errors/errors.ts'
import type { InlineHook } from '../../../okta/api/inline-hooks.ts'
import { numberOf } from '../../../text/figure.ts'
import { fingerprint } from '../../../ops/log.ts'
import { confirm } from '../../terminal/confirm.ts'
import { DRY_RUN } from '../messages.ts'
import { closedHookFor, withCutOff, type OpenedCutOff } from '../open.ts'
import { OTHER_APPS } from '../plan.ts'
import { unfinishedList } from '../reset/people.ts'
import { totalsOf } from '../reset/report.ts'
import {
  kindOfStore,
  readForPurge,
  refuseUnknownChanges,
  type PurgeDeps,
  type PurgeReading,
} from './read.ts'
import { purgeSettings, type PurgeSettings } from './settings.ts'
import { describePurge, describeWritten, NOBODY, type WrittenPurge } from './report.ts'
import { DAY_MS } from '../../../clock.ts'

/**
 * What is not known of one person may be a reset that takes effect after the purge; and after a purge no list goes on.
 * @throws AppError `resets_unfinished`
 */
const refuseUnfinishedResets = (journal: CutOffJournal): void => {
  const list = unfinishedList(journal)
  if (!list) return
  const { open, waiting } = totalsOf(journal.resets.counts(list.number))
  const detail = `The list has ${numberOf(waiting, 'person who waits', 'people who wait')}, and ${numberOf(open, 'reset', 'resets')} whose result is not known.`
  throw new AppError('resets_unfinished', { detail })
}

/** @throws AppError `cutoff_out_of_order`, `hook_foreign`, `resets_unfinished`, `hashes_in_use` */
const refuseTooEarly = (opened: OpenedCutOff): InlineHook => {
  const hook = closedHookFor('purge', opened)
  refuseUnfinishedResets(opened.journal)
  const apps = opened.journal.setting(OTHER_APPS)
  if (apps !== 'none') {
    throw new AppError('hashes_in_use', { detail: `The plan says: ${apps ?? 'nobody knows'}.` })
  }
  return hook
}

const listPathOf = (proof: string): string => `${proof.replace(/\.json$/, '')}.csv`

interface Writing {
  readonly deps: PurgeDeps
  readonly settings: PurgeSettings
  readonly template: PurgeTemplate
  readonly state: CampaignState
  readonly reading: PurgeReading
  readonly counts: PurgeCounts
  readonly journal: CutOffJournal
}

interface Files {
  readonly script: NewFile
  readonly list: NewFile
  readonly proof: NewFile
}

const proofFacts = (
  { deps, settings, template, state, reading, counts, journal }: Writing,
  written: object,
): object => {
  const { org, options, context } = deps
  return {
    org,
    at: new Date(reading.seenAt).toISOString(),
    versions: { program: context.version, node: process.version },
    steps: journal.steps().map(describeStep),
    statement: template.sql,
    hashColumn: template.hash,
    dialect: kindOfStore(settings.store),
    minDays: options.minDays,
    passwordChanged: options.passwordChanged,
    accepted: options.accept,
    counts,
    inputs: digestInputs(state.db),
    ...written,
  }
}

/** Named as in the ledger; where there is no key, by the id in Okta, which says nothing by itself. */
const namerOf = ({ ledger: { keys } }: PurgeSettings) => {
  const [key] = keys
  const name = key === undefined ? undefined : fingerprint(key, 'person')
  return (person: { readonly okta_id: string; readonly legacy_id: string }): string =>
    name?.(`id ${person.legacy_id}`) ?? person.okta_id
}

const fill = (writing: Writing, files: Files): WrittenPurge => {
  const { deps, settings, template, state, reading, counts } = writing
  const { options, org } = deps
  const [script, list, proof] = [files.script, files.list, files.proof].map(withDigest) as [
    ReturnType<typeof withDigest>,
    ReturnType<typeof withDigest>,
    ReturnType<typeof withDigest>,
  ]
  const nameOf = namerOf(settings)
  const at = new Date(reading.seenAt).toISOString()
  const facts = { kind: kindOfStore(settings.store), template, org, at, people: counts.purged }
  list.write(LIST_COLUMNS)
  const transactions = writeScript(purgedPeople(state.db), facts, script.write, (person) =>
    list.write(listLine(nameOf(person), person, reading.seenAt)),
  )
  const listPath = listPathOf(options.proof)
  proof.write(
    proofText(
      proofFacts(writing, {
        list: { file: listPath, sha256: list.sha256() },
        script: { file: options.out, sha256: script.sha256(), transactions },
      }),
    ),
  )
  const paths = { script: options.out, proof: options.proof, list: listPath }
  return { ...paths, statements: counts.purged, transactions, sha256: proof.sha256() }
}

/** All three take the place of those before, or none does. */
const write = (writing: Writing): WrittenPurge => {
  const { out, proof } = writing.deps.options
  const opened: NewFile[] = []
  const open = (path: string, own: RegExp): NewFile => {
    const file = createNewFile(path, own)
    opened.push(file)
    return file
  }
  try {
    const files = {
      script: open(out, SCRIPT_HEAD),
      list: open(listPathOf(proof), LIST_HEAD),
      proof: open(proof, PROOF_HEAD),
    }
    const written = fill(writing, files)
    for (const file of opened) file.flush()
    for (const file of opened) file.publish()
    return written
  } finally {
    for (const file of opened) file.discard()
  }
}

const decide = async (
  deps: PurgeDeps,
  opened: OpenedCutOff,
  writing: Omit<Writing, 'counts' | 'journal'>,
  hook: InlineHook,
): Promise<number> => {
  const { context, options, org, clock, print } = deps
  const { journal } = opened
  const { state, reading } = writing
  const counts = judgePeople(state.db, reading.seenAt - options.minDays * DAY_MS)
  print(describePurge(counts, reading.hasChanges), {
    event: 'counted',
    ...counts,
  })
  if (options.dryRun || counts.purged === 0) {
    print(options.dryRun ? DRY_RUN : NOBODY, { event: options.dryRun ? 'dryRun' : 'nobody' })
    return 0
  }
  await confirm(context, options.yes, { org, count: counts.purged, isExact: true })
  const intent = { step: 'purge', hook: toJournalled(hook), people: counts.purged } as const
  const number = journal.begin(intent, clock.epochMs())
  try {
    const written = write({ ...writing, counts, journal })
    const evidence = `proof sha256 ${written.sha256}`
    journal.end(number, { state: 'done', evidence }, clock.epochMs())
    print(describeWritten(written), { event: 'written', ...written })
    return 0
  } catch (err) {
    const evidence = err instanceof AppError ? err.code : 'internal'
    journal.end(number, { state: 'failed', evidence }, clock.epochMs())
    throw err
  }
}

const purge = async (
  deps: PurgeDeps,
  opened: OpenedCutOff,
  settings: PurgeSettings,
  template: PurgeTemplate,
): Promise<number> => {
  const hook = refuseTooEarly(opened)
  const state = openCampaignState('')
  try {
    const resets = opened.journal.resets.intents()
    const reading = await readForPurge(deps, { settings, template, state, resets })
    if (!reading) return 130
    return await decide(deps, opened, { deps, settings, template, state, reading }, hook)
  } finally {
    state.close()
  }
}

export const runPurge = async (deps: PurgeDeps): Promise<number> => {
  const { sql, hashColumn } = deps.options
  if (sql === undefined) {
    throw new AppError('usage_invalid', { detail: `--sql is missing: --sql "${PURGE_EXAMPLE}"` })
  }
  refuseUnknownChanges(deps.options, deps.options.passwordChanged !== undefined)
  const template = readTemplate(sql, hashColumn)
  const settings = purgeSettings(deps)
  return withCutOff(deps, (opened) => purge(deps, opened, settings, template))
}
