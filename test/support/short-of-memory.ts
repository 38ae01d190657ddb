/** A process whose memory is limited: some of its checks need 64 GiB or more, between others that need 64 KiB. */
import { systemClock } from '../../src/clock.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { WorkerPool } from '../../src/workers/pool.ts'

const SMALL =
  '$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Gpj7qOY5RCXJvcMzqcdQqvgR3wcPX7SleI4c9NtXk6E'
const LARGE = SMALL.replace('m=64', 'm=100000000')
const LARGE_SCRYPT = `scrypt:67108864:8:1$salt$${'0'.repeat(128)}`
const UNBOUNDED = { ...DEFAULT_HASHES, maxMib: Infinity, maxMs: Infinity }

const pool = await WorkerPool.start({ size: 1, queueLimit: 8, clock: systemClock })

const check = async (encoded: string): Promise<unknown> => {
  const plan = inspect(encoded, UNBOUNDED)
  if ('flaw' in plan) throw new TypeError(plan.flaw)
  const deadline = systemClock.now() + 9e6
  return pool.check(plan, 'password', deadline).then(
    ({ outcome }) => outcome,
    (err: unknown) => (err as { code?: unknown }).code,
  )
}

const outcomes = await Promise.all([SMALL, LARGE, SMALL, LARGE_SCRYPT, SMALL].map(check))
console.log(JSON.stringify({ outcomes, lost: pool.lost }))
await pool.close()
