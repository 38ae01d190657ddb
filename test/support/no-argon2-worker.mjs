/** The thread's own body, on a platform for which argon2 has no binary. */
import './no-argon2.mjs'
await import('../../src/workers/worker.ts')
