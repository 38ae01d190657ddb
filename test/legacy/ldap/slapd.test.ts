/** Legacy logins against a real OpenLDAP server. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { describeEach } from '../../support/databases.ts'
import { openDirectory, openSockets, verifyIn } from '../../support/directory.ts'
import {
  CROWD,
  ACCOUNT,
  BASE,
  LOCKOUT,
  PASSWORD,
  SLAPD,
  startSlapd,
  type Slapd,
} from '../../support/slapd.ts'
import { startHook } from '../../support/hook.ts'
import { until } from '../../support/until.ts'
import { ManualClock } from '../../support/clock.ts'

const LOGIN = 'anna@example.com'

await describeEach([SLAPD], 'a legacy login', () => {
  let slapd: Slapd
  beforeAll(async () => {
    slapd = await startSlapd()
  })
  afterAll(() => slapd.remove())

  const urlOf = (options = '', attributes = 'attribute=mail&attribute=uid') =>
    `ldap://127.0.0.1:${slapd.port}/?base=${BASE}&${attributes}${options}`
  const open = (options?: string, attributes?: string) =>
    openDirectory(urlOf(options, attributes), ACCOUNT)

  it.each([
    ['the right password', LOGIN, PASSWORD, 'match'],
    ['another case and blanks around the login', '  ANNA@Example.com ', PASSWORD, 'match'],
    ['another attribute', 'anna', PASSWORD, 'match'],
    ['a decomposed spelling', 'zoe\u0308', PASSWORD, 'match'],
    ['a name with an escaped comma', 'odd', PASSWORD, 'match'],
    ['a wrong password', LOGIN, 'open sesame!', 'mismatch'],
    ['the empty password', LOGIN, '', 'empty_password'],
    ['a password that begins with NUL', LOGIN, '\0x', 'empty_password'],
    ['the right password with NUL behind it', LOGIN, `${PASSWORD}\0`, 'empty_password'],
    ['an unknown login', 'nobody@example.com', PASSWORD, 'unknown_login'],
    ['a login that two have', 'twin@example.com', PASSWORD, 'ambiguous_login'],
  ])('answers %s', async (_, username, password, result) => {
    expect(await verifyIn(await open(), username, password)).toBe(result)
  })

  it.each([
    '*',
    'ann*',
    '*)(uid=*',
    'anna)(|(uid=*',
    '\\2a',
    '\\00',
    'anna\\00',
    'anna\0',
    '',
    ' ',
    '\ud800',
    '(',
    ')',
    '&',
    '=',
  ])('finds nobody by the login %j', async (username) => {
    expect(await verifyIn(await open(), username, PASSWORD)).toBe('unknown_login')
  })

  it('takes no entry that only the rules of the directory find', async () => {
    const store = await open('', 'attribute=cn')
    expect(await verifyIn(store, 'anna bell', PASSWORD)).toBe('match')
    expect(await verifyIn(store, 'anna  bell', PASSWORD)).toBe('unknown_login')
  })

  it('finds only what the filter admits', async () => {
    expect(await verifyIn(await open(), 'left@example.com', PASSWORD)).toBe('match')
    const store = await open('&filter=(!(employeeType=left))&filter=(objectClass=inetOrgPerson)')
    expect(await verifyIn(store, 'left@example.com', PASSWORD)).toBe('unknown_login')
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
  })

  it('says that an account is locked, where the directory does', async () => {
    const store = await open()
    const guesses = Array.from({ length: LOCKOUT }, (_, at) => `guess ${at}`)
    for (const guess of guesses)
      expect(await verifyIn(store, 'lock@example.com', guess)).toBe('mismatch')
    expect(await verifyIn(store, 'lock@example.com', PASSWORD)).toBe('locked')
  })

  it.each([
    ['TLS', () => `ldaps://localhost:${slapd.tlsPort}/?base=${BASE}&attribute=mail`],
    ['StartTLS', () => `ldap://localhost:${slapd.port}/?base=${BASE}&attribute=mail&starttls=true`],
  ])('asks over %s', async (_, url) => {
    const before = openSockets()
    const { ca } = slapd
    const store = await openDirectory(url(), ACCOUNT, { ca })
    expect(await verifyIn(store, LOGIN, PASSWORD)).toBe('match')
    expect(await verifyIn(store, LOGIN, 'wrong')).toBe('mismatch')
    await store.ping()
    const [host] = [url().replace('localhost', '127.0.0.1')]
    await expect(openDirectory(host, ACCOUNT, { ca })).rejects.toMatchObject({
      code: 'legacy_unusable',
    })
    await expect(openDirectory(url(), ACCOUNT)).rejects.toMatchObject({ code: 'legacy_unusable' })
    await store.close()
    await until('all connections are closed', () => openSockets() <= before)
  })

  it.each([
    [
      'the wrong password of the account',
      { ...ACCOUNT, password: 'wrong' },
      BASE,
      'invalidCredentials',
    ],
    ['an account that is none', { ...ACCOUNT, dn: 'hook' }, BASE, 'invalidDNSyntax'],
    ['a base that is none', ACCOUNT, 'nothing', 'invalidDNSyntax'],
    ['a base that is not there', ACCOUNT, 'ou=none,dc=example,dc=com', 'noSuchObject'],
  ])('does not open with %s', async (_, account, base, name) => {
    const url = `ldap://127.0.0.1:${slapd.port}/?base=${base}&attribute=mail`
    await expect(openDirectory(url, account)).rejects.toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringContaining(name) as unknown,
    })
  })

  it(`answers ${CROWD} at once, and keeps few connections`, async () => {
    const before = openSockets()
    const store = await open()
    const isWrong = (at: number): boolean => at % 3 === 0
    const people = Array.from({ length: CROWD }, (_, at) => at)
    const answers = people.map((at) =>
      verifyIn(store, `many-${at}`, isWrong(at) ? 'wrong' : PASSWORD),
    )
    expect(await Promise.all(answers)).toEqual(
      people.map((at) => (isWrong(at) ? 'mismatch' : 'match')),
    )
    await until('only kept connections are open', () => openSockets() - before <= 8)
    await store.close()
    await until('all connections are closed', () => openSockets() <= before)
  })

  it('binds anew after its connections were cut', async () => {
    const store = await open()
    await slapd.restart()
    expect(await verifyIn(store, 'odd', PASSWORD)).toBe('match')
    await store.ping()
  })

  it('decides the calls of the hook, and is an outage for them while it is away', async () => {
    const directory = await startSlapd()
    onTestFinished(() => directory.remove())
    const url = `ldap://127.0.0.1:${directory.port}/?base=${BASE}&attribute=mail`
    const hook = await startHook({ legacy: await openDirectory(url, ACCOUNT) })
    onTestFinished(() => hook.close())
    const signIn = async (username: string, password: string) => {
      const { status, text } = await hook.signIn(username, password)
      return [status, /"credential":"(\w+)"/.exec(text)?.[1]]
    }
    expect(await signIn(LOGIN, PASSWORD)).toEqual([200, 'VERIFIED'])
    expect(await signIn(LOGIN, 'wrong')).toEqual([200, 'UNVERIFIED'])
    expect(await signIn('nobody@example.com', PASSWORD)).toEqual([200, 'UNVERIFIED'])
    await directory.remove()
    expect(await signIn(LOGIN, 'open sesame again')).toEqual([503, undefined])
  })

  it('does not wait for a server that hangs', async () => {
    const clock = new ManualClock()
    const before = openSockets()
    const store = await openDirectory(urlOf(), ACCOUNT, { clock, loginMs: 900 })
    await slapd.stop()
    onTestFinished(() => slapd.resume())
    const answer = verifyIn(store, LOGIN, PASSWORD)
    const failed = expect(answer).rejects.toMatchObject({ code: 'legacy_unavailable' })
    await until('the search is under way', () => clock.pending.some((ms) => ms === 300))
    clock.advance(300)
    await failed
    await store.close()
    await until('all connections are closed', () => openSockets() <= before)
  })
})
