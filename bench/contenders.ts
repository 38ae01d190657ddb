/** The table of bcrypt implementations that are compared. */
import { compareSync, hashSync } from 'bcryptjs'
import { createRequire } from 'node:module'
import { CORES, createEngine } from '../src/passwords/engine.ts'
import { DEFAULT_HASHES, inspect } from '../src/passwords/registry.ts'

/** The bench has separate packages, without types. */
const require = createRequire(import.meta.url)

const PASSWORD = 'correct horse battery staple'

export interface Contender {
  readonly name: string
  /** `threads` runs `check` in our worker threads; `libuv` has its own threads; `main` has none. */
  readonly runs: 'main' | 'threads' | 'libuv'
  /** Checks that one call of `check` does. */
  readonly batch: number
  /** Makes the function to measure; it throws if an answer is wrong. */
  readonly prepare: (hash: string) => () => Promise<void> | void
}

const must = (isMatch: boolean): void => {
  if (!isMatch) throw new Error('a wrong answer')
}

type Compare = (password: string, hash: string) => Promise<boolean>

const native =
  (name: string) =>
  (hash: string): (() => Promise<void>) => {
    const { compare } = require(name) as { compare: Compare }
    return async () => must(await compare(PASSWORD, hash))
  }

const bcryptjs = (hash: string) => (): void => must(compareSync(PASSWORD, hash))

const ours = (lanes: number): Contender => ({
  name: `ours, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`,
  runs: 'threads',
  batch: lanes,
  prepare: (hash) => {
    const engine = createEngine(CORES)
    for (const { fallback } of engine.cores) if (fallback !== undefined) throw new Error(fallback)
    const plan = inspect(hash, { ...DEFAULT_HASHES, bcryptCost: 14 })
    if ('flaw' in plan) throw new Error(plan.flaw)
    const checks = Array.from({ length: lanes }, () => ({ plan, password: PASSWORD }))
    return () => must(engine.verify(checks).every((outcome) => outcome === 'match'))
  },
})

export const CONTENDERS: readonly Contender[] = [
  { name: 'bcryptjs, main thread', runs: 'main', batch: 1, prepare: bcryptjs },
  { name: 'bcryptjs, threads', runs: 'threads', batch: 1, prepare: bcryptjs },
  {
    name: 'hash-wasm, threads',
    runs: 'threads',
    batch: 1,
    prepare: (hash) => {
      const { bcryptVerify } = require('hash-wasm') as {
        bcryptVerify: (options: { password: string; hash: string }) => Promise<boolean>
      }
      return async () => must(await bcryptVerify({ password: PASSWORD, hash }))
    },
  },
  { name: 'bcrypt', runs: 'libuv', batch: 1, prepare: native('bcrypt') },
  { name: '@node-rs/bcrypt', runs: 'libuv', batch: 1, prepare: native('@node-rs/bcrypt') },
  ...[1, 2, 3, 4, 5, 6].map(ours),
]

export const hashOf = (cost: number): string => hashSync(PASSWORD, cost)
