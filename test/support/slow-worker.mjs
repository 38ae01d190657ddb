/**
 * A stand-in for the thread's body that takes commands from the passwords: "hold" answers its batch only once
 * released, "die" ends the thread, "no memory" and "no core" fail their batch, anything else matches at once. It makes
 * a busy or a lost thread without waiting.
 */
import { BroadcastChannel, parentPort } from 'node:worker_threads'

let held
let released = false
const reply = (checks) => parentPort.postMessage({ outcomes: checks.map(() => 'match'), runMs: 1 })

parentPort.on('message', (checks) => {
  const passwords = checks.map(({ password }) => password)
  if (passwords.includes('die')) process.exit(7)
  const fail = (failure) => parentPort.postMessage({ outcomes: [], failure, runMs: 1 })
  if (passwords.includes('no memory')) fail('out_of_memory')
  else if (passwords.includes('no core')) fail('core_missing')
  else if (passwords.includes('hold') && !released) held = checks
  else reply(checks)
  released = false
})
new BroadcastChannel('release').onmessage = () => {
  // The release may overtake the batch, since they come through different channels.
  if (held) reply(held)
  else released = true
  held = undefined
}
const { lanes = 1 } = globalThis
parentPort.postMessage({
  cores: [{ computes: 'bcrypt', name: 'bcryptjs', lanes }],
  calibrations: [{ kind: { name: 'bcrypt', cost: 4 }, ms: Array(lanes).fill(1) }],
})
