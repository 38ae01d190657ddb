/** Measures each family's check at its usual cost beside another implementation, and a storm over a mixed store. */
import { hashRawSync } from '@node-rs/argon2'
import { hashSync } from 'bcryptjs'
import { spawnSync } from 'node:child_process'
import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { callAtRate, callFor, OKTA_WAITS_MS, percentile, type Timed } from './callers.ts'
import { median, type Table } from './report.ts'
import { PASSWORD, startServer } from './server.ts'

const require = createRequire(import.meta.url)

interface Wasm {
  argon2id(options: object): Promise<Uint8Array>
  scrypt(options: object): Promise<Uint8Array>
}

const wasm = (): Wasm => require('hash-wasm') as Wasm

const SALT = randomBytes(16)

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '')

const argon2 = (memoryKiB: number, passes: number, parallelism: number): string => {
  const options = { memoryCost: memoryKiB, timeCost: passes, parallelism, algorithm: 2, version: 1 }
  const hash = hashRawSync(PASSWORD, { ...options, salt: SALT, outputLen: 32 })
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${text(SALT)}$${text(hash)}`
}

const scrypt = (ln: number): string => {
  const hash = scryptSync(PASSWORD, SALT, 32, { N: 2 ** ln, r: 8, p: 1, maxmem: 2 ** 30 })
  return `$scrypt$ln=${ln},r=8,p=1$${text(SALT)}$${text(hash)}`
}

const pbkdf2 = (digest: string, iterations: number, bytes: number): string => {
  const salt = SALT.toString('hex')
  const hash = pbkdf2Sync(PASSWORD, salt, iterations, bytes, digest).toString('base64')
  return `pbkdf2_${digest}$${iterations}$${salt}$${hash}`
}

const wasmArgon2 = (memorySize: number, iterations: number, parallelism: number) => () =>
  wasm().argon2id({
    ...{ password: PASSWORD, salt: SALT, memorySize, iterations, parallelism },
    ...{ hashLength: 32, outputType: 'binary' },
  })

const wasmScrypt = (ln: number) => () =>
  wasm().scrypt({
    ...{ password: PASSWORD, salt: SALT, costFactor: 2 ** ln, blockSize: 8, parallelism: 1 },
    ...{ hashLength: 32, outputType: 'binary' },
  })

const nodePbkdf2 = (digest: string, iterations: number, bytes: number) => () =>
  Promise.resolve(pbkdf2Sync(PASSWORD, SALT, iterations, bytes, digest))

interface Contest {
  readonly name: string
  readonly encoded: () => string
  readonly rival: string
  readonly run: () => Promise<unknown>
}

const CONTESTS: readonly Contest[] = [
  {
    name: 'bcrypt, cost 10, alone',
    encoded: () => hashSync(PASSWORD, 10),
    rival: 'bcrypt of npm',
    run: () => {
      const { hash } = require('bcrypt') as {
        hash: (text: string, cost: number) => Promise<string>
      }
      return hash(PASSWORD, 10)
    },
  },
  {
    name: 'argon2id, 64 MiB, 3 passes, 4 lanes',
    encoded: () => argon2(65_536, 3, 4),
    rival: 'hash-wasm',
    run: wasmArgon2(65_536, 3, 4),
  },
  {
    name: 'argon2id, 19 MiB, 2 passes',
    encoded: () => argon2(19_456, 2, 1),
    rival: 'hash-wasm',
    run: wasmArgon2(19_456, 2, 1),
  },
  { name: 'scrypt, N=2^14', encoded: () => scrypt(14), rival: 'hash-wasm', run: wasmScrypt(14) },
  { name: 'scrypt, N=2^16', encoded: () => scrypt(16), rival: 'hash-wasm', run: wasmScrypt(16) },
  {
    name: 'PBKDF2-SHA256, 870,000 (Django 5.1)',
    encoded: () => pbkdf2('sha256', 870_000, 32),
    rival: 'node:crypto itself',
    run: nodePbkdf2('sha256', 870_000, 32),
  },
  {
    name: 'PBKDF2-SHA1, 1,000',
    encoded: () => pbkdf2('sha1', 1_000, 20),
    rival: 'node:crypto itself',
    run: nodePbkdf2('sha1', 1_000, 20),
  },
]

const TURNS = 7

/** Processor milliseconds of one call: of its whole process, since some have threads of their own. */
const cpuMs = async (run: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Runs in a process of its own, so that its memory is only that of one implementation. */
export const measureOne = async (at: number, isOurs: boolean): Promise<void> => {
  const { createEngine, CORES } = await import('../src/passwords/engine.ts')
  const { DEFAULT_HASHES, inspect } = await import('../src/passwords/registry.ts')
  const contest = CONTESTS[at]
  const plan = inspect(contest?.encoded() ?? '', { ...DEFAULT_HASHES, maxMib: 1024 })
  if (!contest || 'flaw' in plan) throw new Error(`contest ${at} cannot be measured`)
  const engine = createEngine(CORES)
  const check = (): string => {
    const [outcome = 'none'] = engine.verify([{ plan, password: PASSWORD }])
    if (outcome !== 'match') throw new Error(`a wrong answer in contest ${at}`)
    return outcome
  }
  const run = isOurs ? () => Promise.resolve(check()) : contest.run
  await run()
  const times: number[] = []
  for (let turn = 0; turn < TURNS; turn++) times.push(await cpuMs(run))
  process.stdout.write(JSON.stringify({ ms: median(times), kib: process.resourceUsage().maxRSS }))
}

interface Measured {
  readonly ms: number
  readonly kib: number
}

const inOwnProcess = (at: number, isOurs: boolean): Measured => {
  const script = `import { measureOne } from ${JSON.stringify(import.meta.url)}; await measureOne(${at}, ${isOurs})`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) },
  )
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Measured
}

const compareFamilies = (): Table => ({
  title: 'Families',
  note: `Processor milliseconds of one check, the median of ${TURNS} in a process of its own, and the most memory of that process.`,
  head: ['hash', 'ours, ms', 'compared with', 'its ms', 'ratio', 'ours, MiB', 'its MiB'],
  rows: CONTESTS.map(({ name, rival }, at) => {
    const [ours, other] = [inOwnProcess(at, true), inOwnProcess(at, false)]
    const mib = ({ kib }: Measured): string => (kib / 1024).toFixed(0)
    return [
      ...[name, ours.ms.toFixed(1), rival, other.ms.toFixed(1)],
      ...[(ours.ms / other.ms).toFixed(2), mib(ours), mib(other)],
    ]
  }),
})

/** Of ten accounts: six, two and two. */
const MIX = (): string[] => [
  ...Array<string>(6).fill(hashSync(PASSWORD, 10)),
  ...Array<string>(2).fill(argon2(65_536, 3, 4)),
  ...Array<string>(2).fill(pbkdf2('sha256', 870_000, 32)),
]

const CALLERS = 30
const STORM_MS = 30_000
const LOADS = [0.5, 1, 2]

const rowOf = (load: number, perSecond: number, times: readonly Timed[]): string[] => {
  const answered = times.filter(({ status }) => status === 200)
  const late = answered.filter(({ ms }) => ms >= OKTA_WAITS_MS).length
  const refused = times.filter(({ status }) => status === 503)
  return [
    ...[String(load), perSecond.toFixed(1), String(times.length), String(answered.length - late)],
    ...[
      String(late),
      String(refused.length),
      String(times.length - answered.length - refused.length),
    ],
    answered.length === 0 ? '' : percentile(answered, 1).toFixed(0),
  ]
}

const measureMixedStorm = async (): Promise<Table> => {
  const server = await startServer({ cost: 4, hashes: MIX() })
  await callFor(5_000, CALLERS, server.hook, server.signIn)
  const before = await callFor(8_000, CALLERS, server.hook, server.signIn)
  const capacity = before.filter(({ status }) => status === 200).length / 8
  const rows: string[][] = []
  for (const load of LOADS) {
    const times = await callAtRate(load * capacity, STORM_MS, server.hook, server.signIn)
    rows.push(rowOf(load, load * capacity, times))
    await new Promise((resolve) => setTimeout(resolve, 4_000))
  }
  await server.stop()
  return {
    title: 'A storm over a mixed store',
    note: `Of ten accounts six have bcrypt at cost 10, two argon2id of 64 MiB and two PBKDF2 of 870,000 rounds. Sign-ins arrive at random moments for ${STORM_MS / 1000} s, at multiples of what the server answered per second before. Late is an answer after ${OKTA_WAITS_MS} ms.`,
    head: ['load', 'calls/s', 'calls', 'on time', 'late', 'refused', 'no answer', 'latest ms'],
    rows,
  }
}

const LIVEZ_TURNS = 5

/** The median time of /livez while six callers keep checks of one hash in progress, in milliseconds. */
const livezBeside = async (encoded: string): Promise<{ ms: number[]; mib: number[] }> => {
  const server = await startServer({ cost: 4, hashes: [encoded], env: { HASH_WORKERS: '6' } })
  const { residentBytes } = await import('./processes.ts')
  const mib = (): number => Math.round(residentBytes(server.pid) / 2 ** 20)
  const idle = mib()
  const ms: number[] = []
  for (let turn = 0; turn < LIVEZ_TURNS; turn++) {
    const [probes] = await Promise.all([
      callFor(3_000, 1, `${server.url}/livez`),
      callFor(3_000, 6, server.hook, server.signIn),
    ])
    ms.push(percentile(probes, 0.5))
  }
  const busy = mib()
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const after = mib()
  await server.stop()
  return { ms, mib: [idle, busy, after] }
}

const measureLivezBeside = async (): Promise<Table> => {
  const rows: string[][] = []
  for (const [name, encoded] of [
    ['bcrypt, cost 10', hashSync(PASSWORD, 10)],
    ['argon2id, 64 MiB', argon2(65_536, 3, 4)],
  ] as const) {
    const { ms, mib } = await livezBeside(encoded)
    rows.push([name, median(ms).toFixed(2), ...mib.map(String)])
  }
  return {
    title: '/livez beside six checks at once',
    note: `The median of ${LIVEZ_TURNS} turns of 3 s, each of them a median. Six threads; memory is of the whole process.`,
    head: ['checks', '/livez ms', 'MiB idle', 'MiB after the load', 'MiB 5 s later'],
    rows,
  }
}

export const measureFamilies = async (): Promise<readonly Table[]> => [
  compareFamilies(),
  await measureMixedStorm(),
  await measureLivezBeside(),
]
