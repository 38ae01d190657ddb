/** A forwarder over a real spill file and a real database, both on disk, with a clock that a test moves on. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openLedgerDatabase, type LedgerDatabase } from '../../src/ledger/database/database.ts'
import type { Guess, GuessRules } from '../../src/ledger/shared-guesses.ts'
import { Forwarder } from '../../src/ledger/forwarder.ts'
import type { ForwarderStatus } from '../../src/ledger/protocol.ts'
import { ManualClock } from './clock.ts'

export interface ForwarderOptions {
  readonly url: string
  readonly spillDir: string
  readonly replica?: string
  readonly guesses?: GuessRules
  readonly guessesUpTo?: number
  readonly maxSpillBytes?: number
  readonly wall?: () => number
  /** Puts something between the forwarder and its database. */
  readonly between?: (database: LedgerDatabase) => LedgerDatabase
}

export const makeForwarder = (options: ForwarderOptions) => {
  const clock = Object.assign(new ManualClock(), { epochMs: options.wall ?? Date.now })
  const told: {
    persisted: number
    statuses: ForwarderStatus[]
    vanished: string[]
    guesses: Guess[]
    upTo?: number
  } = { persisted: 0, statuses: [], vanished: [], guesses: [] }
  const forwarder = new Forwarder({
    spillDir: options.spillDir,
    maxSpillBytes: options.maxSpillBytes,
    open: (isRemade) =>
      (options.between ?? ((same) => same))(openLedgerDatabase({ url: options.url }, isRemade)),
    replica: options.replica ?? 'replica-a',
    guesses: options.guesses,
    guessesUpTo: options.guessesUpTo,
    clock,
    send: (message) => {
      if (message.kind === 'persisted') {
        told.persisted += message.count
        const status = told.statuses.at(-1)
        if (status) told.statuses.push({ ...status, waiting: status.waiting + message.count })
      }
      if (message.kind === 'vanished') told.vanished.push(message.file)
      if (message.kind === 'status') told.statuses.push(message.status)
      if (message.kind !== 'guesses') return
      told.guesses.push(...message.guesses)
      told.upTo = message.upTo
    },
  })
  forwarder.open()
  return {
    forwarder,
    clock,
    told,
    /** Lets time pass, a turn at a time, until what it set off is done. */
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 250) {
        clock.advance(Math.min(left, 250))
        await forwarder.cycleEnd()
      }
    },
  }
}

/** A directory inside another one that is removed in time. */
export const subDir = (dir: string): string => mkdtempSync(join(dir, 'run-'))
