/** Random stores, logins and statements: VERIFIED only with the password of the account whose login was typed. */
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { assess, decide } from '../../src/hook/decision.ts'
import type { HashStore } from '../../src/legacy/store.ts'
import { normaliseLogin } from '../../src/login.ts'
import { CORES, createEngine } from '../../src/passwords/engine.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { ALL_KINDS, describeEach, type Dialect, type TestDatabase } from '../support/databases.ts'
import { openLegacy } from '../support/legacy.ts'
import { fc } from '../support/properties.ts'

/** 300 in each dialect in `npm test`, 10,000 in CI. */
const RUNS = Number(process.env['LOOKUP_RUNS'] ?? 300)

const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 14 }
const engine = createEngine(CORES)

/** Made once: even a hash of the lowest cost takes a millisecond. */
const PASSWORDS = Array.from({ length: 8 }, (_, i) => `password ${i}`)
const HASHES = PASSWORDS.map((password) => hashSync(password, 4))

/** Few letters, so that logins resemble each other: in case, accents, wildcards, and as parts of each other. */
const LOCALS = ['ann', 'Ann', 'änn', 'a_n', 'a%', 'an', 'annb', 'a.n', '.*', '12', '12x', "o'n"]
const DOMAINS = ['', '@x.example', '@X.example', '@y.example', '@']
const login = fc
  .tuple(fc.constantFrom(...LOCALS), fc.constantFrom(...DOMAINS))
  .map((parts) => parts.join(''))

const account = fc.record({
  login,
  email: fc.option(login, { nil: null }),
  password: fc.nat(PASSWORDS.length - 1),
})

const SHARED = [
  'login = :login',
  'lower(login) = :login',
  'login = :username OR email = :login',
  'lower(login) = :login OR lower(email) = :login',
  'login LIKE :login',
  "login LIKE :login || '%'",
  ':login = :login',
  'lower(login) <> :login',
  'email = :login',
]

const CONDITIONS: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    ...SHARED,
    'login GLOB :login',
    'login = :login COLLATE NOCASE',
    'instr(:login, login) > 0',
  ],
  postgres: [...SHARED, 'login ILIKE :login', 'login ~ :login', 'strpos(:login, login) > 0'],
  mysql: [
    ...SHARED,
    'login REGEXP :login',
    'soundex(login) = soundex(:login)',
    'instr(:login, login) > 0',
  ],
}

const TABLE = 'people (id INTEGER, login VARCHAR(50), email VARCHAR(50), pw VARCHAR(60))'

/** A table that lives for a minute need not reach the disk. */
const PREPARE: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: ['PRAGMA synchronous = OFF', `CREATE TABLE ${TABLE}`],
  postgres: [`CREATE UNLOGGED TABLE ${TABLE}`],
  mysql: [`CREATE TABLE ${TABLE} ENGINE = MEMORY`],
}

const COLUMNS = ['login', 'email', 'login, email', 'id, login', "login, 'y' AS enabled", 'LOGIN']
const ENDS = ['', ' ORDER BY id DESC', ' LIMIT 1']

/** A second implementation of Okta's rule for logins. */
const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

const isNamed = (name: string | null, typed: string): boolean =>
  name !== null &&
  (fold(name) === fold(typed) || (!typed.includes('@') && fold(name).split('@')[0] === fold(typed)))

await describeEach(ALL_KINDS, 'an accepted password', ({ dialect, create }) => {
  let db: TestDatabase
  const stores = new Map<string, HashStore>()
  beforeAll(async () => {
    db = await create()
    await db.exec(...PREPARE[dialect])
  })
  afterAll(async () => {
    for (const store of stores.values()) await store.close()
    await db.drop()
  })

  /** Statements are few, and each is checked once. */
  const storeFor = async (sql: string): Promise<HashStore> => {
    const store = stores.get(sql) ?? (await openLegacy(db.url, { sql, poolSize: 1 }))
    stores.set(sql, store)
    return store
  }

  const statement = fc.constantFrom(
    ...CONDITIONS[dialect].flatMap((condition, i) =>
      [0, 1].map((more) => {
        const columns = COLUMNS[(i + 3 * more) % COLUMNS.length] ?? ''
        const end = ENDS[(i + more) % ENDS.length] ?? ''
        return `SELECT ${columns}, pw AS password_hash FROM people WHERE (${condition})${end}`
      }),
    ),
  )

  const text = (value: string | null): string =>
    value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`

  const verified = async (store: HashStore, typed: string, password: string): Promise<boolean> => {
    const accounts = await store.find(normaliseLogin(typed), typed)
    const assessment = assess(accounts, password, (hash) => inspect(hash, BOUNDS))
    if (!assessment.hash) return false
    const [outcome = 'mismatch'] = engine.verify([{ plan: assessment.hash, password }])
    return decide(assessment, outcome).credential === 'VERIFIED'
  }

  it('is that of the account whose login was typed', async () => {
    let verifications = 0
    const call = fc.tuple(login, fc.nat(PASSWORDS.length - 1))
    const people = fc.array(account, { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(
        people,
        statement,
        fc.array(call, { minLength: 2, maxLength: 2 }),
        async (rows, sql, calls) => {
          const values = rows.map(
            (row, id) =>
              `(${id}, ${text(row.login)}, ${text(row.email)}, ${text(HASHES[row.password] ?? '')})`,
          )
          await db.exec('DELETE FROM people', `INSERT INTO people VALUES ${values.join()}`)
          const store = await storeFor(sql)
          const own = rows.map((row) => [row.login, row.password] as const)
          for (const [typed, password] of [...own, ...calls]) {
            if (!(await verified(store, typed, PASSWORDS[password] ?? ''))) continue
            verifications++
            const owners = rows.filter(
              (row) => isNamed(row.login, typed) || isNamed(row.email, typed),
            )
            expect(owners.map((owner) => owner.password)).toContain(password)
          }
        },
      ),
      { numRuns: RUNS },
    )
    // A property in which no sign-in is ever verified proves nothing.
    expect(verifications).toBeGreaterThan(RUNS / 10)
  })
})
