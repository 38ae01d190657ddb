/** A process that records decisions until it is killed, and prints those that it would have answered. */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { Ledger } from '../../src/ledger/ledger.ts'

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

const ledger = await Ledger.start({
  target: { url: 'postgres://nobody@127.0.0.1:1/nothing' },
  spillDir: process.argv[2],
  // It waits without a limit, so that its output does not depend on the speed of the disk.
  clock: { ...systemClock, after: () => () => undefined },
  log: quiet,
})

const verdict = { outcome: 'VERIFIED', reason: 'match', hash: undefined, waitMs: 0, runMs: 0 }
const decided = { ...verdict, person: 'person', callerGone: false }
let n = 0
const record = async () => {
  const eventId = `event-${++n}`
  await ledger.record({ ...decided, id: randomUUID(), eventId, account: `account-${n}` })
  writeSync(1, `${eventId}\n`)
}
setInterval(() => {
  for (let i = 0; i < 20; i++) void record()
}, 5)
