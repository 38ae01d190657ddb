/** The URL of a database server: read completely or refused, and never quoted. */
import { describe, expect, it } from 'vitest'
import {
  describeAddress,
  transportWarnings,
  parseAddress,
  type Prefix,
} from '../../src/sql/address.ts'
import { AppError } from '../../src/errors/errors.ts'

const parse = (url: string, ca?: string, prefix: Prefix = 'LEGACY_DB') =>
  parseAddress(url, { prefix, ca })
const BASE = 'postgres://ann:pw@db.example/legacy'

const complaint = (url: string, ca?: string): string | undefined => {
  try {
    parse(url, ca)
  } catch (err) {
    if (err instanceof AppError && err.code === 'legacy_unusable') return err.detail
    throw err
  }
  return undefined
}

describe('an address', () => {
  it('is read with its parts decoded and its port or the default one', () => {
    expect(parse('postgres://a%40b:p%2Fw%23%25@[::1]:7/my%20db')).toEqual({
      host: '::1',
      port: 7,
      user: 'a@b',
      password: 'p/w#%',
      database: 'my db',
      tls: undefined,
    })
    expect(parse('mysql://a@h/d')).toMatchObject({ port: 3306, password: '' })
  })

  it.each([
    ['postgres://ann@%2Fvar%2Frun%2Fpostgresql/x', '/var/run/postgresql'],
    ['postgres://ann@localhost/x?host=/var/run/postgresql', '/var/run/postgresql'],
    ['mysql://ann@%2Frun%2Fmysqld%2Fmysqld.sock/x?sslmode=disable', '/run/mysqld/mysqld.sock'],
    ['mariadb://ann@localhost/x?socketPath=/run/mysqld/mysqld.sock', '/run/mysqld/mysqld.sock'],
  ])('%s is a socket and needs no warning', (url, socket) => {
    const address = parse(url, 'ca')
    expect(address).toMatchObject({ socket, tls: undefined })
    expect(transportWarnings(address, 'LEGACY_DB')).toEqual([])
    expect(describeAddress(address)).toBe(`${socket}/x`)
  })

  it.each([
    ['', undefined, undefined],
    ['?sslmode=disable', 'ca', undefined],
    ['', 'ca', { ca: 'ca', namesHost: true }],
    ['?sslmode=require', undefined, { ca: undefined, namesHost: true }],
    ['?sslmode=verify-full', 'ca', { ca: 'ca', namesHost: true }],
    ['?sslmode=verify-ca', 'ca', { ca: 'ca', namesHost: false }],
  ])('with "%s" and CA %s has the TLS %j', (search, ca, tls) => {
    expect(parse(BASE + search, ca).tls).toEqual(tls)
  })

  it.each([
    ['postgres://marked:marked@', 'is not a URL'],
    ['postgres://marked:ma#rked@db/x', 'is not a URL'],
    [`${BASE}#marked`, '%23'],
    ['postgres://marked:%zz@db/x', '%25'],
    ['postgres://db/x', 'must name user'],
    ['postgres://marked:marked@db', 'must name user'],
    ['postgres://marked:marked@db/', 'must name user'],
    ['postgres:///x?host=/run/marked', 'scheme://user@%2Fpath'],
    [`${BASE}?host=marked`, 'is not the path of a socket'],
    [`${BASE}?socketPath=/marked`, 'no parameter except sslmode'],
    [`${BASE}?host=/marked&sslmode=require`, 'TLS on a socket'],
    [`${BASE}?sslmode=prefer`, 'unknown sslmode'],
    [`${BASE}?sslmode=marked`, 'unknown sslmode'],
    [`${BASE}?sslmode=toString`, 'unknown sslmode'],
    [`${BASE}?sslmode=verify-ca`, 'without LEGACY_DB_CA'],
    [`${BASE}?SSLMODE=verify-full`, 'no parameter except sslmode'],
    [`${BASE}?marked=marked`, 'no parameter except sslmode'],
  ])('%s is refused (%s), and not quoted', (url, what) => {
    expect(complaint(url)).toContain(what)
    expect(complaint(url)).not.toContain('marked')
  })
})

describe('the error for a wrong ledger URL', () => {
  it("names the ledger's own variable", () => {
    expect(() => parse(`${BASE}?sslmode=verify-ca`, undefined, 'LEDGER_DB')).toThrow(
      expect.objectContaining({
        code: 'ledger_unusable',
        detail: 'LEDGER_DB_URL asks for verify-ca without LEDGER_DB_CA',
      }),
    )
    expect(transportWarnings(parse(BASE), 'LEDGER_DB')).toEqual([
      expect.stringContaining('LEDGER_DB_URL does not ask for TLS'),
    ])
  })
})

describe('a connection in plain text', () => {
  it.each([
    [BASE, 1],
    [`${BASE}?sslmode=disable`, 1],
    [`${BASE}?sslmode=verify-full`, 0],
    ['postgres://a@127.0.0.1/x', 0],
    ['postgres://a@[::1]/x', 0],
    ['postgres://a@localhost/x', 0],
  ])('%s has %i warnings', (url, count) => {
    expect(transportWarnings(parse(url), 'LEGACY_DB')).toHaveLength(count)
  })
})
