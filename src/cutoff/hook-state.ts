/** Changes the hook with an intent in the journal before each call, and settles a lost answer by looking at the hook. */
import { sleep, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import { withoutUser } from '../http/url.ts'
import {
  findHooks,
  sendHook,
  type HookRequest,
  type InlineHook,
  type SentHook,
} from '../okta/api/inline-hooks.ts'
import type { OktaClient } from '../okta/client/client.ts'
import { OktaAnswerLost } from '../okta/errors/rejection.ts'
import type { CutOffJournal, JournalledHook, StepIntent, StepOutcome } from './journal.ts'
import { UNKNOWN_FILES } from './phase.ts'

/** Okta: "The org is in read-only mode" (error codes). */
const READ_ONLY = 'E0000010'

const TRIES = 3
const PAUSE_MS = 1_000

/** As Okta may write it in another way. */
const sameUrl = (one: string, other: string): boolean =>
  (URL.parse(one)?.href ?? one) === (URL.parse(other)?.href ?? other)

const isAs = ({ status, channel }: InlineHook, wanted: JournalledHook): boolean =>
  status === wanted.status && sameUrl(withoutUser(channel.config.uri), wanted.url)

export interface HookChangeDeps {
  readonly client: OktaClient
  /** Undefined where there is none, as for `register` outside a cut-off. */
  readonly journal: CutOffJournal | undefined
  readonly clock: Clock
}

export interface HookChange extends StepIntent {
  readonly request: HookRequest
}

const look = async (client: OktaClient, id: string): Promise<InlineHook | undefined> =>
  (await findHooks(client)).find((hook) => hook.id === id)

export const isReadOnly = (err: unknown): boolean =>
  err instanceof OktaAnswerLost && err.errorCode === READ_ONLY

interface Made extends SentHook {
  readonly evidence: string
}

/** @returns the error, where nothing is known to have been made and the call may be sent again */
const sendOnce = async (
  { client }: HookChangeDeps,
  { request, hook: wanted }: HookChange,
  onLost: () => void,
): Promise<Made | OktaAnswerLost> => {
  try {
    const sent = await sendHook(client, request)
    if (isAs(sent.hook, wanted)) return { ...sent, evidence: 'answered' }
    throw new AppError('hook_unchanged', { detail: `Okta answers: ${sent.hook.status}.` })
  } catch (err) {
    if (isReadOnly(err)) {
      throw new AppError('okta_read_only', { detail: (err as AppError).detail ?? '', cause: err })
    }
    if (!(err instanceof OktaAnswerLost)) throw err
    onLost()
    const hook = await look(client, wanted.hookId)
    if (!hook || !isAs(hook, wanted)) return err
    return { hook, requestId: err.requestId, evidence: 'seen' }
  }
}

/** The change is the same however often it is made, so it is sent again where a look shows that it was not made. */
const sendUntilMade = async (
  deps: HookChangeDeps,
  change: HookChange,
  onLost: () => void,
): Promise<Made> => {
  for (let attempt = 1; ; attempt++) {
    const made = await sendOnce(deps, change, onLost)
    if (!(made instanceof OktaAnswerLost)) return made
    if (attempt === TRIES) throw made
    await sleep(deps.clock, PAUSE_MS * attempt)
  }
}

/**
 * @returns the hook as it is then
 * @throws AppError `okta_read_only`, `hook_unchanged`, and what the client throws. The intent stays open where it is not
 * known what came of it: a call whose answer was lost may take effect later.
 */
export const changeHook = async (deps: HookChangeDeps, change: HookChange): Promise<InlineHook> => {
  const { journal, clock } = deps
  const number = journal?.begin(change, clock.epochMs()) ?? 0
  let isLost = false
  const { hook, evidence, requestId } = await sendUntilMade(deps, change, () => {
    isLost = true
  }).catch((err: unknown) => {
    if (!isLost && err instanceof AppError) {
      journal?.end(number, { state: 'failed', evidence: err.code }, clock.epochMs())
    }
    throw err
  })
  journal?.end(number, { state: 'done', evidence, requestId }, clock.epochMs())
  return hook
}

/**
 * Settles what a run that was killed has left open of the hook. A list of resets stays open until its last person.
 * @returns whether there was anything
 */
export const settleOpen = (
  journal: CutOffJournal,
  hooks: readonly InlineHook[],
  clock: Clock,
): boolean => {
  const open = journal.steps().filter(({ step, state }) => step !== 'reset' && state === 'open')
  for (const { number, step, hook: wanted } of open) {
    const hook = hooks.find(({ id }) => id === wanted.hookId)
    // A purge leaves the hook as it was, so the hook says nothing of its files.
    const outcome: StepOutcome =
      step === 'purge'
        ? { state: 'failed', evidence: UNKNOWN_FILES }
        : { state: hook && isAs(hook, wanted) ? 'done' : 'failed', evidence: 'seen' }
    journal.end(number, outcome, clock.epochMs())
  }
  return open.length > 0
}
