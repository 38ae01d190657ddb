/** Owns the choice of what computes password checks: lanes of WebAssembly, or bcryptjs in their place. */
import { compareSync } from 'bcryptjs'
import { timingSafeEqual } from 'node:crypto'
import { dissect } from './bcrypt/grammar.ts'
import type { Bounds, Outcome } from './family.ts'
import { createLanes } from './bcrypt/lanes.ts'
import { selfTest } from './bcrypt/self-test.ts'
import { inspect } from './registry.ts'

export interface PasswordCheck {
  readonly encoded: string
  readonly password: string
}

export interface Engine {
  readonly name: 'webassembly' | 'bcryptjs'
  /** Why the faster engine was refused, when it was. */
  readonly fallback?: string
  /** The most checks that one call takes; more than one pays only where lanes run together. */
  readonly lanes: number
  /**
   * Outcomes in the order of the checks. All sound checks of one call must have the same cost. Slow
   * by design: runs in a worker thread.
   * @throws TypeError for sound checks of different costs, or more of them than there are lanes
   */
  verify(checks: readonly PasswordCheck[]): Outcome[]
}

/**
 * States of 4 KiB: six fit into a first cache of 32 KiB, and eight would not. Six take a sixth less
 * time each than three, and no more than three where another thread shares the core and its cache.
 */
const LANES = 6

type Match = (sound: readonly PasswordCheck[], cost: number) => Outcome[]

/** Has the sound checks matched together, and puts the flaws of the others between their outcomes. */
const verifyWith =
  (match: Match, lanes: number, bounds: Bounds): Engine['verify'] =>
  (checks) => {
    if (checks.length > lanes) throw new TypeError(`${checks.length} checks for ${lanes} lanes`)
    const found = checks.map(({ encoded }) => inspect(encoded, bounds))
    const [cost, another] = new Set(found.flatMap((each) => ('cost' in each ? each.cost : [])))
    if (cost === undefined) return found.flatMap((each) => ('flaw' in each ? each.flaw : []))
    if (another !== undefined) throw new TypeError('checks of different costs')
    const sound = checks.filter((_, i) => found[i] && 'cost' in found[i])
    const outcomes = match(sound, cost)
    found.forEach((each, i) => 'flaw' in each && outcomes.splice(i, 0, each.flaw))
    return outcomes
  }

/** bcrypt reads 72 bytes. A character that the cut splits in two begins behind them. */
const MAX_UNITS = 73

/**
 * UTF-8, but for a lone surrogate, which keeps its number, as it does in bcryptjs: replaced by U+FFFD
 * it would be one with every other.
 */
const encode = (password: string): Uint8Array => {
  const read = password.slice(0, MAX_UNITS)
  const bytes = new TextEncoder().encode(read)
  for (const { 0: lone, index } of read.matchAll(/\p{Surrogate}/gu)) {
    const unit = lone.charCodeAt(0)
    const encoded = [0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
    bytes.set(encoded, Buffer.byteLength(read.slice(0, index)))
  }
  return bytes
}

const createLanesEngine = (bounds: Bounds): Engine => {
  const lanes = createLanes(LANES)
  const match: Match = (sound, cost) => {
    const keyed = sound.map(({ encoded, password }) => ({
      ...dissect(encoded),
      password: encode(password),
    }))
    try {
      return lanes.hash(keyed, cost, (computed, { hash }) =>
        timingSafeEqual(computed, hash) ? 'match' : 'mismatch',
      )
    } finally {
      for (const { password } of keyed) password.fill(0)
    }
  }
  selfTest(match, LANES)
  return { name: 'webassembly', lanes: LANES, verify: verifyWith(match, LANES, bounds) }
}

const isAscii = (password: string): boolean => Buffer.byteLength(password) === password.length

/**
 * bcryptjs has no `$2x$`, whose bug shows in bytes beyond ASCII alone. What it cannot tell takes as long as
 * what it can, or the schedule would take such checks for quick ones.
 */
const matchWithBcryptjs = ({ encoded, password }: PasswordCheck): Outcome => {
  const isMatch = compareSync(password, encoded.replace('$2x$', '$2b$'))
  if (dissect(encoded).variant === '2x' && !isAscii(password)) return 'unrecognised'
  return isMatch ? 'match' : 'mismatch'
}

const createFallback = (bounds: Bounds, fallback: string): Engine => ({
  name: 'bcryptjs',
  fallback,
  lanes: 1,
  verify: verifyWith((sound) => sound.map(matchWithBcryptjs), 1, bounds),
})

/** Takes tens of milliseconds: it makes the WebAssembly, and tests it. */
export const createEngine = (bounds: Bounds): Engine => {
  try {
    return createLanesEngine(bounds)
  } catch (err) {
    return createFallback(bounds, String(err))
  }
}
