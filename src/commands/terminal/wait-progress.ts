/** Shows what a command is waiting for at Okta, and counts the users it reads. */
import { systemClock, type Clock } from '../../clock.ts'
import { createRate, describeRate, fitting } from '../../import/report/progress.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { describeWait } from '../../okta/client/wait.ts'
import { showRegularly, type ProgressDisplay, type ProgressView } from './progress-display.ts'

interface WaitProgressDeps {
  readonly display: ProgressDisplay
  readonly clock?: Clock
  /** The progress of the command in words. */
  readonly progress?: (() => string) | undefined
}

/**
 * The same client, which shows progress during its requests. Between them nothing is shown, since the command may be
 * writing or asking.
 */
export const withWaitProgress = (client: OktaClient, deps: WaitProgressDeps): OktaClient => {
  const { display, clock = systemClock, progress } = deps
  let underWay = 0
  let end = (): void => undefined
  const readView = (): ProgressView => {
    const wait = describeWait(client.rateLimitStatus, clock.now())
    const lines = [progress?.(), wait].filter((line) => line !== undefined)
    return {
      live: (columns) => lines.map((line) => fitting(columns, line)),
      line: () => wait && lines.join('; '),
      event: () => ({ event: 'waiting', waitingFor: wait, progress: progress?.() }),
    }
  }
  return {
    orgUrl: client.orgUrl,
    withScopes: (scopes) => withWaitProgress(client.withScopes(scopes), deps),
    get rateLimitStatus() {
      return client.rateLimitStatus
    },
    async request(request) {
      if (underWay++ === 0) end = showRegularly(display, clock, readView)
      try {
        return await client.request(request)
      } finally {
        if (--underWay === 0) end()
      }
    },
  }
}

/** Counts users as they are read. */
export const countUsers = (clock: Clock = systemClock) => {
  const rateOf = createRate(clock, 0)
  let read = 0
  async function* count<T>(users: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const user of users) {
      read++
      yield user
    }
  }
  return { count, progress: () => `${read} users read, ${describeRate(rateOf(read))}` }
}
