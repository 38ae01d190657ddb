/** The queue of entries for the database: in memory until they are on this machine's disk, and there until the database has them. */
import { mkdirSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { LedgerEntry } from './entry.ts'
import { openSpill, type Spill } from './spill.ts'
import { classifyFailure } from './failures.ts'

const SAVE_RETRY_MS = 1_000
const BATCH = 500

interface OutboxDeps {
  /** The directory of the spill file. */
  readonly dir: string
  readonly maxBytes?: number | undefined
  readonly clock: Clock
  /** So many entries, from the oldest that were given, are persisted: the caller need not keep them. */
  readonly onPersisted: (count: number) => void
  /** Called after each attempt to use the disk. @param err why it failed, if it did */
  readonly onDiskResult: (err?: unknown) => void
  /** The spill file was deleted or replaced. */
  readonly onVanished: () => void
}

type Write = (entries: readonly LedgerEntry[]) => Promise<void>

const entriesIn = function* (spill: Spill): Iterable<LedgerEntry> {
  let batch = spill.first(BATCH)
  while (batch.length > 0) {
    yield* batch.map(({ entry }) => entry)
    batch = spill.first(BATCH, batch.at(-1)?.seq)
  }
}

export class Outbox {
  readonly #deps: OutboxDeps
  readonly #memory: LedgerEntry[] = []
  #spill: Spill | undefined
  #hasVanished = false
  /** The entries in memory are being written to the database directly, since the disk does not take them. */
  #isBypassing = false
  #cancelRetry: (() => void) | undefined

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /**
   * A disk that is full or broken is tried again later: it must not keep anybody from signing in.
   * @throws AppError `ledger_unusable` for a wrong directory, which a person has to correct
   */
  open(): void {
    try {
      this.#ensureSpill()
    } catch (err) {
      if (classifyFailure(err) === 'refused') throw err
      this.#fail(err)
    }
  }

  /** How many wait on the disk. */
  get waiting(): number {
    try {
      return this.#spill?.waiting ?? 0
    } catch {
      // The next attempt to use the disk reports the failure.
      return 0
    }
  }

  enqueue(entries: readonly LedgerEntry[]): void {
    this.#memory.push(...entries)
    if (!this.#cancelRetry) this.save()
  }

  /** Writes what is in memory to the disk, and checks whether the spill file is still there. */
  save(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    if (this.#isBypassing) return
    try {
      const before = this.#spill
      const spill = this.#ensureSpill()
      // A file that was only looked at does not prove that the disk has room.
      const isDiskProven = spill !== before || this.#memory.length > 0
      while (this.#memory.length > 0) {
        // In batches, so that a full spill file goes on as soon as there is room for one.
        const batch = this.#memory.slice(0, BATCH)
        spill.append(batch)
        this.#onPersisted(batch.length)
      }
      if (isDiskProven) this.#deps.onDiskResult()
    } catch (err) {
      this.#fail(err)
    }
  }

  /**
   * Gives the oldest entries to `write`, and removes them when that resolves.
   * @returns whether there may be more
   */
  async forward(write: Write): Promise<boolean> {
    const spill = this.#spill
    const batch = this.#oldest()
    const last = batch.at(-1)
    if (!last) return this.#bypassDisk(write)
    await write(batch.map(({ entry }) => entry))
    // In another file these numbers belong to other entries.
    if (spill && spill === this.#spill) this.#remove(spill, last.seq)
    return batch.length === BATCH
  }

  close(): void {
    this.#cancelRetry?.()
    this.#spill?.close()
  }

  /** Entries that the disk does not take go to the database directly. */
  async #bypassDisk(write: Write): Promise<boolean> {
    const batch = this.#memory.slice(0, BATCH)
    if (batch.length === 0) return false
    this.#isBypassing = true
    try {
      await write(batch)
      this.#onPersisted(batch.length)
    } finally {
      this.#isBypassing = false
      this.save()
    }
    return this.#memory.length > 0
  }

  #oldest() {
    try {
      return this.#spill?.first(BATCH) ?? []
    } catch (err) {
      this.#fail(err)
      return []
    }
  }

  #onPersisted(count: number): void {
    this.#memory.splice(0, count)
    this.#deps.onPersisted(count)
  }

  /**
   * SQLite needs room to delete, and a full disk has none: then the whole file is removed once nothing
   * waits in it. Another process that uses it notices that, and moves what it has added to the new one.
   */
  #remove(spill: Spill, seq: number): void {
    try {
      spill.removeUpTo(seq)
      this.#deps.onDiskResult()
    } catch (err) {
      this.#deps.onDiskResult(err)
      if (classifyFailure(err) === 'disk') this.#discardIfEmpty(spill)
    }
  }

  /** A file that cannot be read is taken not to be empty. */
  #discardIfEmpty(spill: Spill): void {
    try {
      if (spill.waiting > 0) return
      spill.discard()
      this.#spill = undefined
      this.save()
    } catch (err) {
      this.#fail(err)
    }
  }

  #fail(err: unknown): void {
    this.#deps.onDiskResult(err)
    this.#cancelRetry ??= this.#deps.clock.after(SAVE_RETRY_MS, () => this.save())
  }

  /** @throws AppError where there is none, and none can be made */
  #ensureSpill(): Spill {
    const { dir, maxBytes } = this.#deps
    const old = this.#spill
    const state = old?.fileState()
    if (old && state === 'there') return old
    if (old && !this.#hasVanished) this.#deps.onVanished()
    this.#hasVanished ||= old !== undefined
    if (this.#hasVanished) mkdirSync(dir, { recursive: true })
    // The old handle still has both files, and closing it joins them.
    if (state === 'torn') {
      old?.close()
      this.#spill = undefined
    }
    const spill = openSpill(dir, maxBytes)
    if (old && state === 'moved') this.#moveEntries(old, spill)
    this.#hasVanished = false
    this.#spill = spill
    return spill
  }

  /** A deleted file can be read as long as it is open. */
  #moveEntries(old: Spill, spill: Spill): void {
    try {
      spill.append(entriesIn(old))
    } catch (err) {
      // Entries that can never be read must not hold up those that follow.
      if (classifyFailure(err) !== 'refused') {
        spill.close()
        throw err
      }
      this.#deps.onDiskResult(err)
    }
    old.close()
  }
}
