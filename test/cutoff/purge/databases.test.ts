/** The SQL of a purge, run for real by the client of each kind of database: exactly the rows named, each once. */
import { expect, it, onTestFinished } from 'vitest'
import { addMoved, addPending, LEGACY_HASH } from '../../support/campaign.ts'
import { runScript } from '../../support/database-client.ts'
import { ALL_KINDS, describeEach, type Dialect, type Kind } from '../../support/databases.ts'
import { runSql } from '../../support/ledger-sql.ts'
import { startPurge } from '../../support/purge.ts'

/** SQL of each id, by how the column keeps it. */
type Ids = readonly string[]

const TEXTS = [
  ...['007', '7', '7.0', '0', 'abc', ' 7', '7e0', '0x7', 'NULL', ':id', '$$', '%', 'tab;le', '--x'],
  ...["o'neil", "''", '"double"', 'ünï𝄞', '日本', '{7}', '/*', '`tick`', 'a b'],
]
const BACKSLASHES = ['back\\slash', "\\'; DROP TABLE accounts; --", '\\', '\\x41', 'end\\']
const UUIDS = ['6f9619ff-8b86-d011-b42d-00c04fc964ff', '00000000-0000-0000-0000-000000000000']
const BYTES = [
  '00112233445566778899aabbccddee00',
  'ffffffffffffffffffffffffffffff27',
  '5c2700ff415c2700ff415c2700ff4141',
]

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
const texts: Ids = TEXTS.map(quote)
/** Written so that no setting changes them. */
const escaped = (dialect: Dialect): Ids =>
  BACKSLASHES.map((text) =>
    dialect === 'mysql'
      ? `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)`
      : quote(text),
  )
const INTEGERS: Ids = ['0', '7', '70', '-5', '9007199254740993']
const bytesOf = (dialect: Dialect): Ids =>
  BYTES.map((hex) => (dialect === 'postgres' ? `'\\x${hex}'` : `X'${hex}'`))

interface Column {
  readonly type: string
  readonly ids: Ids
  readonly hashType?: string
}

const COLUMNS: Readonly<Record<Dialect, readonly Column[]>> = {
  sqlite: [
    { type: 'INTEGER PRIMARY KEY', ids: INTEGERS },
    { type: 'INT', ids: INTEGERS },
    { type: 'TEXT PRIMARY KEY', ids: [...texts, ...escaped('sqlite'), ...UUIDS.map(quote)] },
    { type: 'TEXT COLLATE NOCASE', ids: ["'abc'", "'abd'"] },
    { type: '', ids: ["'007'", '7', "'x'", '8.5', "X'00ff'"] },
    { type: 'BLOB', ids: bytesOf('sqlite') },
  ],
  postgres: [
    { type: 'integer PRIMARY KEY', ids: INTEGERS.slice(0, 4) },
    { type: 'bigint', ids: INTEGERS },
    { type: 'numeric', ids: ['7', '8.50', '0'] },
    { type: 'text PRIMARY KEY', ids: [...texts, ...escaped('postgres'), "'ABC'", "'abc '"] },
    { type: 'char(8)', ids: ["'abc'", "'007'"] },
    { type: 'uuid PRIMARY KEY', ids: UUIDS.map(quote) },
    { type: 'bytea PRIMARY KEY', ids: bytesOf('postgres') },
  ],
  mysql: [
    { type: 'INT PRIMARY KEY', ids: INTEGERS.slice(0, 4) },
    { type: 'BIGINT PRIMARY KEY', ids: INTEGERS },
    { type: 'VARCHAR(80) PRIMARY KEY', ids: [...texts, ...escaped('mysql')] },
    {
      type: 'VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
      ids: ["'ABC'", "'abc'", "'007'", "'7'"],
    },
    { type: 'VARCHAR(80) CHARACTER SET latin1', ids: ["'x'", "'e'", "'é'", "'E'", "'007'"] },
    { type: 'CHAR(36) PRIMARY KEY', ids: UUIDS.map(quote) },
    { type: 'BINARY(16) PRIMARY KEY', ids: bytesOf('mysql') },
    { type: 'VARBINARY(16) PRIMARY KEY', ids: bytesOf('mysql') },
  ],
}

/** Of a session in which texts are read in another way. */
const ODD_SETTINGS: Readonly<Record<Dialect, string>> = {
  sqlite: '',
  postgres: "SET standard_conforming_strings = off; SET bytea_output = 'escape';\n",
  mysql: "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'; SET NAMES latin1;\n",
}

const SQL = 'UPDATE accounts SET password_hash = NULL WHERE id = :id'
/** The numbers of the rows, which nothing may change. */
const rowsWith = async (url: string, condition: string): Promise<number> => {
  const rows = await runSql(url, `SELECT n FROM accounts WHERE ${condition}`)
  expect(rows.every(({ n }) => Number(n) % 2 === 1)).toBe(true)
  return rows.length
}

const loginOf = (at: number): string => `person${at}@example.com`

const startStore = async (kind: Kind, { type, ids, hashType = 'VARCHAR(80)' }: Column) => {
  const database = await kind.create(kind.dialect === 'mysql' ? 'CHARACTER SET utf8mb4' : '')
  onTestFinished(() => database.drop())
  const hashOf = (at: number): string => LEGACY_HASH.slice(0, -2) + String(at).padStart(2, '0')
  await database.exec(
    `CREATE TABLE accounts (id ${type}, login VARCHAR(80), password_hash ${hashType}, n INTEGER)`,
    ...ids.map(
      (id, at) => `INSERT INTO accounts VALUES (${id}, '${loginOf(at)}', '${hashOf(at)}', ${at})`,
    ),
  )
  const purge = await startPurge(
    async (org) => {
      // Every second person has moved.
      for (const at of ids.keys()) await (at % 2 === 0 ? addMoved : addPending)(org, loginOf(at))
    },
    {
      store: {
        LEGACY_DB_URL: database.url,
        LEGACY_AUDIT_SQL: 'SELECT id, login, password_hash FROM accounts',
      },
      sql: SQL,
    },
  )
  await purge.close()
  return { database, purge }
}

const HASH_TYPES: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: ['TEXT', 'BLOB'],
  postgres: ['text', 'char(80)', 'bytea'],
  mysql: [
    'VARCHAR(80)',
    'CHAR(80)',
    'VARBINARY(80)',
    'BINARY(80)',
    'VARCHAR(80) CHARACTER SET latin1',
  ],
}

/** With the SQL of a time in seconds since 1970. */
const TIME_TYPES: Readonly<Record<Dialect, readonly [type: string, of: (s: number) => string][]>> =
  {
    sqlite: [
      ['TEXT', (s) => `datetime(${s}, 'unixepoch')`],
      ['DATE', (s) => `date(${s}, 'unixepoch')`],
      ['INTEGER', String],
    ],
    postgres: [
      ['timestamptz', (s) => `to_timestamp(${s})`],
      ['timestamp', (s) => `to_timestamp(${s})`],
      ['date', (s) => `to_timestamp(${s})`],
      ['bigint', (s) => `${s}000`],
    ],
    mysql: [
      ['DATETIME', (s) => `FROM_UNIXTIME(${s})`],
      ['TIMESTAMP', (s) => `FROM_UNIXTIME(${s})`],
      ['DATE', (s) => `FROM_UNIXTIME(${s})`],
      ['BIGINT', String],
    ],
  }

await describeEach(ALL_KINDS, 'the SQL of a purge', (kind) => {
  it.each(TIME_TYPES[kind.dialect])(
    'leaves out who changed the password after the move, by a time of %s',
    async (type, sqlOf) => {
      const { database, purge } = await startStore(kind, { type: 'INTEGER', ids: ['1', '2', '3'] })
      const now = Math.floor(Date.now() / 1000)
      await database.exec(
        `ALTER TABLE accounts ADD changed_at ${type}`,
        `UPDATE accounts SET changed_at = ${sqlOf(now - 3 * 86_400)} WHERE id = 1`,
        `UPDATE accounts SET changed_at = ${sqlOf(now + 300)} WHERE id = 3`,
      )
      purge.env['LEGACY_AUDIT_SQL'] = 'SELECT id, login, password_hash, changed_at FROM accounts'
      const { purged, leftOut } = await purge.count(['--password-changed', 'changed_at'])
      expect([purged, leftOut]).toEqual([1, { not_moved: 1, changed_since: 1 }])
    },
  )

  it.each(HASH_TYPES[kind.dialect])(
    'needs the column of the id of the audit, whose hash is the same one, for hashes of %s',
    async (hashType) => {
      const { database, purge } = await startStore(kind, {
        ...{ type: 'INTEGER', ids: ['1', '2', '3', '0'], hashType },
      })
      expect((await purge.count()).purged).toBe(2)
      const wrong = SQL.replace('WHERE id', 'WHERE n')
      const { code, stderr } = await purge.run(['--dry-run', '--sql', wrong])
      expect([code, stderr]).toEqual([2, expect.stringContaining('For 4 of 4 ids')])
      expect(
        await runSql(database.url, 'SELECT n FROM accounts WHERE password_hash IS NULL'),
      ).toEqual([])
    },
  )

  it.each(COLUMNS[kind.dialect])(
    'touches exactly the rows named, each once, for ids of $type',
    async (column) => {
      const { database, purge } = await startStore(kind, column)
      const moved = column.ids.filter((_, at) => at % 2 === 0).length
      const ended = await purge.purge()
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      expect((await purge.check()).stdout).toContain(`FAILED: ${moved} of ${moved}`)
      // A person who changes the hash meanwhile keeps it.
      await database.exec("UPDATE accounts SET password_hash = 'another' WHERE n = 0")
      const script = purge.read('purge.sql')
      expect(script.match(/^UPDATE/gm)).toHaveLength(moved)
      const said = runScript(kind.dialect, database.url, ODD_SETTINGS[kind.dialect] + script)
      if (said === undefined) return
      expect(said).toBe('')
      const checked = await purge.check()
      expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining('1 another one')])
      expect(checked.stdout).not.toContain('as it was:')
      await database.exec('UPDATE accounts SET password_hash = NULL WHERE n = 0')
      const left = await purge.check()
      expect([left.code, left.stdout]).toEqual([0, expect.stringContaining('None of')])
      // Those who have not moved have theirs, and nothing else was touched.
      const unchanged = column.ids.length - moved
      expect(await rowsWith(database.url, "password_hash LIKE '$2b$%'")).toBe(unchanged)
      // A second time it finds nobody.
      expect(runScript(kind.dialect, database.url, script)).toBe('')
      expect(await rowsWith(database.url, 'password_hash IS NOT NULL')).toBe(unchanged)
    },
  )

  it('stops at the first error, and takes back its transaction', async () => {
    const [column] = COLUMNS[kind.dialect]
    const { database, purge } = await startStore(kind, column ?? { type: 'INTEGER', ids: ['1'] })
    await purge.purge()
    const statements = purge.read('purge.sql').split('\n')
    const second = statements.findLastIndex((line) => line.startsWith('UPDATE'))
    const broken = statements.with(second, 'UPDATE missing SET password_hash = NULL;').join('\n')
    const said = runScript(kind.dialect, database.url, broken)
    if (said === undefined) return
    expect(said).toContain('missing')
    const rows = await runSql(database.url, 'SELECT n FROM accounts WHERE password_hash IS NULL')
    expect(rows).toEqual([])
  })
})
