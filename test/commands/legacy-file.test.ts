/** `--legacy FILE` in place of the store: the same figures, the person in the ledger, damaged rows, and no hashes. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { auditCommand } from '../../src/commands/audit/audit.ts'
import { reconcileCommand } from '../../src/commands/reconcile/reconcile.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { runAudit, type AuditRun } from '../support/audit.ts'
import {
  addMoved,
  addPending,
  decided,
  LEGACY_HASH,
  lifecycle,
  makeLedger,
  makeLegacyStore,
  oktaOf,
} from '../support/campaign.ts'
import type { Ended } from '../support/command.ts'
import { runInProcess } from '../support/in-process.ts'
import { exportAccounts } from '../support/legacy-export.ts'
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const BYTES = Buffer.from('c0ffee00c0ffee00', 'hex')

/** Ids of all types, and logins that are typed in other ways than in Okta. */
const PEOPLE = [
  { id: 1, login: 'off@example.com', enabled: 0 },
  { id: '007', login: 'zero@example.com', wave: 'north' },
  { id: 7.5, login: 'half@example.com', wave: 'north' },
  { id: BYTES, login: 'bytes@example.com', wave: 'south' },
  { id: '8.0', login: 'Cafe\u0301@Example.com', wave: 'south', seen: '2026-10-01' },
  { id: 9, login: 'cut@example.com', hash: LEGACY_HASH.slice(0, 59) },
  { id: 10, login: 'zoé@example.com' },
  { id: 11, login: 'zoë@example.com' },
  { id: 12, login: 'missing@example.com', first: 'Ann', last: 'Lee, "B"', wave: 'south' },
  { id: 13, login: 'moved@example.com', changed: '2099-01-01' },
  { id: 14, login: 'maybe@example.com', enabled: 'maybe' },
]

const makeCampaign = async () => {
  const dir = tempDir()
  const org = await startTestSandbox()
  const store = makeLegacyStore(dir, PEOPLE)
  for (const name of ['off', 'zero', 'half', 'bytes', 'café', 'cut', 'stranger']) {
    await addPending(org, `${name}@example.com`)
  }
  await addMoved(org, 'moved@example.com')
  const ledger = await makeLedger(dir, [
    decided('id 007', 'VERIFIED'),
    decided('id 7.5', 'UNVERIFIED'),
    decided(`id ${BYTES.toString('hex')}`, 'UNVERIFIED'),
    decided('id 8.0', 'VERIFIED', { oktaEventId: 'a' }),
    decided('id 13', 'VERIFIED'),
  ])
  return { dir, org, env: { ...store, ...ledger, ...oktaOf(org) }, files: exportAccounts(store) }
}

const runStatus = (env: Record<string, string>, state: string, ...args: string[]) =>
  runInProcess(
    (perform) => statusCommand(perform, systemClock),
    ['--json', '--state', state, '--wave', 'wave', '--password-changed', 'changed_at', ...args],
    env,
  )

const LOOKUP = 'SELECT id, login, password_hash FROM people WHERE login = :login'

/** An export may write an id in another way, and the lists show it as it is. */
const withPlainIds = (text: string): string => text.replace(/\b(\d+)\.0\b|\b0x/g, '$1')

const objectOf = ({ stdout }: Ended) =>
  JSON.parse(stdout) as Record<string, Record<string, unknown>>

/** Without what tells one run from another. */
const countsOf = (ended: Ended): object => {
  expect(ended.stderr).toBe('')
  const { at, files, sources, ...counts } = objectOf(ended)
  const { legacy, ledger } = sources as Record<string, Record<string, unknown>>
  expect([at, files]).not.toContain(undefined)
  return { ...counts, legacy: { ...legacy, readAt: 0 }, ledger: ledger?.['read'] }
}

const withoutDb = ({ LEGACY_DB_URL, LEGACY_AUDIT_SQL, ...env }: Record<string, string>) => {
  expect([LEGACY_DB_URL, LEGACY_AUDIT_SQL]).not.toContain(undefined)
  return env
}

describe.each(['csv', 'jsonl'] as const)('an export as %s', (format) => {
  it('gives the status of its store, in full and quickly', async () => {
    const { dir, org, env, files } = await makeCampaign()
    const args = ['--legacy', files[format]]
    const state = join(dir, 'file.sqlite')
    const bySql = countsOf(await runStatus(env, join(dir, 'sql.sqlite')))
    expect(bySql).toMatchObject({
      notMoved: { verified: 2, tried: 2, blocked: 1 },
      notCounted: { disabled: 1, strangers: 1 },
    })
    expect(countsOf(await runStatus(withoutDb(env), state, ...args))).toEqual(bySql)
    const [user] = [...org.users()].filter(({ profile }) => profile['login'] === 'zero@example.com')
    await lifecycle(org, user?.id ?? '', 'reset_password')
    const quick = await runStatus(withoutDb(env), state, ...args, '--quick')
    expect(objectOf(quick)['sources']?.['users']).toHaveProperty('quick')
    expect(countsOf(quick)).toEqual(countsOf(await runStatus(env, join(dir, 'sql.sqlite'))))
  })

  it('gives the lists of a comparison with its store', async () => {
    const { dir, env, files } = await makeCampaign()
    const run = async (out: string, with_: Record<string, string>, ...args: string[]) => {
      const path = join(dir, out)
      const all = ['--out', path, '--password-changed', 'changed_at', ...args]
      const { stdout } = await runInProcess(reconcileCommand, all, with_)
      const lists = readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')])
      const found = { stdout: stdout.replaceAll(path, ''), ...Object.fromEntries(lists) } as object
      return JSON.parse(withPlainIds(JSON.stringify(found))) as object
    }
    const bySql = await run('sql', env)
    expect(await run('file', withoutDb(env), '--legacy', files[format])).toEqual(bySql)
    expect(Object.values(bySql).join('\n')).toContain('"Lee, ""B"""')
  })

  it('gives the audit of its store, but for the lookup and the times', async () => {
    const store = makeLegacyStore(tempDir(), PEOPLE)
    const path = exportAccounts(store)[format]
    const lookup = { LEGACY_LOOKUP_SQL: LOOKUP }
    const [sql, file] = [
      await runAudit({ ...store, ...lookup }, '--json'),
      await runAudit({}, '--json', '--legacy', path),
    ]
    expect(file.routes.map(withPlainIds)).toEqual(sql.routes.map(withPlainIds))
    expect(file.blocked.map(withPlainIds)).toEqual(sql.blocked.map(withPlainIds))
    expect(sql.routes).toHaveLength(PEOPLE.length)
    const countsIn = (ended: AuditRun): object => {
      const { verifiable, lookup, deadline, files, gate, ...counts } = objectOf(ended)
      expect([deadline, files, gate]).not.toContain(undefined)
      const kinds = (verifiable as unknown as { count: number }[]).map(({ count }) => count)
      return { ...counts, kinds, isTried: lookup !== undefined }
    }
    expect(countsIn(file)).toEqual({ ...countsIn(sql), isTried: false })
  })
})

describe('a person in the ledger of a server whose store verifies by itself', () => {
  it('is the login, also where the file has ids, and however it was typed', async () => {
    const { dir, org, files } = await makeCampaign()
    const ledger = await makeLedger(tempDir(), [
      decided('login zero@example.com', 'VERIFIED'),
      decided('login cafe@example.com', 'VERIFIED'),
      decided('login half@example.com', 'UNVERIFIED'),
    ])
    const env = { ...ledger, ...oktaOf(org) }
    const ended = await runStatus(env, join(dir, 'state'), '--legacy', files.csv)
    expect(countsOf(ended)).toMatchObject({ notMoved: { verified: 2, tried: 1, silent: 1 } })
  })

  it('is found by the id that an export writes as 7.0, and JSON as a number too great for it not at all', async () => {
    const dir = tempDir()
    const org = await startTestSandbox()
    await addPending(org, 'ann@example.com')
    await addPending(org, 'bob@example.com')
    const ledger = await makeLedger(dir, [
      decided('id 7', 'VERIFIED'),
      decided('id 9007199254740992', 'VERIFIED'),
    ])
    const path = join(dir, 'people.jsonl')
    const ann = `{"login":"ann@example.com","id":"7.0","password_hash":"${LEGACY_HASH}"}`
    const bob = `{"login":"bob@example.com","id":9007199254740993,"password_hash":"${LEGACY_HASH}"}`
    writeFileSync(path, `${ann}\n${bob}\n`)
    const env = { ...ledger, ...oktaOf(org) }
    const all = ['--json', '--state', join(dir, 'state'), '--legacy', path]
    const { stdout } = await runInProcess(statusCommand, all, env)
    expect(JSON.parse(stdout)).toMatchObject({ notMoved: { verified: 1, silent: 1 } })
  })
})

const HEADER = 'id,login,password_hash\n'

/** A row of Windows-1252, one with too few fields, and one that can be read. */
const damaged = async (): Promise<{ dir: string; org: TestSandbox; path: string }> => {
  const dir = tempDir()
  const org = await startTestSandbox()
  for (const name of ['ann', 'rené', 'bob']) await addPending(org, `${name}@example.com`)
  const path = join(dir, 'people.csv')
  const rows = [`1,ann@example.com,${LEGACY_HASH}\n`, `2,ren\xe9@example.com,${LEGACY_HASH}\n`]
  writeFileSync(path, Buffer.from(`${HEADER}${rows.join('')}3,bob@example.com\n`, 'latin1'))
  return { dir, org, path }
}

describe('rows that cannot be read', () => {
  it('are told by status, and nobody takes their people for strangers', async () => {
    const { dir, org, path } = await damaged()
    const env = { ...oktaOf(org), LEDGER_DB_URL: 'off' }
    const args = ['--legacy', path, '--state', join(dir, 'state')]
    const { stdout } = await runInProcess(statusCommand, args, env)
    expect(stdout).toContain('2 rows of the accounts cannot be read (line 3, 4): the people')
    const brief = await runInProcess(statusCommand, [...args, '--brief', '--quick'], env)
    expect(brief.stdout).toContain('2 rows of the accounts cannot be read, and count for nobody.')
    const json = await runInProcess(statusCommand, [...args, '--json'], env)
    expect(objectOf(json)['sources']?.['legacy']).toMatchObject({ read: 3, unreadable: 2 })
  })

  it('fail a comparison, and its list of strangers is not written', async () => {
    const { dir, org, path } = await damaged()
    const env = { ...oktaOf(org), LEDGER_DB_URL: 'off' }
    const out = join(dir, 'out')
    const args = ['--legacy', path, '--out', out]
    const { code, stdout } = await runInProcess(reconcileCommand, args, env)
    expect(stdout).toMatch(/^strangers +- {3}not known: 2 rows of the accounts cannot be read/m)
    expect(stdout).toContain('0 people are missing in Okta, and 2 rows cannot be read (--max')
    expect([code, readdirSync(out)]).toEqual([1, expect.not.arrayContaining(['strangers.csv'])])
    const allowed = await runInProcess(reconcileCommand, [...args, '--max-missing', '2'], env)
    expect(allowed.code).toBe(0)
  })
})

describe('a file without hashes', () => {
  const text = 'id,login,enabled\n1,ann@example.com,1\n2,bob@example.com,0\n3,Ann@example.com,1\n'
  const withText = (content: string): string => {
    const path = join(tempDir(), 'people.csv')
    writeFileSync(path, content)
    return path
  }

  it('is audited by all but them, and says so', async () => {
    const path = withText(`${text}4,cid@example.com,1\n`)
    const { stdout, routes, code } = await runAudit({}, '--legacy', path)
    expect(stdout).toMatch(/^Not judged by their hash +1 {3}\S+ has no column password_hash/m)
    expect(stdout).not.toContain('Can sign in through the hook')
    expect(stdout).not.toContain('Slowest check')
    expect(stdout).toContain('Not tried: the lookup, since the accounts come from a file.')
    expect(routes).toEqual([
      '1,ann@example.com,reset,ambiguous_login',
      '2,bob@example.com,skip,disabled',
      '3,Ann@example.com,reset,ambiguous_login',
      '4,cid@example.com,hook,its hash is not in the file',
    ])
    expect(code).toBe(1)
  })

  it('blocks nobody in a status, which says so', async () => {
    const org = await startTestSandbox()
    await addPending(org, 'cid@example.com')
    const path = withText(`${text}4,cid@example.com,1\n`)
    const args = ['--legacy', path, '--state', join(tempDir(), 'state')]
    const env = { ...oktaOf(org), LEDGER_DB_URL: 'off' }
    const { stdout } = await runInProcess(statusCommand, args, env)
    expect(stdout).toMatch(/legacy store +4 accounts of \S+, without hashes: nobody is blocked/)
    expect(stdout).toMatch(/^ {2}silent +1 /m)
  })

  it.each([
    ['pw', LEGACY_HASH],
    ['credential', LEGACY_HASH],
    ['user_password', 'a-notation-of-our-own'],
  ])('is refused where the column %s seems to hold them', async (name, value) => {
    const path = withText(`login,${name}\nann@example.com,${value}\n`)
    const { code, stderr } = await runAudit({}, '--legacy', path)
    expect(stderr).toContain(`"${name}" seems to hold hashes: say --map password_hash=${name}`)
    expect(stderr).not.toContain(value)
    expect(code).toBe(2)
  })

  it.each([
    ['pwdLastSet', '133456789012345678'],
    ['password_changed_at', '2026-10-05T08:00:00Z'],
    ['id', LEGACY_HASH],
  ])('may have a column %s', async (name, value) => {
    const path = withText(`login,${name}\nann@example.com,${value}\n`)
    expect((await runAudit({}, '--legacy', path)).code).toBe(0)
  })

  it('is refused where a later row of JSON has one all the same', async () => {
    const first = Array.from({ length: 100 }, (_, i) => `{"login":"p${i}@example.com"}\n`)
    const late = `{"login":"late@example.com","password_hash":"${LEGACY_HASH}"}\n`
    const { code, stderr } = await runAudit({}, '--legacy', withText(first.join('') + late))
    expect(stderr).toContain('Line 101 has a password_hash, and the first rows have none')
    expect(code).toBe(2)
  })
})

describe('standard input', () => {
  it('is read like a file', async () => {
    const dir = tempDir()
    const lists = ['--routes', join(dir, 'routes.csv'), '--blocked', join(dir, 'blocked.csv')]
    const { code, stdout } = await runInProcess(
      (perform) => auditCommand(perform, { clock: systemClock, random: Math.random }),
      ['--legacy', '-', ...lists],
      { HASH_WORKERS: '1' },
      `${HEADER}1,ann@example.com,${LEGACY_HASH}\n`,
    )
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 account from standard input')])
  })
})

describe('canaries beside a file', () => {
  it('go through the lookup of the store', async () => {
    const dir = tempDir()
    const store = makeLegacyStore(dir, [{ id: 1, login: 'ann@example.com' }])
    const path = exportAccounts(store, ['password_hash']).csv
    const canaries = join(dir, 'canaries.csv')
    writeFileSync(canaries, 'login,password\nann@example.com,wrong\n', { mode: 0o600 })
    const env = { LEGACY_DB_URL: store['LEGACY_DB_URL'] ?? '', LEGACY_LOOKUP_SQL: LOOKUP }
    const { code, stdout } = await runAudit(env, '--legacy', path, '--canary', canaries)
    expect(stdout).toContain('line 2 of the file: mismatch')
    expect(stdout).toMatch(/^Not judged by their hash +1 /m)
    expect(stdout).toContain('Not tried: the lookup')
    expect(code).toBe(1)
  })
})
