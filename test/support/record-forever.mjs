/** A process that records decisions until it is killed, with no database to forward them to. */
import { systemClock } from '../../dist/clock.js'
import { Ledger } from '../../dist/ledger/ledger.js'

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

const ledger = await Ledger.start({
  place: { url: 'postgres://nobody@127.0.0.1:1/nothing' },
  spillDir: process.argv[2],
  clock: systemClock,
  log: quiet,
})

const decided = { outcome: 'VERIFIED', reason: 'match', hash: undefined, waitMs: 0, runMs: 0 }
let n = 0
setInterval(() => {
  for (let i = 0; i < 20; i++) {
    n++
    ledger.record({ ...decided, eventId: `event-${n}`, account: `account-${n}` })
  }
}, 5)
