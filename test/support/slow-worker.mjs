/**
 * A stand-in for the thread's body that obeys the password: "hold" answers only once released, "die"
 * ends the thread, anything else matches at once. It makes a busy or a lost thread without waiting.
 */
import { BroadcastChannel, parentPort } from 'node:worker_threads'

const reply = () => parentPort.postMessage({ outcome: 'match', runMs: 1 })

parentPort.on('message', ({ password }) => {
  if (password === 'die') process.exit(7)
  if (password !== 'hold') reply()
})
new BroadcastChannel('release').onmessage = reply
parentPort.postMessage('ready')
