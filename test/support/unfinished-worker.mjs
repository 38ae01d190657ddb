/**
 * A stand-in for the thread's body that has one core, and makes another only once released or asked for it. A check with
 * the password "die" ends it.
 */
import { BroadcastChannel, parentPort } from 'node:worker_threads'

const tell = (name, cost, areMore) =>
  parentPort.postMessage({
    cores: [{ computes: name, name: 'stand-in', lanes: 1 }],
    calibrations: [{ kind: { name, cost }, ms: [1] }],
    areMore,
  })
const makeOther = () => tell('argon2', 7, false)

parentPort.on('message', (request) => {
  if (typeof request === 'string') {
    if (request === 'argon2' && globalThis.isWilling) makeOther()
    return
  }
  if (request.some(({ password }) => password === 'die')) process.exit(7)
  parentPort.postMessage({ outcomes: request.map(() => 'match'), runMs: 1 })
})
new BroadcastChannel('release').onmessage = makeOther
tell('bcrypt', 4, true)
