/** Worker bodies that fail on demand. */
import { BroadcastChannel } from 'node:worker_threads'

export const SLOW_WORKER = new URL('slow-worker.mjs', import.meta.url)
export const UNEVEN_WORKER = new URL('uneven-worker.mjs', import.meta.url)
export const UNFINISHED_WORKER = new URL('./unfinished-worker.mjs', import.meta.url)
export const WILLING_WORKER = new URL('willing-worker.mjs', import.meta.url)
export const WIDE_WORKER = new URL('wide-worker.mjs', import.meta.url)
export const FAILING_WORKER = new URL('failing-worker.mjs', import.meta.url)
export const NO_ARGON2_WORKER = new URL('no-argon2-worker.mjs', import.meta.url)
export const LEAKING_WORKER = new URL('leaking-worker.mjs', import.meta.url)

/** Lets every check finish that a slow worker is holding. */
export const releaseHeld = (): void => {
  const channel = new BroadcastChannel('release')
  channel.postMessage('')
  channel.close()
}
