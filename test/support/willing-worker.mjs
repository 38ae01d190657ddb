/** The unfinished worker that makes its other core as soon as a check of its kinds waits. */
globalThis.isWilling = true
await import('./unfinished-worker.mjs')
