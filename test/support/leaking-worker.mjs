/** A thread that dies of its first check, and whose error message contains the password. */
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ([{ password }]) => {
  throw new Error(password)
})
parentPort.postMessage({
  cores: [{ computes: 'bcrypt', name: 'bcryptjs', lanes: 1 }],
  calibrations: [{ kind: { name: 'bcrypt', cost: 4 }, ms: [1] }],
})
