/** A keeper over a real spill and a real database, both on disk, with a clock that is told to go on. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openLedgerDatabase, type LedgerDatabase } from '../../src/ledger/database/database.ts'
import type { Guess, GuessRules } from '../../src/ledger/shared-guesses.ts'
import { Forwarder } from '../../src/ledger/forwarder.ts'
import { addWaiting, type ForwarderStatus } from '../../src/ledger/protocol.ts'
import { ManualClock } from './clock.ts'

export interface KeeperOptions {
  readonly url: string
  readonly spillDir: string
  readonly replica?: string
  readonly guesses?: GuessRules
  readonly toldUpTo?: number
  readonly maxSpillBytes?: number
  readonly wall?: () => number
  /** Puts something between the keeper and its database. */
  readonly between?: (database: LedgerDatabase) => LedgerDatabase
}

export const makeKeeper = (options: KeeperOptions) => {
  const clock = new ManualClock()
  const told: {
    kept: number
    standings: ForwarderStatus[]
    vanished: string[]
    guesses: Guess[]
    upTo?: number
  } = { kept: 0, standings: [], vanished: [], guesses: [] }
  const keeper = new Forwarder({
    spillDir: options.spillDir,
    maxSpillBytes: options.maxSpillBytes,
    open: (isRemade) =>
      (options.between ?? ((same) => same))(openLedgerDatabase({ url: options.url }, isRemade)),
    replica: options.replica ?? 'replica-a',
    guesses: options.guesses,
    toldUpTo: options.toldUpTo,
    clock,
    wall: options.wall ?? Date.now,
    tell: (message) => {
      if (message.kind === 'kept') {
        told.kept += message.count
        const standing = told.standings.at(-1)
        if (standing) told.standings.push(addWaiting(standing, message.count))
      }
      if (message.kind === 'vanished') told.vanished.push(message.file)
      if (message.kind === 'standing') told.standings.push(message.standing)
      if (message.kind !== 'guesses') return
      told.guesses.push(...message.guesses)
      told.upTo = message.upTo
    },
  })
  keeper.open()
  return {
    keeper,
    clock,
    told,
    /** Lets time pass, a turn at a time, until what it set off is done. */
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 250) {
        clock.advance(Math.min(left, 250))
        await keeper.settled()
      }
    },
  }
}

/** A directory inside another one that is removed in time. */
export const subDir = (dir: string): string => mkdtempSync(join(dir, 'run-'))
