/** A thread that dies of its first check, and whose last words are the password. */
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ([{ password }]) => {
  throw new Error(password)
})
parentPort.postMessage({
  engine: { name: 'bcryptjs', lanes: 1 },
  calibration: { cost: 4, ms: [1] },
})
