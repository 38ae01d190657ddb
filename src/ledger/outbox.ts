/** Entries on their way to the database: in memory until they are on this machine's disk, and there until it has them. */
import { mkdirSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { LedgerEntry } from './entry.ts'
import { openSpill, type Spill } from './spill.ts'
import { classifyFailure } from './failures.ts'

const SAVE_RETRY_MS = 1_000
const BATCH = 500

export interface OutboxDeps {
  /** Where the spill is. */
  readonly dir: string
  readonly maxBytes?: number | undefined
  readonly clock: Clock
  /** The oldest so many of the entries that were taken need to be remembered by nobody else. */
  readonly onKept: (count: number) => void
  /** How the disk does, told after each attempt. @param err what went wrong, if anything did */
  readonly onDisk: (err?: unknown) => void
  /** The spill's file was deleted or replaced. */
  readonly onVanished: () => void
}

type Write = (entries: readonly LedgerEntry[]) => Promise<void>

const entriesBehind = function* (spill: Spill): Iterable<LedgerEntry> {
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
  #isGone = false
  /** What is in memory is being written to the database, past a disk that does not take it. */
  #isPassing = false
  #cancelRetry: (() => void) | undefined

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /**
   * A disk that is full or fails is waited for: it must keep nobody from signing in.
   * @throws AppError `ledger_unusable` for a place that is wrong, which a person has to put right
   */
  open(): void {
    try {
      this.#reach()
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
      // The next attempt to use the disk says what is wrong with it.
      return 0
    }
  }

  take(entries: readonly LedgerEntry[]): void {
    this.#memory.push(...entries)
    if (!this.#cancelRetry) this.save()
  }

  /** Brings what is in memory to the disk, and looks whether the spill is still where it was. */
  save(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    if (this.#isPassing) return
    try {
      const before = this.#spill
      const spill = this.#reach()
      // What only stood there proves nothing about a disk that is full.
      const isProven = spill !== before || this.#memory.length > 0
      while (this.#memory.length > 0) {
        // By batches, so that a full spill takes up again as soon as there is room for one.
        const batch = this.#memory.slice(0, BATCH)
        spill.append(batch)
        this.#forget(batch.length)
      }
      if (isProven) this.#deps.onDisk()
    } catch (err) {
      this.#fail(err)
    }
  }

  /**
   * Hands the oldest entries to `write`, and forgets them when that resolves.
   * @returns whether there may be more
   */
  async forward(write: Write): Promise<boolean> {
    const spill = this.#spill
    const batch = this.#oldest()
    const last = batch.at(-1)
    if (!last) return this.#pass(write)
    await write(batch.map(({ entry }) => entry))
    // In another file these numbers are others'.
    if (spill && spill === this.#spill) this.#remove(spill, last.seq)
    return batch.length === BATCH
  }

  close(): void {
    this.#cancelRetry?.()
    this.#spill?.close()
  }

  /** Entries that the disk does not take need not wait for it. */
  async #pass(write: Write): Promise<boolean> {
    const batch = this.#memory.slice(0, BATCH)
    if (batch.length === 0) return false
    this.#isPassing = true
    try {
      await write(batch)
      this.#forget(batch.length)
    } finally {
      this.#isPassing = false
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

  #forget(count: number): void {
    this.#memory.splice(0, count)
    this.#deps.onKept(count)
  }

  /**
   * SQLite needs room to delete, and a full disk has none: then the file is removed when nothing in it
   * waits any more. Another process that uses it finds that out, and brings over what it has added.
   */
  #remove(spill: Spill, seq: number): void {
    try {
      spill.removeUpTo(seq)
      this.#deps.onDisk()
    } catch (err) {
      this.#deps.onDisk(err)
      if (classifyFailure(err) === 'disk') this.#discardIfEmpty(spill)
    }
  }

  /** A file that does not say what waits in it is not empty. */
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
    this.#deps.onDisk(err)
    this.#cancelRetry ??= this.#deps.clock.after(SAVE_RETRY_MS, () => this.save())
  }

  /** @throws AppError where there is none, and none can be made */
  #reach(): Spill {
    const { dir, maxBytes } = this.#deps
    const old = this.#spill
    const fate = old?.fate()
    if (old && fate === 'there') return old
    if (old && !this.#isGone) this.#deps.onVanished()
    this.#isGone ||= old !== undefined
    if (this.#isGone) mkdirSync(dir, { recursive: true })
    // Its handle still has both files, and closing it joins them.
    if (fate === 'torn') {
      old?.close()
      this.#spill = undefined
    }
    const spill = openSpill(dir, maxBytes)
    if (old && fate === 'moved') this.#move(old, spill)
    this.#isGone = false
    this.#spill = spill
    return spill
  }

  /** A file that was deleted can be read as long as it is open. */
  #move(old: Spill, spill: Spill): void {
    try {
      spill.append(entriesBehind(old))
    } catch (err) {
      // What can never be read must not hold up what comes.
      if (classifyFailure(err) !== 'refused') {
        spill.close()
        throw err
      }
      this.#deps.onDisk(err)
    }
    old.close()
  }
}
