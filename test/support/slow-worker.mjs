/**
 * A stand-in for the thread's body that obeys the passwords: "hold" answers its batch only once
 * released, "die" ends the thread, anything else matches at once. It makes a busy or a lost thread
 * without waiting.
 */
import { BroadcastChannel, parentPort } from 'node:worker_threads'

let held
const reply = (checks) => parentPort.postMessage({ outcomes: checks.map(() => 'match'), runMs: 1 })

parentPort.on('message', (checks) => {
  const passwords = checks.map(({ password }) => password)
  if (passwords.includes('die')) process.exit(7)
  if (passwords.includes('hold')) held = checks
  else reply(checks)
})
new BroadcastChannel('release').onmessage = () => {
  if (held) reply(held)
  held = undefined
}
parentPort.postMessage({
  engine: { name: 'bcryptjs', lanes: 1 },
  calibration: { cost: 4, ms: [1] },
})
