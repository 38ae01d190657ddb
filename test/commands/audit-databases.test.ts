/** `okta-migrate audit` on database servers: the default statement, and the dates that their drivers return. */
import { hashSync } from 'bcryptjs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { auditCommand } from '../../src/commands/audit/audit.ts'
import { describeEach, POSTGRES, SERVERS, type Kind } from '../support/databases.ts'
import { runInProcess } from '../support/in-process.ts'
import { tempDir } from '../support/temp.ts'

const HASH = hashSync('open sesame', 4)
const WORLD = { clock: systemClock, random: Math.random }

const makeStore = async ({
  create,
  schema,
}: Kind): Promise<{ url: string; drop: () => Promise<void> }> => {
  const database = await create()
  await database.exec(
    ...schema,
    `INSERT INTO accounts (login, password_hash, enabled) VALUES
      ('ann@example.com', '${HASH}', 1), ('bob@example.com', '${HASH.slice(0, 59)}', 1), ('cid@example.com', '${HASH}', 0)`,
  )
  return database
}

const YESTERDAY = {
  postgres: `now() - interval '1 day'`,
  mysql: 'utc_timestamp() - INTERVAL 1 DAY',
  sqlite: '',
} as const

await describeEach(SERVERS, 'an audit', (kind) => {
  it('reads all accounts of the default schema in one go, and when they were last seen', async () => {
    const { url, drop } = await makeStore(kind)
    try {
      const dir = tempDir()
      const [blocked, routes] = [join(dir, 'blocked.csv'), join(dir, 'routes.csv')]
      const args = ['--blocked', blocked, '--routes', routes]
      const plain = await runInProcess((perform) => auditCommand(perform, WORLD), args, {
        LEGACY_DB_URL: url,
      })
      const { host, pathname } = new URL(url)
      expect(plain.stdout).toContain(`Read 3 accounts from ${host}${pathname} in `)
      expect(plain.stdout).toMatch(/^Lookup tried with 2 logins +2 +correct; /m)
      expect(readFileSync(routes, 'utf8').split('\r\n').slice(1).sort().join(' ')).toMatch(
        /1,ann@example\.com,hash,.* 2,bob@example\.com,reset,hash_truncated 3,cid@example\.com,skip,disabled$/,
      )
      const sql = `SELECT id, login, password_hash, enabled, ${YESTERDAY[kind.dialect]} AS last_login FROM accounts`
      const env = { LEGACY_DB_URL: url, LEGACY_AUDIT_SQL: sql }
      const dated = await runInProcess((perform) => auditCommand(perform, WORLD), args, env)
      expect(dated.stdout).toContain('Expected first day: 2 people')
      expect([plain.code, dated.code]).toEqual([1, 1])
    } finally {
      await drop()
    }
  })
})

await describeEach([POSTGRES], 'a statement that cannot convert a hash', (kind) => {
  it('ends the audit without a word of the hash', async () => {
    const { url, drop } = await makeStore(kind)
    try {
      const { code, stdout, stderr } = await runInProcess(
        (perform) => auditCommand(perform, WORLD),
        ['--blocked', join(tempDir(), 'b.csv')],
        {
          LEGACY_DB_URL: url,
          LEGACY_AUDIT_SQL: 'SELECT login, password_hash, password_hash::int AS id FROM accounts',
        },
      )
      expect(stderr).toContain('LEGACY_AUDIT_SQL: invalid input syntax for type integer: "…"')
      expect(stdout + stderr).not.toContain(HASH.slice(7, 29))
      expect(code).toBe(2)
    } finally {
      await drop()
    }
  })
})
