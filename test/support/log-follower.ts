/** Follows the System Log as Okta's page "System Log query" tells clients to, and as nothing else does. */
import type { Answer, TestSandbox } from './sandbox.ts'

export interface FollowedEvent {
  readonly uuid: string
  readonly published: string
  readonly eventType: string
  readonly outcome: { readonly result: string }
  readonly target: readonly { readonly id: string; readonly alternateId: string }[]
}

export const linkOf = ({ headers }: Answer, rel: 'self' | 'next', origin: string) => {
  const found = new RegExp(`<([^>]+)>; rel="${rel}"`).exec(headers.get('link') ?? '')
  return found?.[1]?.slice(origin.length)
}

export interface FollowerOptions {
  readonly path: string
  /** Called after a 429 with the milliseconds until the limit is lifted. */
  readonly wait?: (ms: number) => void
}

/** Each call of `poll` reads until a page is empty, and keeps the link to the next page. */
export const createFollower = ({ call, url }: TestSandbox, { path, wait }: FollowerOptions) => {
  let next = path
  const seen: FollowedEvent[] = []
  const statuses: number[] = []
  const read = async (): Promise<FollowedEvent[] | undefined> => {
    const answer = await call('GET', next)
    statuses.push(answer.status)
    if (answer.status === 429) {
      const reset = Number(answer.headers.get('x-rate-limit-reset')) * 1000
      wait?.(reset - Date.parse(answer.headers.get('date') ?? '') + 1000)
      return undefined
    }
    next = linkOf(answer, 'next', url) ?? ''
    return answer.body as FollowedEvent[]
  }
  return {
    seen,
    statuses,
    async poll(): Promise<void> {
      for (;;) {
        const events = await read()
        if (events?.length === 0) return
        seen.push(...(events ?? []))
      }
    },
  }
}
