/** The slow worker with three lanes in every other thread, and one in the rest. */
import { threadId } from 'node:worker_threads'
globalThis.lanes = threadId % 2 === 0 ? 3 : 1
await import('./slow-worker.mjs')
