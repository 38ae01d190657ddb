/** Okta's rate limit: counts the calls of each bucket in windows of a minute. */

export const WINDOW_MS = 60_000

/** Which calls share a counter; the first pattern that matches applies. */
const BUCKETS: readonly [bucket: string, path: RegExp][] = [
  ['users', /^\/api\/v1\/users\/?$/],
  ['user', /^\/api\/v1\/users\//],
  ['hooks', /^\/api\/v1\/inlineHooks/],
  ['eventHooks', /^\/api\/v1\/eventHooks/],
  ['authn', /^\/api\/v1\/authn/],
  ['groups', /^\/api\/v1\/groups/],
  ['meta', /^\/api\/v1\/meta\//],
  ['logs', /^\/api\/v1\/logs/],
  ['policies', /^\/api\/v1\/policies/],
  ['oauth', /^\/oauth2\//],
]

export const bucketOf = (path: string): string =>
  BUCKETS.find(([, pattern]) => pattern.test(path))?.[0] ?? 'other'

/**
 * A window starts with a bucket's first call, not with the minute ("Rate limits overview").
 * @returns a function that takes one call, and says whether it is allowed, and when the window ends
 */
export const createRateLimiter = () => {
  const windows = new Map<string, { readonly endsAt: number; used: number }>()
  return (bucket: string, limit: number, now: number) => {
    let window = windows.get(bucket)
    if (!window || now >= window.endsAt) {
      window = { endsAt: now + WINDOW_MS, used: 0 }
      windows.set(bucket, window)
    }
    const allowed = window.used < limit
    if (allowed) window.used += 1
    return { allowed, remaining: Math.max(0, limit - window.used), resetAt: window.endsAt }
  }
}
