/** A forwarder over a real spill file and a real database, both on disk, with a clock that a test advances. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openLedgerDatabase, type LedgerDatabase } from '../../src/ledger/database/database.ts'
import type { Guess, GuessRules, Unlock } from '../../src/ledger/shared-guesses.ts'
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
  readonly epochMs?: () => number
  /** Wraps the database of the forwarder. */
  readonly between?: (database: LedgerDatabase) => LedgerDatabase
}

export const makeForwarder = (options: ForwarderOptions) => {
  const clock = Object.assign(new ManualClock(), { epochMs: options.epochMs ?? Date.now })
  const reported: {
    persisted: number
    statuses: ForwarderStatus[]
    vanished: string[]
    guesses: (Guess | Unlock)[]
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
        reported.persisted += message.count
        const status = reported.statuses.at(-1)
        if (status) reported.statuses.push({ ...status, waiting: status.waiting + message.count })
      }
      if (message.kind === 'vanished') reported.vanished.push(message.file)
      if (message.kind === 'status') reported.statuses.push(message.status)
      if (message.kind !== 'guesses') return
      reported.guesses.push(...message.guesses)
      reported.upTo = message.upTo
    },
  })
  forwarder.open()
  return {
    forwarder,
    clock,
    reported,
    /** Lets time pass, one turn at a time, until the work that it starts is done. */
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 250) {
        clock.advance(Math.min(left, 250))
        await forwarder.cycleEnd()
      }
    },
  }
}

/** A directory inside a temporary one that is removed later. */
export const subDir = (dir: string): string => mkdtempSync(join(dir, 'run-'))
