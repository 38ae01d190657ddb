/** Divides silence, the days since a person was last seen, into bins, and the days of last logins into cells. */

/** Twenty years: who is silent for longer is counted with these. */
const LONGEST = 7305

const SINGLE_DAYS = 14
const GEOMETRIC_BINS = 60

export const BINS = SINGLE_DAYS + GEOMETRIC_BINS

/** Whole days, as the silences are: an edge within a day would lend it the rate of the next bin. */
const EDGES = Array.from({ length: BINS }, (_, bin) =>
  bin < SINGLE_DAYS
    ? bin
    : Math.round(SINGLE_DAYS * (LONGEST / SINGLE_DAYS) ** ((bin - SINGLE_DAYS) / GEOMETRIC_BINS)),
)

/** Where a bin begins; the last one has no end. */
export const edgeOf = (bin: number): number => EDGES[bin] ?? Infinity

const BIN_OF_DAY = Uint8Array.from({ length: LONGEST + 1 }, (_, day) =>
  EDGES.findLastIndex((edge) => edge <= day),
)

export const binOf = (silence: number): number =>
  BIN_OF_DAY[Math.max(0, Math.floor(silence))] ?? BINS - 1

/** Last logins older than this share a cell with others of about the same age. */
const DAY_CELLS = 400

/** Each such cell is 1 % longer than the one before. */
const LOG_STEP = Math.log(1.01)

const WIDE_CELLS = Math.ceil(Math.log(LONGEST / DAY_CELLS) / LOG_STEP)

/** The cells of last logins: a few hundred, however many people there are. */
export class LastSeenCells {
  readonly count: number
  readonly #newest: number

  /** @param days since go-live: a person who was imported late may have used the legacy system until then */
  constructor(days: number) {
    this.#newest = days
    this.count = days + DAY_CELLS + WIDE_CELLS
  }

  /** @param lastSeen in days before go-live */
  indexOf(lastSeen: number): number {
    if (lastSeen < DAY_CELLS) return Math.max(0, Math.floor(lastSeen) + this.#newest)
    const wide = Math.floor(Math.log(lastSeen / DAY_CELLS) / LOG_STEP)
    return this.#newest + DAY_CELLS + Math.min(WIDE_CELLS - 1, wide)
  }

  isDay(cell: number): boolean {
    return cell < this.#newest + DAY_CELLS
  }

  /** The days before go-live that stand for all in the cell. */
  lastSeenOf(cell: number): number {
    const wide = cell - this.#newest - DAY_CELLS
    return wide < 0 ? cell - this.#newest : DAY_CELLS * Math.exp((wide + 0.5) * LOG_STEP)
  }
}
