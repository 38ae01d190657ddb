/** The slow worker with three lanes: up to three checks in a batch, at one check's time. */
globalThis.lanes = 3
await import('./slow-worker.mjs')
