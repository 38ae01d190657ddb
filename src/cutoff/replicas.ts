/** Asks the replicas of the hook server whether each can decide calls, and whether they agree about how. */
import * as z from 'zod'
import { fetchFailureOf } from '../http/fetch-failure.ts'
import type { Fetch } from '../http/proxied-fetch.ts'
import { parseJson } from '../text/parse-json.ts'
import { printable } from '../text/printable.ts'

/** A replica asks its legacy store first, which may take as long as a lookup. */
const TIMEOUT_MS = 5_000
const MAX_BYTES = 65_536

const text = z.string().catch('')

/** Of /readyz. */
const schema = z.object({
  ready: z.boolean(),
  legacyStore: text,
  workers: text,
  engine: text,
  oauthKeys: z.string().optional().catch(undefined),
  ledger: z.union([z.literal('off'), z.unknown().transform(() => 'on')]),
  draining: z.boolean().catch(false),
})

type Ready = z.infer<typeof schema>

export interface AskedReplica {
  readonly url: string
  /** Why it cannot decide calls; undefined where it can. */
  readonly flaw: string | undefined
  /** What all replicas should have in common. */
  readonly kind: string | undefined
}

const flawOf = ({
  ready,
  legacyStore,
  workers,
  oauthKeys,
  draining,
}: Ready): string | undefined => {
  if (ready) return undefined
  const keys = oauthKeys === undefined ? '' : `, OAuth keys ${oauthKeys}`
  const drain = draining ? ', draining' : ''
  return printable(`legacy store ${legacyStore}, workers ${workers}${keys}${drain}`, 300)
}

/** Redirects are not followed: the server itself must answer. */
const ask = async (fetch: Fetch, url: string): Promise<AskedReplica> => {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const { status, text = '' } = await fetch(new URL('/readyz', url), {
    signal,
    maxBytes: MAX_BYTES,
  })
  const { data } = schema.safeParse(parseJson(text))
  if (!data) return { url, flaw: `answered ${status}, and not as a hook server`, kind: undefined }
  const kind = printable(`engine ${data.engine}, ledger ${data.ledger}`, 100)
  return { url, flaw: flawOf(data), kind }
}

export const askReplicas = (fetch: Fetch, urls: readonly string[]): Promise<AskedReplica[]> =>
  Promise.all(
    urls.map((url) =>
      ask(fetch, url).catch((err: unknown) => ({
        ...{ url, kind: undefined },
        flaw: printable(fetchFailureOf(err, new URL(url)).reason, 300),
      })),
    ),
  )

/** @returns undefined where all of them can decide calls */
export const whyUnready = (replicas: readonly AskedReplica[]): string | undefined => {
  const bad = replicas.filter(({ flaw }) => flaw !== undefined)
  if (bad.length === 0) return undefined
  const each = bad.map(({ url, flaw }) => `${url} (${flaw})`).join('; ')
  return `${bad.length} of ${replicas.length} replicas cannot decide calls: ${each}`
}

/** @returns undefined where they agree */
export const whyDifferent = (replicas: readonly AskedReplica[]): string | undefined => {
  const known = replicas.filter(({ kind }) => kind !== undefined)
  if (new Set(known.map(({ kind }) => kind)).size < 2) return undefined
  return `the replicas differ: ${known.map(({ url, kind }) => `${url} has ${kind}`).join('; ')}`
}
