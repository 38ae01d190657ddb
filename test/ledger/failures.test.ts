/** What a failure means, by the codes of drivers and servers, and of real servers where they answer. */
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { classifyFailure } from '../../src/ledger/failures.ts'
import { asReader, READER_PASSWORD } from '../support/database-reader.ts'
import { describeEach, freshDatabase, SERVERS } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { makeForwarder } from '../support/forwarder.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

const failure = (fields: object): Error => Object.assign(new Error('failed'), fields)
const postgres = (code: string): Error => failure({ code, severity: 'ERROR' })
const mysql = (code: string, sqlState: string): Error => failure({ code, sqlState })

describe('a failure', () => {
  it.each([
    ['a right that is missing', postgres('42501')],
    ['a login that is wrong', postgres('28P01')],
    ['a function that does not exist', mysql('ER_SP_DOES_NOT_EXIST', '42000')],
    ['a user without rights', mysql('ER_TABLEACCESS_DENIED_ERROR', '42000')],
    ['a file that is not a database', failure({ code: 'SQLITE_NOTADB' })],
    ['a path to nowhere', failure({ code: 'ENOENT' })],
    ['a URL that cannot be used', new AppError('ledger_unusable')],
  ])('of %s is classified as permanent', (_, err) => {
    expect(classifyFailure(err)).toBe('refused')
  })

  it.each([
    ['a server without free space', postgres('53100')],
    ['a server whose disk is full', mysql('ER_DISK_FULL', 'HY000')],
    ['a file that cannot grow', failure({ code: 'SQLITE_FULL' })],
    ['a disk that cannot be read', failure({ code: 'SQLITE_IOERR_READ' })],
    ['a disk that is full', failure({ code: 'ENOSPC' })],
    [
      'our error with it as its cause',
      new AppError('ledger_unavailable', { cause: failure({ code: 'ENOSPC' }) }),
    ],
  ])('of %s is classified as one of the disk', (_, err) => {
    expect(classifyFailure(err)).toBe('disk')
  })

  it.each([
    ['a server that is down', failure({ code: 'ECONNREFUSED' })],
    ['a server whose socket is gone', failure({ code: 'ENOENT', syscall: 'connect' })],
    ['a server that is starting', postgres('57P03')],
    ['a standby that takes over', postgres('25006')],
    ['too many connections', postgres('53300')],
    ['too many connections of one user', mysql('ER_USER_LIMIT_REACHED', '42000')],
    ['a server that is read-only for now', mysql('ER_OPTION_PREVENTS_STATEMENT', 'HY000')],
    ['a deadlock', mysql('ER_LOCK_DEADLOCK', '40001')],
    ['a file that others write', failure({ code: 'SQLITE_BUSY' })],
    ['an answer that is late', new AppError('ledger_unavailable')],
    ['our own code', new TypeError('a bug')],
  ])('of %s is classified as transient', (_, err) => {
    expect(classifyFailure(err)).toBe('away')
  })
})

it.each([
  'postgres://user@localhost/ledger?host=/no/such/place',
  'mysql://user@localhost/ledger?socketPath=/no/such/place/mysql.sock',
])('a server at %s, where no socket is yet, is waited for', async (url) => {
  const { forwarder, reported } = makeForwarder({ url, spillDir: tempDir() })
  await forwarder.start()
  expect(reported.statuses.at(-1)).toMatchObject({
    database: 'unreachable',
    cause: { code: 'ENOENT' },
  })
  await forwarder.close()
})

const RIGHTS = 'SELECT, INSERT, UPDATE'

await describeEach(SERVERS, 'a ledger', (kind) => {
  it('whose tables may not be created is refused at the start, with the message of the server', async () => {
    const url = await asReader(kind, await freshDatabase(kind), RIGHTS)
    const err = await makeForwarder({ url, spillDir: tempDir() })
      .forwarder.start()
      .catch((err: unknown) => err)
    expect(err).toMatchObject({
      code: 'ledger_unusable',
      detail: expect.stringMatching(
        /^LEDGER_DB_URL: (42501: permission denied for schema public|ER_TABLEACCESS_DENIED_ERROR: CREATE command denied to user .+)$/,
      ) as string,
    })
    expect(JSON.stringify(err)).not.toContain(READER_PASSWORD)
  })

  it('whose tables exist needs no right to create them', async () => {
    const url = await freshDatabase(kind)
    const owner = makeForwarder({ url, spillDir: tempDir() })
    await owner.forwarder.start()
    await owner.forwarder.close()
    const { forwarder, reported } = makeForwarder({
      url: await asReader(kind, url, RIGHTS),
      spillDir: tempDir(),
    })
    await forwarder.start()
    forwarder.enqueue([entry()])
    await forwarder.close()
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
  })

  it('that refuses during operation is distinguished from one that is away, and is waited for', async () => {
    const url = await freshDatabase(kind)
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: tempDir() })
    await forwarder.start()
    await runSql(url, 'ALTER TABLE ledger_decisions RENAME TO elsewhere')
    forwarder.enqueue([entry()])
    await pass(1_000)
    expect(reported.statuses.at(-1)).toMatchObject({
      database: 'refused',
      waiting: 1,
      cause: { code: expect.stringMatching(/^(42P01|ER_NO_SUCH_TABLE)$/) as string },
    })
    await runSql(url, 'ALTER TABLE elsewhere RENAME TO ledger_decisions')
    await pass(30_000)
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    await forwarder.close()
  })
})
