/** `okta-migrate who`: each source alone and together, whatever was typed, and what an unlock refuses. */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createNamers, keyFromSecret } from '../../src/commands/fingerprints.ts'
import { ADVICE, adviceFor, type Facts, type Situation } from '../../src/commands/who/advice.ts'
import type { OktaFacts } from '../../src/commands/who/ask-okta.ts'
import type { LedgerFacts } from '../../src/commands/who/ledger.ts'
import type { LegacyFacts } from '../../src/commands/who/sources.ts'
import { confirmUnlock } from '../../src/commands/who/unlock.ts'
import { whoCommand } from '../../src/commands/who/who.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { makeLegacyDb, type Row } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'
import { oktaError, startOkta } from '../support/okta-server.ts'
import { tempDir } from '../support/temp.ts'

process.env['TZ'] = 'Europe/Berlin'

const NOW = Date.parse('2026-11-27T08:16:00.000Z')
const KEY = 'a key for tests only'
const { nameLogin, namePerson } = createNamers({
  key: KEY,
  isDerived: false,
  logins: 'fingerprint',
})

const ISAAC = 'isaac@example.com'
const HASH = hashSync('open sesame', 4)

const WORLD = {
  clock: { ...systemClock, epochMs: () => NOW },
  actor: () => ({ user: 'olga', machine: 'desk' }),
}

const run = (args: readonly string[], env: Record<string, string>) =>
  runInProcess((perform) => whoCommand(perform, WORLD), args, env)

type Part = Record<string, unknown>

interface Answer {
  readonly code: number | null
  readonly legacy: Part
  readonly okta: Part
  readonly ledger: Part
  readonly advice: Part
}

const ask = async (name: string, env: Record<string, string>): Promise<Answer> => {
  const { code, stdout } = await run([name, '--json'], env)
  return { ...(JSON.parse(stdout) as Answer), code }
}

const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString()

/** A wrong password of Isaac, whose account has the id 1. */
const wrong = (minutes: number, more: Partial<LedgerEntry> = {}): LedgerEntry =>
  entry({
    account: nameLogin(ISAAC),
    person: namePerson('id 1'),
    decidedAt: ago(minutes),
    ...more,
  })

const makeLedger = async (entries: readonly LedgerEntry[]): Promise<Record<string, string>> => {
  const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
  const database = openLedgerDatabase({ url })
  await database.migrate()
  // In batches as the server's: SQLite takes so many values in a statement and no more.
  for (let i = 0; i < entries.length; i += 500) await database.write(entries.slice(i, i + 500))
  await database.close()
  return { LEDGER_DB_URL: url, FINGERPRINT_KEY: KEY }
}

const add = async (
  { LEDGER_DB_URL: url = '' }: Record<string, string>,
  entries: readonly LedgerEntry[],
): Promise<void> => {
  const database = openLedgerDatabase({ url })
  await database.write(entries)
  await database.close()
}

const makeLegacy = (...rows: readonly Row[]): Record<string, string> => ({
  LEGACY_DB_URL: `sqlite:${makeLegacyDb(tempDir(), rows)}`,
})

const OKTA_USER = {
  id: '00uisaac',
  status: 'ACTIVE',
  profile: { login: ISAAC },
  credentials: { provider: { type: 'IMPORT', name: 'IMPORT' } },
}

const hookWith = (status: string): object => ({
  ...{ id: 'cal1', name: 'hook', status, channel: { type: 'HTTP', config: {} } },
})

/** @param hooks undefined where the token may not read them */
const makeOkta = async (
  user: object | null = OKTA_USER,
  hooks: readonly object[] | undefined = [hookWith('ACTIVE')],
): Promise<Record<string, string>> => {
  const okta = await startOkta(({ path }) => {
    if (path.startsWith('/api/v1/inlineHooks')) return { body: hooks }
    return user ? { body: user } : { status: 404, body: oktaError('E0000007') }
  })
  return { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
}

const times = (count: number, make: (i: number) => LedgerEntry): LedgerEntry[] =>
  Array.from({ length: count }, (_, i) => make(i))

describe('who', () => {
  it('shows what all three know, with times in words and one advice', async () => {
    const env = {
      ...(await makeLedger([wrong(26 * 60, { outcome: 'VERIFIED', reason: 'match' }), wrong(12)])),
      ...makeLegacy({ login: ISAAC, hash: HASH }),
      ...(await makeOkta()),
    }
    const { code, stdout, stderr } = await run([ISAAC], env)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`isaac@example.com
Legacy store  one account (id 1), enabled
              password: bcrypt cost 4, can be checked
Okta          isaac@example.com, ACTIVE, provider IMPORT
              not moved: the next sign-in asks the hook, unless a hash was imported
Decisions     9:04 today, CET, 12 minutes ago    UNVERIFIED  wrong password
              7:16 yesterday, CET, 26 hours ago  VERIFIED    right password
Wrong left    10 of 10 in 15 minutes
Advice        ${ADVICE.wrong_password.sentence}
`)
  })

  it('needs neither the legacy store nor Okta: the ledger knows whose a login is', async () => {
    const other = { account: nameLogin('isaac') }
    const env = await makeLedger(times(4, (i) => wrong(i, i % 2 === 0 ? other : {})))
    for (const typed of ['Isaac@Example.com ', 'isaac', '1']) {
      const { code, ledger, legacy, okta } = await ask(typed, env)
      expect([code, legacy, okta]).toEqual([
        0,
        { state: 'not_asked', missing: ['LEGACY_DB_URL'] },
        { state: 'not_asked', missing: ['OKTA_ORG_URL', 'OKTA_API_TOKEN'] },
      ])
      expect(ledger['person']).toBe(namePerson('id 1'))
      expect(ledger['decisions']).toHaveLength(4)
      expect(ledger['guesses']).toMatchObject({ left: 8, limit: 10 })
    }
  })

  it('knows whose a login is, though the newest decisions were made without a look', async () => {
    const refusal = { reason: 'too_many_guesses', person: namePerson(`login ${ISAAC}`) }
    const refusals = times(3_000, () => wrong(0, refusal))
    const { ledger } = await ask(
      ISAAC,
      await makeLedger([...times(10, () => wrong(1)), ...refusals]),
    )
    expect(ledger).toMatchObject({ person: namePerson('id 1'), guesses: { left: 0 } })
  })

  it('without a ledger says what is missing, and does without', async () => {
    const { stdout } = await run([ISAAC], makeLegacy({ login: ISAAC, hash: HASH }))
    expect(stdout).toContain('Decisions     not asked: set LEDGER_DB_URL and FINGERPRINT_KEY\n')
    expect(stdout).toContain(ADVICE.unexplained.sentence)
  })

  it('finds a person by the ids of Okta and of the legacy store', async () => {
    const legacy = makeLegacy({ login: ISAAC, hash: HASH })
    const byOkta = await ask('00uisaac', { ...legacy, ...(await makeOkta()) })
    expect(byOkta).toMatchObject({ legacy: { state: 'found', key: 'id 1', byId: false } })
    expect(await ask('1', legacy)).toMatchObject({ legacy: { key: 'id 1', byId: true } })
    expect(await ask('2', legacy)).toMatchObject({ code: 1, legacy: { state: 'none' } })
    expect(await ask("1' OR '1", legacy)).toMatchObject({ code: 1, legacy: { state: 'none' } })
  })

  it('asks Okta and the ledger for the login of the account that an id of the legacy store names', async () => {
    const moved = { ...OKTA_USER, credentials: { provider: { type: 'OKTA', name: 'OKTA' } } }
    const namesake = { ...OKTA_USER, id: '00uother', profile: { login: '1@example.com' } }
    const rows = [wrong(1, { person: null })]
    const sources = { ...makeLegacy({ login: ISAAC, hash: HASH }), ...(await makeLedger(rows)) }
    for (const short of [null, namesake]) {
      const okta = await startOkta(({ path }) => {
        const body = path.endsWith(encodeURIComponent(ISAAC)) ? moved : short
        return body ? { body } : { status: 404, body: oktaError('E0000007') }
      })
      const env = { ...sources, OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
      const answer = await ask('1', env)
      expect(answer).toMatchObject({
        legacy: { key: 'id 1', byId: true },
        okta: { state: 'found', id: '00uisaac' },
        ledger: { state: 'found' },
        advice: { situation: 'moved' },
      })
      expect(answer.ledger['decisions']).toHaveLength(1)
    }
    const gone = await ask('1', { ...sources, ...(await makeOkta(null)) })
    expect(gone.advice['situation']).toBe('not_in_okta')
  })

  it('knows whether Okta calls the hook, and advises both ways where that cannot be seen', async () => {
    const sources = { ...(await makeLedger([])), ...makeLegacy({ login: ISAAC, hash: HASH }) }
    const forbidden = await startOkta(({ path }) =>
      path.startsWith('/api/v1/inlineHooks')
        ? { status: 403, body: oktaError('E0000006') }
        : { body: OKTA_USER },
    )
    const unseen = { OKTA_ORG_URL: forbidden.url, OKTA_API_TOKEN: 'token' }
    const expected = [
      [await makeOkta(OKTA_USER, [hookWith('ACTIVE')]), true, 'no_attempt'],
      [await makeOkta(OKTA_USER, [hookWith('INACTIVE')]), false, 'hook_off'],
      [await makeOkta(OKTA_USER, []), false, 'hook_off'],
      [unseen, undefined, 'no_attempt'],
    ] as const
    for (const [okta, hookActive, situation] of expected) {
      const answer = await ask(ISAAC, { ...sources, ...okta })
      expect([answer.okta['hookActive'], answer.advice['situation']]).toEqual([
        hookActive,
        situation,
      ])
    }
    const { stdout } = await run([ISAAC], { ...sources, ...unseen })
    expect(stdout).toContain('not moved: until the cut-off, the next sign-in asks the hook')
  })

  it('says of nobody without a certain password that they have moved', async () => {
    const credentials = { provider: { type: 'OKTA', name: 'OKTA' } }
    const okta = await makeOkta({ ...OKTA_USER, status: 'RECOVERY', credentials })
    expect(await ask(ISAAC, okta)).toMatchObject({ okta: { moved: false } })
    expect((await run([ISAAC], okta)).stdout).toContain('no password in Okta for certain')
  })

  it('asks for the login where the ledger alone knows an id', async () => {
    const ledger = await makeLedger([wrong(1)])
    const okta = await makeOkta(null)
    const legacy = makeLegacy({ login: 'joan@example.com', hash: HASH })
    const byLogin = 'SELECT id, login, password_hash, enabled FROM accounts WHERE login = :login'
    for (const more of [okta, { ...okta, ...legacy, LEGACY_LOOKUP_SQL: byLogin }]) {
      const { code, advice } = await ask('1', { ...ledger, ...more })
      expect([code, advice['situation']]).toEqual([0, 'only_an_id'])
    }
  })

  it('finds two accounts, a disabled one, and a hash that cannot be checked', async () => {
    const legacy = makeLegacy(
      { login: 'sam@a.com', hash: HASH },
      { login: 'sam@b.com', hash: HASH },
      { login: 'gone@a.com', hash: HASH, enabled: 0 },
      { login: 'cut@a.com', hash: HASH.slice(0, 50) },
    )
    const situation = async (name: string) => (await ask(name, legacy)).advice['situation']
    expect(await situation('sam')).toBe('ambiguous')
    expect(await situation('gone@a.com')).toBe('disabled')
    expect(await situation('cut@a.com')).toBe('hash_unusable')
    const { stdout } = await run(['cut@a.com'], legacy)
    expect(stdout).toContain('password: truncated, cannot be checked. The hash is cut off.')
  })

  it('never asks Okta for the owner of the token', async () => {
    expect(await ask('ME', await makeOkta())).toMatchObject({ code: 1, okta: { state: 'none' } })
  })

  it('ends with 1 if nobody is found, and with 3 if somebody may be', async () => {
    const env = { ...(await makeLedger([])), ...(await makeOkta(null)) }
    expect(await ask(ISAAC, env)).toMatchObject({ code: 1, advice: { situation: 'nobody' } })
    const away = { LEGACY_DB_URL: 'postgres://u:p@127.0.0.1:1/d' }
    expect(await ask(ISAAC, { ...env, ...away })).toMatchObject({
      code: 3,
      legacy: { state: 'failed', code: 'legacy_unavailable' },
    })
    const found = { ...env, ...away, ...(await makeOkta()) }
    expect(await ask(ISAAC, found)).toMatchObject({ code: 0, okta: { state: 'found' } })
    const ledgerAway = { LEDGER_DB_URL: 'mysql://u:p@127.0.0.1:1/d' }
    expect(await ask(ISAAC, { ...env, ...ledgerAway })).toMatchObject({
      code: 3,
      ledger: { state: 'failed', code: 'ledger_unavailable' },
    })
  })

  it('ends with 2 where nothing is configured, or something is wrong', async () => {
    expect(await run([ISAAC], {})).toMatchObject({ code: 2, stdout: '' })
    const half = await run([ISAAC], { LEDGER_DB_URL: 'sqlite:x' })
    expect(half).toMatchObject({ code: 2, stdout: '' })
    expect(half.stderr).toContain('FINGERPRINT_KEY is missing')
    const typo = { LEDGER_DB_URL: 'sqlite:/not/there', FINGERPRINT_KEY: KEY }
    expect(await run([ISAAC], typo)).toMatchObject({ code: 2, stdout: '' })
    const ledger = await makeLedger([])
    await runSql(ledger['LEDGER_DB_URL'] ?? '', 'DELETE FROM ledger_additions')
    const older = await run([ISAAC], ledger)
    expect(older).toMatchObject({ code: 2, stdout: '' })
    expect(older.stderr).toContain('earlier version')
  })

  it('reads plain logins, and a key that is derived from HOOK_SECRET, as the server writes them', async () => {
    const ledger = await makeLedger([wrong(1, { account: ISAAC })])
    expect(await ask(ISAAC, { ...ledger, LOG_LOGINS: 'plain' })).toMatchObject({ code: 0 })
    const derived = { ...ledger, FINGERPRINT_KEY: '', HOOK_SECRET: 'another secret' }
    expect(await ask(ISAAC, derived)).toMatchObject({
      ...{ code: 1, ledger: { state: 'none' } },
      advice: { situation: 'not_in_ledger' },
    })
  })
})

describe('the wrong passwords that are left', () => {
  const guessesOf = async (entries: readonly LedgerEntry[], name = ISAAC) =>
    (await ask(name, await makeLedger(entries))).ledger['guesses']

  it('are those of the limiter: refusals and repeats of a call do not count', async () => {
    const repeat = { oktaEventId: 'one event' }
    const entries = [wrong(1, repeat), wrong(1, repeat), wrong(0, { reason: 'too_many_guesses' })]
    // Two minutes on, of one guess in 90 seconds.
    expect(await guessesOf([...entries, wrong(0), wrong(16)])).toMatchObject({ left: 8 })
    expect(await guessesOf(times(10, () => wrong(0)))).toMatchObject({
      left: 0,
      lockedUntil: '2026-11-27T08:17:30.000Z',
    })
  })

  it('are none for the person under any spelling, if all of them together are too many', async () => {
    const spellings = times(10, (i) => wrong(0, { account: nameLogin(`isaac${i}`) }))
    expect(await guessesOf([...spellings, wrong(20)])).toMatchObject({ left: 0 })
    const unknown = times(10, () => wrong(0, { reason: 'unknown_login' }))
    expect(await guessesOf(unknown)).toMatchObject({ left: 0 })
  })

  it('are none for a login whose wrong passwords came before thousands of refusals', async () => {
    const many = times(10, () => wrong(1, { reason: 'too_many_account_guesses' }))
    const refusal = { reason: 'too_many_guesses', person: namePerson(`login ${ISAAC}`) }
    const refusals = times(2_500, () => wrong(0, refusal))
    expect(await guessesOf([...many, ...refusals])).toMatchObject({ left: 0 })
  })

  it('may be none for another spelling only', async () => {
    const other = times(10, () =>
      wrong(0, { account: nameLogin('isaac'), reason: 'too_many_account_guesses' }),
    )
    expect(await guessesOf([...other, wrong(20)])).toMatchObject({ left: 10, otherLocked: true })
    expect(await guessesOf([...other, wrong(20)], 'isaac')).toMatchObject({ left: 0 })
  })
})

describe('--unlock', () => {
  const locked = () => makeLedger(times(10, () => wrong(0)))
  const unlock = (name: string, env: Record<string, string>, ...more: readonly string[]) =>
    run([name, '--unlock', '--reason', 'called back', '--yes', ...more], env)

  it('is written with who did it and why, and who shows it', async () => {
    const env = await locked()
    const { code, stdout } = await unlock(ISAAC, env)
    expect(code).toBe(0)
    expect(stdout).toContain('Unlocked by olga, 1 of 3 today (UTC).')
    const after = await run([ISAAC], env)
    expect(after.stdout).toContain('UNLOCKED    may try again (olga: called back)')
    expect(after.stdout).toContain('10 of 10 in 15 minutes')
    expect(after.stdout).toContain(ADVICE.unlocked.sentence)
    for (let i = 0; i < 2; i++) {
      await add(env, [wrong(0)])
      const { stdout } = await unlock(ISAAC, env, '--json')
      expect(JSON.parse(stdout)).toMatchObject({ unlocked: true })
    }
    await add(env, [wrong(0)])
    const fourth = await unlock(ISAAC, env)
    expect(fourth.code).toBe(1)
    expect(fourth.stderr).toContain('often enough today')
  })

  it('writes nothing where nothing is counted, as for a person who was unlocked before', async () => {
    const env = await locked()
    await unlock(ISAAC, env)
    const again = await unlock(ISAAC, env)
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringContaining('no wrong password of the last 15 minutes is counted'),
    ])
    const json = await unlock(ISAAC, env, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ unlocked: false })
    const count = "SELECT count(*) AS n FROM ledger_decisions WHERE outcome = 'UNLOCKED'"
    expect(await runSql(env['LEDGER_DB_URL'] ?? '', count)).toEqual([{ n: 1 }])
  })

  it('spares the login to which Okta takes an account for a short name', async () => {
    const own = { account: nameLogin('isaac'), person: namePerson('id 1') }
    const ofOther = times(10, () => wrong(5, { person: namePerson('id 2') }))
    const ledger = await makeLedger([...times(10, () => wrong(5, own)), ...ofOther])
    const legacy = makeLegacy({ login: 'isaac', hash: HASH }, { login: ISAAC, hash: HASH })
    const byLogin = 'SELECT id, login, password_hash, enabled FROM accounts WHERE login = :login'
    const env = { ...ledger, ...legacy, ...(await makeOkta()), LEGACY_LOOKUP_SQL: byLogin }
    expect(await unlock('isaac', env)).toMatchObject({ code: 0 })
    const sql = "SELECT account FROM ledger_decisions WHERE outcome = 'UNLOCKED'"
    expect(await runSql(ledger['LEDGER_DB_URL'] ?? '', sql)).toEqual([{ account: own.account }])
  })

  it('by an id, for a stranger or without a ledger is refused, and nothing is written', async () => {
    const env = await locked()
    const legacy = makeLegacy({ login: ISAAC, hash: HASH })
    for (const [name, more] of [
      ['1', {}],
      ['1', legacy],
      ['00uisaac', await makeOkta()],
      ['nobody', {}],
      [ISAAC, { ...legacy, LEDGER_DB_URL: 'off' }],
    ] as const) {
      expect((await unlock(name, { ...env, ...more })).code).toBe(2)
    }
    const count = "SELECT count(*) AS n FROM ledger_decisions WHERE outcome = 'UNLOCKED'"
    expect(await runSql(env['LEDGER_DB_URL'] ?? '', count)).toEqual([{ n: 0 }])
  })

  it.each([
    [['--unlock']],
    [['--unlock', '--reason', '  ']],
    [['--unlock', '--reason', 'x'.repeat(256)]],
    [['--reason', 'x']],
    [['--yes']],
  ])('with %j is wrong usage', async (args) => {
    expect((await run([ISAAC, ...args], await locked())).code).toBe(2)
  })

  it.each([
    ['y\r', true],
    ['n\r', false],
    ['\r', false],
    ['\u0003', false],
  ])('at a terminal asks, and %j means %s', async (keys, isDone) => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
    stdin.write(keys)
    const nowhere = new Writable({ write: (_, __, done) => done() })
    const streams = { stdin, stdout: nowhere, stderr: nowhere }
    const host = { version: '', args: [], env: {}, onSignal: () => undefined, ...streams }
    const asked = confirmUnlock(ISAAC, {}, host).then(
      () => true,
      () => false,
    )
    expect(await asked).toBe(isDone)
  })
})

describe('the advice', () => {
  const legacy: LegacyFacts = {
    ...{ isAmbiguous: false, enabled: true, hash: 'bcrypt cost 10', remedy: undefined },
    ...{ canBeChecked: true, key: 'id 1', loginOfId: undefined, byTyped: true },
  }
  const okta: OktaFacts = {
    ...{ id: '00u', login: ISAAC, status: 'ACTIVE', provider: 'IMPORT', isPending: true },
    ...{ hasMoved: false, hookActive: true },
  }
  const row = {
    ...{ id: 1, event: 'e', decidedAt: ago(1), account: 'a', person: 'p', callerGone: false },
    ...{ outcome: 'UNVERIFIED', reason: 'mismatch', hashFamily: null, hashCost: null },
    ...{ replica: 'r', actor: null, note: null },
  }
  const ledger: LedgerFacts = {
    ...{ decisions: [row], guesses: { left: 10, lockedUntil: undefined }, isOtherLocked: false },
    isCounted: false,
    ...{ person: 'p', accounts: ['a'], byId: false },
  }
  const found = 'found' as const
  const all: Facts = {
    legacy: { state: found, ...legacy },
    okta: { state: found, ...okta },
    ledger: { state: found, ...ledger },
  }
  const inOkta = (more: Partial<OktaFacts>): Facts => ({
    ...all,
    okta: { state: found, ...okta, ...more },
  })
  const inLegacy = (more: Partial<LegacyFacts>): Facts => ({
    ...all,
    legacy: { state: found, ...legacy, ...more },
  })
  const inLedger = (more: Partial<LedgerFacts>): Facts => ({
    ...all,
    ledger: { state: found, ...ledger, ...more },
  })
  const last = (reason: string, outcome = 'UNVERIFIED'): Facts =>
    inLedger({ decisions: [{ ...row, reason, outcome }] })
  const notAsked = { state: 'not_asked', missing: [] } as const
  const none = { state: 'none' } as const
  /** As a help desk sees it. */
  const only = (reason: string): Facts => ({ ...last(reason), legacy: notAsked, okta: notAsked })

  const CASES: readonly [Situation, Facts][] = [
    ['not_in_ledger', { legacy: notAsked, okta: notAsked, ledger: none }],
    ['nobody', { legacy: none, okta: none, ledger: none }],
    ['only_an_id', { ...inLedger({ byId: true }), okta: none }],
    ['only_an_id', { ...inLedger({ byId: true }), okta: notAsked, legacy: none }],
    ['not_in_okta', { ...all, okta: none }],
    ['okta_off', inOkta({ status: 'SUSPENDED' })],
    ['okta_off', inOkta({ status: 'DEPROVISIONED', isPending: false })],
    ['okta_locked', inOkta({ status: 'LOCKED_OUT' })],
    ['okta_reset', inOkta({ status: 'RECOVERY' })],
    ['okta_inactive', inOkta({ status: 'STAGED' })],
    ['foreign', inOkta({ isPending: false, provider: 'ACTIVE_DIRECTORY' })],
    ['moved', inOkta({ isPending: false, provider: 'OKTA' })],
    ['hook_off', inOkta({ hookActive: false })],
    ['disabled', { ...inLegacy({ enabled: false }), okta: inOkta({ hookActive: false }).okta }],
    ['ambiguous', inLegacy({ isAmbiguous: true })],
    ['ambiguous', only('ambiguous_login')],
    ['unknown_login', { ...all, legacy: none }],
    ['unknown_login', only('unknown_login')],
    ['disabled', inLegacy({ enabled: false })],
    ['disabled', only('disabled')],
    ['legacy_locked', only('locked')],
    ['legacy_expired', only('expired')],
    ['enabled_unreadable', inLegacy({ enabled: undefined })],
    ['enabled_unreadable', only('enabled_unreadable')],
    ['hash_unusable', inLegacy({ canBeChecked: false })],
    ['hash_unusable', only('hash_truncated')],
    ['locked', inLedger({ guesses: { left: 0, lockedUntil: NOW } })],
    ['other_spelling_locked', inLedger({ isOtherLocked: true })],
    ['unlocked', last('unlocked', 'UNLOCKED')],
    ['wrong_password', all],
    ['wrong_password', only('too_many_guesses')],
    ['verified_not_kept', last('match', 'VERIFIED')],
    ['verified', only('match')],
    ['unexplained', { ...all, ledger: notAsked }],
    ['no_attempt', { ...all, ledger: none }],
  ]

  it.each(CASES)('is %s where that is so (%#)', (situation, facts) => {
    expect(adviceFor(facts).situation).toBe(situation)
  })

  it('has a case above for each situation, and is one sentence', () => {
    expect(Object.keys(ADVICE).sort()).toEqual([...new Set(CASES.map(([name]) => name))].sort())
    for (const { sentence } of Object.values(ADVICE)) expect(sentence).toMatch(/^[A-Z][^.]+\.$/)
  })
})

await describeEach(ALL_KINDS, 'an id of a legacy store', (kind) => {
  it('finds its account, and text that is no id finds nobody', async () => {
    const url = await freshDatabase(kind)
    for (const statement of kind.schema) await runSql(url, statement)
    await runSql(
      url,
      `INSERT INTO accounts (login, password_hash) VALUES ('${ISAAC}', '${HASH}'), ('joan@example.com', '${HASH}')`,
    )
    const env = { LEGACY_DB_URL: url }
    expect(await ask('2', env)).toMatchObject({ legacy: { key: 'id 2', byId: true } })
    for (const name of ['0', 'abc', '1abc', '-1']) {
      expect(await ask(name, env)).toMatchObject({ code: 1, legacy: { state: 'none' } })
    }
  })
})

const exec = (legacy: Record<string, string>, sql: string): void => {
  const db = new Database((legacy['LEGACY_DB_URL'] ?? '').slice('sqlite:'.length))
  db.exec(sql)
  db.close()
}

it('what is typed as an id is never more than a text to the legacy store', async () => {
  const legacy = makeLegacy({ login: ISAAC, hash: HASH })
  exec(
    legacy,
    `CREATE VIEW people AS SELECT '1'' OR ''1' AS id, login, password_hash FROM accounts`,
  )
  const env = { ...legacy, LEGACY_AUDIT_SQL: 'SELECT id, login, password_hash FROM people' }
  expect(await ask("1' OR '1", env)).toMatchObject({ code: 1, legacy: { state: 'none' } })
})

it('a statement of all accounts that ends in a comment or a semicolon finds an id too', async () => {
  const legacy = makeLegacy({ login: ISAAC, hash: HASH })
  exec(legacy, 'CREATE VIEW people AS SELECT * FROM accounts')
  for (const end of [';', ' -- all of them']) {
    const env = { ...legacy, LEGACY_AUDIT_SQL: `SELECT id, login, password_hash FROM people${end}` }
    expect(await ask('1', env)).toMatchObject({ legacy: { byId: true } })
  }
})

describe('who --erase', () => {
  const rowsOf = async ({ LEDGER_DB_URL = '' }: Record<string, string>) =>
    (await runSql(LEDGER_DB_URL, 'SELECT account, person FROM ledger_decisions ORDER BY id')).map(
      ({ account, person }) => [account, person],
    )

  interface ErasedJson {
    readonly erased?: Part & { readonly names: readonly string[]; readonly elsewhere: Part }
  }

  const erase = async (login: string, env: Record<string, string>) => {
    const { code, stdout, stderr } = await run([login, '--erase', '--yes', '--json'], env)
    const { erased } = code === 2 ? {} : (JSON.parse(stdout) as ErasedJson)
    return { code, stderr, erased }
  }

  const JOAN = { account: nameLogin('joan'), person: namePerson('id 2') }
  const OLD = 25 * 60

  it('deletes every row of the person, and says what else holds the person', async () => {
    const env = await makeLedger([
      wrong(OLD),
      wrong(OLD, { account: nameLogin('isaac') }),
      wrong(OLD, { account: nameLogin('isaac'), person: null }),
      wrong(OLD, JOAN),
      wrong(10, { outcome: 'VERIFIED', reason: 'match' }),
    ])
    const unconfirmed = await run([ISAAC, '--erase'], env)
    expect(unconfirmed).toMatchObject({ code: 1 })
    expect(unconfirmed.stderr).toContain('4 rows of the ledger will be deleted.')
    expect(unconfirmed.stderr).toContain('--yes')
    expect(await rowsOf(env)).toHaveLength(5)
    const { code, stdout } = await run([ISAAC, '--erase', '--yes'], env)
    expect(code).toBe(0)
    expect(stdout).toContain('Erased 4 rows of the ledger, under 2 logins.\n')
    // To be looked for in the log, which has each spelling.
    for (const login of [ISAAC, 'isaac']) expect(stdout).toContain(nameLogin(login))
    expect(stdout).toContain('left.csv')
    expect(await rowsOf(env)).toEqual([[JOAN.account, JOAN.person]])
    const again = await erase(ISAAC, env)
    expect(again).toMatchObject({ code: 0, erased: { rows: 0, kept: 0, logins: 0, wiped: true } })
  })

  it('keeps what servers may still count, and says when it can go', async () => {
    const env = await makeLedger([wrong(OLD), wrong(23 * 60)])
    const { code, stdout } = await run([ISAAC, '--erase', '--yes'], env)
    expect(code).toBe(1)
    expect(stdout).toContain('1 row stays, since servers may still count')
    expect(stdout).toContain('after 2026-11-28 09:16:00 CET.')
    expect(await rowsOf(env)).toHaveLength(1)
  })

  it('keeps what leads to the rest, so that the next run finds it without the legacy store', async () => {
    const refusal = { person: namePerson('login isaac'), reason: 'too_many_guesses' }
    const short = { account: nameLogin('isaac') }
    const env = await makeLedger([
      wrong(OLD),
      wrong(OLD, short),
      wrong(OLD, short),
      wrong(10, { ...short, ...refusal }),
    ])
    const first = await erase(ISAAC, env)
    expect(first).toMatchObject({ code: 1, erased: { rows: 1, kept: 3 } })
    const later = { ...WORLD, clock: { ...WORLD.clock, epochMs: () => NOW + OLD * 60_000 } }
    const args = [ISAAC, '--erase', '--yes']
    const second = await runInProcess((perform) => whoCommand(perform, later), args, env)
    expect(second.code).toBe(0)
    expect(await rowsOf(env)).toEqual([])
  })

  it('finds the person under every key, by the ledger alone', async () => {
    const earlier = createNamers({
      key: keyFromSecret('an earlier secret'),
      isDerived: true,
      logins: 'fingerprint',
    })
    const env = await makeLedger([
      wrong(OLD),
      wrong(OLD, { account: earlier.nameLogin(ISAAC), person: earlier.namePerson('id 1') }),
      wrong(OLD, { account: earlier.nameLogin('isaac'), person: earlier.namePerson('id 1') }),
      wrong(OLD, { account: ISAAC, person: earlier.namePerson('id 1') }),
      wrong(OLD, { account: earlier.nameLogin('joan'), person: earlier.namePerson('id 2') }),
    ])
    const all = { ...env, HOOK_SECRET_PREVIOUS: 'an earlier secret' }
    expect(await erase(ISAAC, all)).toMatchObject({ code: 0, erased: { rows: 4, logins: 4 } })
    expect(await rowsOf(env)).toEqual([[earlier.nameLogin('joan'), earlier.namePerson('id 2')]])
  })

  it('leaves the rows of another person who has had the login, and asks whose it is if nobody says', async () => {
    const short = { account: nameLogin('isaac') }
    const ofOther = { ...short, person: namePerson('id 7') }
    const unclear = { ...short, person: namePerson('login isaac'), reason: 'too_many_guesses' }
    const env = await makeLedger([wrong(OLD, short), wrong(OLD, ofOther), wrong(OLD, unclear)])
    const refused = await erase('isaac', env)
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.stderr).toContain('two accounts have had this login')
    const known = { ...env, ...makeLegacy({ login: ISAAC, hash: HASH }) }
    // The name of the login itself is no other person.
    expect(await erase('isaac', known)).toMatchObject({ code: 0, erased: { rows: 2, kept: 0 } })
    expect(await rowsOf(env)).toEqual([[ofOther.account, ofOther.person]])
  })

  it('spares the person to whom Okta takes the login for a short name', async () => {
    // Without ids the login names the person.
    const own = wrong(OLD, { account: nameLogin('isaac'), person: namePerson('login isaac') })
    const ofOther = wrong(OLD, { person: namePerson(`login ${ISAAC}`) })
    const env = { ...(await makeLedger([own, ofOther])), ...(await makeOkta()) }
    const refused = await erase('isaac', env)
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('short for isaac@')])
    const legacy = makeLegacy({ login: 'isaac', hash: HASH }, { login: ISAAC, hash: HASH })
    const byLogin = 'SELECT login, password_hash, enabled FROM accounts WHERE login = :login'
    const known = { ...env, ...legacy, LEGACY_LOOKUP_SQL: byLogin }
    expect(await erase('isaac', known)).toMatchObject({ code: 0, erased: { rows: 1 } })
    expect(await rowsOf(env)).toEqual([[ofOther.account, ofOther.person]])
    expect(await erase(ISAAC, env)).toMatchObject({ code: 0, erased: { rows: 1 } })
  })

  it('needs the ledger and a login that one account has', async () => {
    const env = await makeLedger([wrong(OLD)])
    expect(await erase('1', env)).toMatchObject({ code: 2 })
    const legacy = makeLegacy(
      { login: 'sam@a.com', hash: HASH },
      { login: 'sam@b.com', hash: HASH },
    )
    expect((await erase('sam', { ...env, ...legacy })).stderr).toContain('two accounts')
    expect((await erase('sam@a.com', legacy)).stderr).toContain('--erase needs the ledger')
    expect(await run([ISAAC, '--yes'], env)).toMatchObject({ code: 2 })
    expect(await rowsOf(env)).toHaveLength(1)
  })
})
