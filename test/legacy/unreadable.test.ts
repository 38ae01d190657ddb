/** Servers that send bytes that no driver can read: the connection ends, the call fails, and the process goes on. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HashStore } from '../../src/legacy/store.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { createMessageCheck } from '../../src/sql/postgres-client.ts'
import { describeEach, SERVERS, type Dialect, type TestDatabase } from '../support/databases.ts'
import { fc } from '../support/properties.ts'
import { startProxy } from '../support/proxy.ts'
import { openStore } from './contract.ts'

const RUNS = Number(process.env['JUNK_RUNS'] ?? 30)

/** Bytes that often have a meaning: lengths, ends of texts, counts of zero. */
const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff), fc.integer({ min: 0, max: 255 }))
const some = fc.array(byte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes))

const postgresMessage = fc
  .tuple(fc.constantFrom(...Array.from('123nsctWIDCZARSKENTtGHd')), some)
  .map(([type, body]) => {
    const head = Buffer.alloc(5)
    head.write(type, 'latin1')
    head.writeUInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  })

const mysqlPacket = fc
  .tuple(fc.integer({ min: 0, max: 3 }), some)
  .map(([sequence, body]) => Buffer.concat([Buffer.from([body.length, 0, 0, sequence]), body]))

const framed: Partial<Record<Dialect, fc.Arbitrary<Buffer>>> = {
  postgres: postgresMessage,
  mysql: mysqlPacket,
}

/** For pg-protocol: bytes at which it throws, and bytes that it would read for ever. */
const postgres = (type: string, hex: string): Buffer =>
  Buffer.concat([
    Buffer.from(type, 'latin1'),
    Buffer.from((4 + hex.length / 2).toString(16).padStart(8, '0') + hex, 'hex'),
  ])

const KNOWN: Partial<Record<Dialect, readonly Buffer[]>> = {
  postgres: [
    postgres('R', '000000ff'),
    postgres('D', 'ffff'),
    postgres('t', 'ffff'),
    postgres('T', '0002'),
    postgres('E', '4d61'),
    postgres('N', '4d6100'),
    Buffer.from('Z\0\0\0\0', 'latin1'),
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ],
  mysql: [
    Buffer.from([1, 0, 0, 0, 0xff]),
    Buffer.from([1, 0, 0, 1, 0xff]),
    Buffer.from([2, 0, 0, 1, 0xff, 0]),
    Buffer.from([9, 0, 0, 7, 0xfe, 1, 1, 1, 1, 1, 1, 1, 1]),
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ],
}

await describeEach(
  SERVERS,
  'bytes that no driver can read',
  ({ dialect, defaultPort, ...kind }) => {
    let db: TestDatabase
    beforeAll(async () => {
      db = await kind.create()
      await db.exec(
        ...kind.schema,
        `INSERT INTO accounts (login, password_hash) VALUES ('ann', 'h')`,
      )
    })
    afterAll(() => db.drop())

    const findAnn = (store: HashStore) => store.find('ann', 'ann')
    const ANN = [{ passwordHash: 'h' }]
    const junk = fc.oneof(
      some,
      fc
        .array(framed[dialect] ?? some, { minLength: 1, maxLength: 4 })
        .map((parts) => Buffer.concat(parts)),
    )
    const known = (KNOWN[dialect] ?? []).map((bytes) => [bytes] as [Buffer])

    const property = (run: (bytes: Buffer) => Promise<void>): Promise<void> =>
      fc.assert(fc.asyncProperty(junk, run), { numRuns: RUNS, examples: known })

    it('in place of an answer, or of a greeting, fail the call, and the next one is answered', async () => {
      const proxy = await startProxy(new URL(db.url), defaultPort)
      const store = await openStore(proxy.url, undefined, { poolSize: 1 })
      await property(async (bytes) => {
        for (const call of ['with a connection', 'without one']) {
          proxy.garble(bytes)
          const outcome = findAnn(store).then(
            () => `answered ${call}`,
            (err: unknown) => (err as { code: string }).code,
          )
          expect(await outcome).toBe('legacy_unavailable')
        }
        proxy.pass()
        await expect.poll(() => findAnn(store).catch(() => [])).toMatchObject(ANN)
      })
    })

    it('on an idle connection end only that connection', async () => {
      const proxy = await startProxy(new URL(db.url), defaultPort)
      const store = await openStore(proxy.url, undefined, { poolSize: 1 })
      await property(async (bytes) => {
        proxy.interject(bytes)
        await proxy.until(() => proxy.connections() === 0)
        await findAnn(store).catch((err: unknown) =>
          expect(err).toMatchObject({ code: 'legacy_unavailable' }),
        )
        await expect.poll(() => findAnn(store).catch(() => [])).toMatchObject(ANN)
      })
    })

    it("from the ledger's database fail its statement", async () => {
      const proxy = await startProxy(new URL(db.url), defaultPort)
      const ledger = openLedgerDatabase({ url: proxy.url })
      await ledger.migrate()
      await property(async (bytes) => {
        proxy.garble(bytes)
        await expect(ledger.idBefore('2026')).rejects.toThrow()
        proxy.pass()
        await expect.poll(() => ledger.idBefore('2026').catch(() => -1)).toBe(0)
      })
      ledger.cut()
    })

    if (dialect !== 'postgres') return
    it('are not confused with a mistake of our own, which ends the process', () => {
      const script = new URL('../support/own-bug.mjs', import.meta.url).pathname
      const { status, stderr } = spawnSync(process.execPath, [script, db.url], { encoding: 'utf8' })
      expect([status, stderr]).toEqual([1, expect.stringContaining('TypeError: a bug')])
    })
  },
)

describe('the check of messages', () => {
  it('accepts complete messages, however they are cut', () => {
    const whole = Buffer.concat([
      postgres('R', '00000000'),
      postgres('E', `${Buffer.from('SERROR').toString('hex')}0000`),
      postgres('D', '00'.repeat(50)),
      postgres('N', `${Buffer.from('M').toString('hex')}0000`),
      postgres('Z', '49'),
    ])
    for (let at = 0; at <= whole.length; at++) {
      const check = createMessageCheck()
      check(whole.subarray(0, at))
      check(whole.subarray(at))
    }
    const check = createMessageCheck()
    for (const one of whole) check(Buffer.from([one]))
    expect(() => check(postgres('E', '4d61'))).toThrow(RangeError)
  })

  it('refuses an error that never ends, even if more messages follow it', () => {
    const endless = Buffer.concat([postgres('E', '4d61'), postgres('Z', '49')])
    expect(() => createMessageCheck()(endless)).toThrow(RangeError)
    expect(() => createMessageCheck()(Buffer.from('E\xff\xff\xff\xff', 'latin1'))).toThrow(
      RangeError,
    )
  })
})
