/** What a row becomes: the request of each mode, or a list of every reason against it; never a guess. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { createColumns, isSecretName, type Mapping } from '../../src/import/rows/columns.ts'
import { CREDENTIAL_MODES, type Mode } from '../../src/import/rows/modes.ts'
import { createPrepare, maskRequest, type Prepared } from '../../src/import/rows/prepare.ts'
import { BASE_ATTRIBUTES } from '../../src/import/rows/profile.ts'
import type { Value } from '../../src/import/sources/source.ts'

const ANN = { email: 'ann@x.example', firstName: 'Ann', lastName: 'Lee' }

const prepareWith = (
  row: Readonly<Record<string, Value>>,
  modeName: Mode = 'hook',
  mapping: Partial<Mapping> = {},
): Prepared => {
  const mode = CREDENTIAL_MODES[modeName]
  const columns = createColumns({
    map: new Map(),
    ignore: new Set(),
    fields: mode.fields,
    ...mapping,
  })
  const prepare = createPrepare({
    columns,
    mode,
    required: BASE_ATTRIBUTES.required,
    groupIds: [],
    userType: undefined,
  })
  const fields = new Map(Object.entries(row).filter(([, value]) => value !== ''))
  return prepare({ number: 1, line: 2, fractionRead: undefined, fields })
}

const reasonFor = (row: Readonly<Record<string, Value>>, mode?: Mode): string =>
  prepareWith({ ...ANN, ...row }, mode).rejection ?? 'none'

const HASH = hashSync('password', 4)

describe('a mode', () => {
  const SECRETS = {
    password_hash: HASH.replace('$2b$04', '$2y$10'),
    password: 'hunter2',
    question: 'Which?',
    answer: 'That.',
    providerType: 'SOCIAL',
    providerName: 'GOOGLE',
  }

  it.each<[Mode, string, unknown]>([
    ['hook', 'activate=true', { password: { hook: { type: 'default' } } }],
    ['staged', 'activate=false', undefined],
    [
      'hash',
      'activate=true',
      {
        password: {
          hash: {
            algorithm: 'BCRYPT',
            workFactor: 10,
            salt: HASH.slice(7, 29),
            value: HASH.slice(29),
          },
        },
      },
    ],
    ['password', 'activate=true', { password: { value: 'hunter2' } }],
    ['recovery', 'activate=false', { recovery_question: { question: 'Which?', answer: 'That.' } }],
    [
      'password-recovery',
      'activate=true',
      {
        password: { value: 'hunter2' },
        recovery_question: { question: 'Which?', answer: 'That.' },
      },
    ],
    ['federated', 'activate=true&provider=true', { provider: { type: 'SOCIAL', name: 'GOOGLE' } }],
  ])('%s sends its own credentials and none of another mode', (mode, query, credentials) => {
    const ignore = new Set(['question', 'providerType', 'providerName'])
    for (const field of CREDENTIAL_MODES[mode].fields) ignore.delete(field)
    const { sendable, rejection } = prepareWith({ ...ANN, ...SECRETS }, mode, { ignore })
    expect(rejection).toBeUndefined()
    expect(sendable?.request.path).toBe(`/api/v1/users?${query}`)
    expect(sendable?.request.body).toEqual({
      profile: { login: 'ann@x.example', ...ANN },
      ...(credentials !== undefined && { credentials }),
    })
    const shown = JSON.stringify(sendable && maskRequest(sendable.request))
    for (const secret of ['hunter2', 'That.', HASH.slice(7, 29), HASH.slice(29)]) {
      expect(shown).not.toContain(secret)
    }
    expect(shown.includes('"type":"default"')).toBe(mode === 'hook')
  })

  it.each([
    ['$2x$', HASH.replace('$2b$', '$2x$'), 'is a $2x$ hash'],
    ['another kind', '$y$j9T$abc', 'is no hash that is known'],
    ['a cut-off hash', HASH.slice(0, -1), 'is cut off'],
    ['a padded hash', `${HASH}  `, 'has white space'],
    ['stray bits', `${HASH.slice(0, 28)}b${HASH.slice(29)}`, 'is damaged'],
    ['cost 21', HASH.replace('$04$', '$21$'), 'costs more than 20'],
  ])('hash recognises %s, and reveals nothing of it', (_, password_hash, what) => {
    const reason = reasonFor({ password_hash }, 'hash')
    expect(reason).toContain(`password_hash ${what}`)
    expect(reason).not.toContain(password_hash.slice(4))
  })

  it.each<[Mode, Record<string, string>, string]>([
    ['hash', {}, 'password_hash is missing'],
    ['password', { password: 'x'.repeat(73) }, 'password is longer than 72 characters'],
    ['recovery', { question: 'Which?' }, 'answer is missing'],
    ['federated', { providerType: 'OTHER', providerName: 'x' }, 'providerType must be FEDERATION'],
  ])('%s refuses %j', (mode, row, reason) => {
    expect(reasonFor(row, mode)).toContain(reason)
  })
})

describe('a profile', () => {
  const long = (n: number): string => 'x'.repeat(n)

  it.each<[Record<string, Value>, string]>([
    [{ email: '' }, 'email is missing'],
    [{ firstName: '' }, 'firstName is missing'],
    [{ firstName: long(51) }, 'firstName is longer than 50 characters'],
    [{ login: 'a@b' }, 'login is shorter than 5 characters'],
    [{ login: `${long(93)}@x.example` }, 'login is longer than 100 characters'],
    [{ login: 'two@at@x.example' }, 'login is not an e-mail address'],
    [{ email: 'ann @x.example' }, 'email is not an e-mail address'],
    [{ email: 'ann@localhost' }, 'email is not an e-mail address'],
    [{ countryCode: 'DEU' }, 'countryCode is not a country code of two capital letters'],
    [{ city: long(129) }, 'city is longer than 128 characters'],
    [{ lastName: 'Lee 😀' }, 'lastName has a character that Okta cannot store (4 bytes)'],
    [{ pets: ['cat', '🐈'] }, 'pets has a character that Okta cannot store (4 bytes)'],
    [{ firstName: true }, 'firstName must be text'],
    [{ emial: 'x' }, '"emial" looks like email'],
  ])('with %j is refused', (row, reason) => {
    expect(reasonFor(row)).toContain(reason)
  })

  it('at every limit is accepted, with characters of three bytes and attributes of the org', () => {
    const row = {
      ...ANN,
      login: `${long(90)}@x.example`,
      firstName: '☕'.repeat(50),
      city: long(128),
      employeeNumber: 7,
      vip: true,
      levels: [1, 2],
    }
    expect(prepareWith(row).sendable?.request.body.profile).toEqual({
      ...row,
      employeeNumber: '7',
    })
  })

  it('is named by its column where that is mapped', () => {
    const map = new Map([['firstName', 'vorname']])
    const { rejection } = prepareWith({ email: 'a@x.example', lastName: 'L' }, 'hook', { map })
    expect(rejection).toBe('firstName (vorname) is missing')
  })

  it('gets every reason at once', () => {
    expect(reasonFor({ email: 'bad', firstName: '' }).split('; ')).toHaveLength(5)
  })
})

describe('a column', () => {
  const columns = (mapping: Partial<Mapping> = {}) =>
    createColumns({ map: new Map(), ignore: new Set(), fields: [], ...mapping })

  it.each(['emial', 'e-mail', 'EMail', 'first_name', 'FirstName', 'lastname', 'mobile_phone'])(
    '%s causes a notice',
    (name) => {
      expect(columns().useOf(name).kind).toBe('unclear')
    },
  )

  it.each(['team', 'vip', 'legacyId', 'favoriteColor'])('%s is an attribute of the org', (name) => {
    expect(columns().useOf(name)).toEqual({ kind: 'profile', names: [name] })
  })

  it.each(['password_hash', 'userPassword', 'pwd', 'pass', 'Salt', 'api-token', 'answer'])(
    '%s is a secret, and never sent as an attribute',
    (name) => {
      expect(columns().useOf(name)).toEqual({ kind: 'left out', secret: true })
      expect(columns().isSecret(name)).toBe(true)
    },
  )

  it.each(['passport', 'department', 'hashtag', 'saltLakeCity', 'pinned'])(
    '%s is not a secret',
    (name) => {
      expect(isSecretName(name)).toBe(name === 'saltLakeCity')
    },
  )

  it('may be mapped, even twice, left out, or used under its own name', () => {
    const mapped = columns({
      map: new Map([
        ['login', 'mail'],
        ['email', 'mail'],
        ['emial', 'emial'],
      ]),
      ignore: new Set(['junk']),
    })
    expect(mapped.useOf('mail')).toEqual({ kind: 'profile', names: ['login', 'email'] })
    expect(mapped.useOf('emial')).toEqual({ kind: 'profile', names: ['emial'] })
    expect(mapped.useOf('junk')).toEqual({ kind: 'left out', secret: false })
    expect(mapped.useOf('email').kind).toBe('unclear')
  })
})

describe('a digest', () => {
  const digest = (row: Readonly<Record<string, Value>>): string =>
    prepareWith({ ...ANN, ...row }, 'password').digest.toString('hex')

  it('distinguishes rows by everything except their secrets', () => {
    expect(digest({ password: 'one', city: 'Ulm' })).toBe(digest({ password: 'two', city: 'Ulm' }))
    expect(digest({ password: 'one', city: 'Ulm' })).not.toBe(digest({ password: 'one' }))
  })
})
