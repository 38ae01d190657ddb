/** Starts what takes the calls of Okta's event hook, if a secret is set for it. */
import type { Logger } from 'pino'
import type { EventCounts } from '../../call-record.ts'
import type { Clock } from '../../clock.ts'
import { createCredentialsPrecheck } from '../../hook/authenticate.ts'
import { createEventsApp } from '../../hook/events/app.ts'
import { EventWriter } from '../../ledger/events/writer.ts'
import type { ServerSettings } from './settings.ts'

interface StartDeps {
  /** Whether there is a ledger. */
  readonly isKept: boolean
  readonly log: Logger
  readonly clock: Clock
  readonly ops: { readonly onEvents: (counts: EventCounts) => void } | undefined
}

/** @returns undefined where no event hook is wanted, or there is no ledger to keep its events in */
export const startEvents = (
  { auth, ledger, orgUrl }: ServerSettings,
  { isKept, log, clock, ops }: StartDeps,
) => {
  const { eventSecret: secret, authHeader } = auth
  if (secret === undefined) return undefined
  if (!ledger || !isKept) {
    log.warn('EVENT HOOK DISABLED: there is no ledger in which its events would be counted')
    return undefined
  }
  const { url, ca } = ledger
  const sink = new EventWriter({ target: { url, ca }, clock, log })
  const settings = { authHeader, secret, orgUrl }
  const secrets = { current: secret, previous: undefined }
  return {
    app: createEventsApp({ settings, sink, clock, log, onCounted: ops?.onEvents }),
    mayStream: createCredentialsPrecheck({ authHeader, secrets, checkBearer: undefined }),
    close: () => sink.close(),
  }
}
