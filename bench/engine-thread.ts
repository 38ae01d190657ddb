/** The body of a measuring thread: runs one contender for as long as each message says. */
import { parentPort, workerData } from 'node:worker_threads'
import { CONTENDERS } from './contenders.ts'

const { name, hash } = workerData as { name: string; hash: string }
const contender = CONTENDERS.find((one) => one.name === name)
if (!parentPort || !contender) throw new TypeError('engine-thread.ts runs as a measuring thread')
const port = parentPort
const check = contender.prepare(hash)
await check()

const checkFor = async (ms: number): Promise<number> => {
  const began = performance.now()
  let done = 0
  while (performance.now() - began < ms) {
    await check()
    done += contender.batch
  }
  return (done / (performance.now() - began)) * 1000
}

port.on('message', (ms: number) => void checkFor(ms).then((rate) => port.postMessage(rate)))
port.postMessage('ready')
