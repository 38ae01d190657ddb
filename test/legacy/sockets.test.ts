/** Unix sockets of real servers: for the store, the ledger and the import. */
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { openSqlSource } from '../../src/import/sources/sql/sql-source.ts'
import { describeEach, freshDatabase, SERVERS, type Dialect } from '../support/databases.ts'
import { openStore } from './contract.ts'

const SOCKETS: Partial<Record<Dialect, readonly [socket: string, path: string, name: string]>> = {
  postgres: ['/var/run/postgresql/.s.PGSQL.5432', '/var/run/postgresql', 'host'],
  mysql: ['/run/mysqld/mysqld.sock', '/run/mysqld/mysqld.sock', 'socketPath'],
}

const kinds = SERVERS.map((kind) => {
  const [socket, path, name] = SOCKETS[kind.dialect] ?? ['', '', '']
  const missing = async () => (existsSync(socket) ? kind.missing() : `there is no ${socket}`)
  return { ...kind, path, name, missing }
})

await describeEach(kinds, 'a socket', (kind) => {
  it.each(['in place of the host', 'as a parameter'])('%s is used by all of them', async (form) => {
    const own = new URL(await freshDatabase(kind))
    const host = form === 'as a parameter' ? 'localhost' : encodeURIComponent(kind.path)
    const search = form === 'as a parameter' ? `?${kind.name}=${kind.path}` : ''
    const url = `${own.protocol}//${own.username}@${host}${own.pathname}${search}`
    const sql = "SELECT 'h' AS password_hash, 'a' AS login WHERE :login = 'a'"
    expect(await (await openStore(url, sql)).find('a', 'a')).toHaveLength(1)
    const ledger = openLedgerDatabase({ url })
    await ledger.migrate()
    expect(await ledger.idBefore('2026')).toBe(0)
    await ledger.close()
    const source = await openSqlSource({ url, ca: undefined }, "SELECT 'a' AS login ORDER BY 1")
    expect(await source.rows.next()).toMatchObject({ value: { number: 1 } })
    source.close()
  })

  it('a socket that is not there yet is waited for', async () => {
    const url = `${kind.dialect}://ann@${encodeURIComponent('/tmp/no/such/socket')}/x`
    expect((await openStore(url)).state).toBe('unreachable')
  })

  it('a host that has no name yet is waited for', async () => {
    const url = `${kind.dialect}://ann@not-there.invalid/x`
    expect((await openStore(url)).state).toBe('unreachable')
  })
})
