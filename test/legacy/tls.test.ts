/** TLS to a PostgreSQL server: verified, or no connection at all. */
import { readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { makeCertificate } from '../support/certificate.ts'
import { describeEach, SERVERS, type TestDatabase } from '../support/databases.ts'
import { tempDir } from '../support/temp.ts'
import { openStore } from './contract.ts'

const SQL = "SELECT 'h' AS password_hash, 'a' AS login WHERE :login = 'a'"

/** Speaks TLS as PostgreSQL does ("Message Flow", SSL Session Encryption), and plain text to the server. */
const startTlsFront = async (target: URL, files: { certFile: string; keyFile: string }) => {
  const [cert, key] = [readFileSync(files.certFile), readFileSync(files.keyFile)]
  const open = new Set<Socket>()
  const server = createServer((client) => {
    open.add(client)
    client.on('error', () => undefined)
    client.once('data', () => {
      client.write('S')
      const secure = new TLSSocket(client, {
        isServer: true,
        secureContext: createSecureContext({ cert, key }),
      })
      const upstream = connect(Number(target.port) || 5432, target.hostname)
      for (const socket of [secure, upstream]) socket.on('error', () => client.destroy())
      client.on('close', () => upstream.destroy())
      secure.pipe(upstream).pipe(secure)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return String((server.address() as AddressInfo).port)
}

const postgres = SERVERS.filter(({ dialect }) => dialect === 'postgres')

await describeEach(postgres, 'a connection with TLS', ({ create }) => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
  })
  afterAll(() => db.drop())

  it.each([
    ['localhost', 'verify-full', 'own', 'found'],
    ['localhost', 'require', 'own', 'found'],
    ['localhost', undefined, 'own', 'found'],
    ['127.0.0.1', 'verify-full', 'own', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['127.0.0.1', 'require', 'own', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['127.0.0.1', 'verify-ca', 'own', 'found'],
    ['localhost', 'verify-full', 'other', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['localhost', 'verify-ca', 'other', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['localhost', 'require', undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('to %s by %s with the %s CA: %s', async (host, mode, trusted, outcome) => {
    const dir = tempDir()
    const own = makeCertificate(dir, 'own')
    const other = makeCertificate(dir, 'other')
    const url = new URL(db.url)
    url.port = await startTlsFront(new URL(db.url), own)
    url.hostname = host
    if (mode !== undefined) url.searchParams.set('sslmode', mode)
    const files = trusted === 'own' ? own : other
    const ca = trusted === undefined ? undefined : readFileSync(files.certFile, 'utf8')
    const attempt = openStore(url.href, SQL, { ca }).then(
      async (store) => ((await store.find('a', 'a')).length === 1 ? 'found' : 'not found'),
      (err: unknown) => (err as { cause: { code: string } }).cause.code,
    )
    expect(await attempt).toBe(outcome)
    const ledger = openLedgerDatabase({ url: url.href, ca })
    const migration = ledger.migrate().then(
      () => 'found',
      (err: unknown) => (err as { code: string }).code,
    )
    expect(await migration).toBe(outcome)
    ledger.cut()
  })
})
