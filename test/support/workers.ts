/** Worker bodies that misbehave on demand. */
import { BroadcastChannel } from 'node:worker_threads'

export const SLOW_WORKER = new URL('slow-worker.mjs', import.meta.url)
export const WIDE_WORKER = new URL('wide-worker.mjs', import.meta.url)
export const STILLBORN_WORKER = new URL('stillborn-worker.mjs', import.meta.url)
export const TELLTALE_WORKER = new URL('telltale-worker.mjs', import.meta.url)

/** Lets every check that a slow worker holds come to its end. */
export const releaseHeld = (): void => {
  const channel = new BroadcastChannel('release')
  channel.postMessage('')
  channel.close()
}
