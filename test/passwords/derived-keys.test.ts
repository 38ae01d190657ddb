/** The families of PBKDF2 and scrypt: no part of a derived key is taken for it, and no cost escapes the bounds. */
import { describe, expect, it } from 'vitest'
import type { HashSecrets, Outcome } from '../../src/passwords/family.ts'
import { aspnetIdentity } from '../../src/passwords/families/aspnet.ts'
import { firebase } from '../../src/passwords/families/firebase.ts'
import { pbkdf2, pbkdf2Plan } from '../../src/passwords/families/pbkdf2.ts'
import { scrypt, scryptPlan } from '../../src/passwords/families/scrypt.ts'
import { DEFAULT_HASHES, FAMILIES, inspect } from '../../src/passwords/registry.ts'
import { HASH_VECTORS, settingsFor, type HashVector } from '../support/hash-vectors.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

const engine = startEngine()

const outcomeOf = (encoded: string, password = 'password', secrets: HashSecrets = {}) =>
  verifyEncoded(engine, [{ encoded, password }], { ...DEFAULT_HASHES, ...secrets })[0]

/** Neither computed nor compared. */
const FLAWS: readonly (Outcome | undefined)[] = [
  'unrecognised',
  'malformed',
  'truncated',
  'padded',
  'out_of_bounds',
]

const OWN = [pbkdf2, aspnetIdentity, scrypt, firebase]

const claimedBy = (encoded: string): string[] =>
  FAMILIES.filter(({ claims }) => claims.test(encoded)).map(({ identifier }) => identifier)

/** The right password of each notation, at a low cost. */
const matches: readonly HashVector[] = [
  ...new Map(
    HASH_VECTORS.filter(
      ({ family, encoded, expect: expected, config }) =>
        expected === 'match' &&
        config?.['secret'] === undefined &&
        !family.endsWith('keycloak') &&
        OWN.some(({ claims }) => claims.test(encoded)),
    ).map((vector) => [vector.family + vector.note.replace(/:.*/, ''), vector]),
  ).values(),
]

describe('a stored key', () => {
  it('is read in dozens of notations', () => {
    expect(matches.length).toBeGreaterThan(50)
    expect(new Set(matches.flatMap(({ encoded }) => claimedBy(encoded)))).toEqual(
      new Set(OWN.map(({ identifier }) => identifier)),
    )
  })

  it('is none when it is cut anywhere, but in ASP.NET, where 16 bytes are left at least', () => {
    const found = matches.flatMap((vector) =>
      Array.from({ length: vector.encoded.length }, (_, end) =>
        vector.encoded.slice(0, end),
      ).filter((encoded) => {
        const plan = inspect(encoded, settingsFor(vector))
        return !('flaw' in plan) && (!encoded.startsWith('AQAAAA') || plan.want.length < 16)
      }),
    )
    expect(found).toEqual([])
  })

  it.each([
    ['empty', 'pbkdf2_sha256$1000$V9lZ7Vbkjc24$'],
    ['empty', 'pbkdf2:sha256:1$pGZOoRqhdL58R40q$'],
    ['empty', '$pbkdf2-sha256$29$EE1ycGBKA1BSRQ$'],
    ['stated as empty', '$pbkdf2-sha256$i=1000,l=0$DZ5dVQiLmFMiBQaqAXlLBA$'],
    ['stated as three bytes', '$pbkdf2-sha256$i=1000,l=3$DZ5dVQiLmFMiBQaqAXlLBA$FbvI'],
    ['stated as empty', ':pbkdf2:sha512:1:0:4RTzTDNyJ866ZEkqxx+zKQ==:'],
    ['stated as three bytes', ':pbkdf2:sha512:1:3:4RTzTDNyJ866ZEkqxx+zKQ==:kAEW'],
    [
      'of another length than 18',
      'sha1:100:16:KvxLYH3mucyLNpm1O16681cOcKsH1Pot:oO7Gp56bJtW5+2jtxblhsQ==',
    ],
    ['stated as empty', 'sha1:100:0:KvxLYH3mucyLNpm1O16681cOcKsH1Pot:'],
    ['empty', '{PKCS5S2}oravafTRyO4iqXrk+S9PEQ=='],
    ['empty', '{pbkdf2}5d923b44a6d129f3'],
    ['empty', 'scrypt$16$qleJFTOn7REBJIspuyxN09$8$1$'],
    ['empty', 'scrypt:16:8:1$4bPgjw07kf1Ag3yM$'],
    ['empty', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHRzb21lc2FsdA$'],
    ['three bytes', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHRzb21lc2FsdA$rjCG'],
    ['empty', '$7$26..../....vI3bO1YWhucusgXUrTkgJH$'],
    ['empty', '{scrypt}$40801$Kz8p$'],
    ['as empty as its signer key', '$firescrypt$ln=4,r=8,p=1$IjhukOevx3yS3A==$$Bw==$'],
    ['as empty as its signer key', '$fbscrypt$v=1,n=4,r=8,p=1,ss=Bw==,sk=$IjhukOevx3yS3A==$'],
    ['as short as its signer key', '$firescrypt$ln=4,r=8,p=1$IjhukOevx3yS3A==$SoQF$Bw==$jxsp'],
    ['empty', 'AQAAAAEAAAABAAAAEAABAgMEBQYHCAkKCwwNDg8='],
    ['of 15 bytes', 'AQAAAAEAAAABAAAAEAABAgMEBQYHCAkKCwwNDg86YEOcXXT1wWgkvKL20jc='],
  ])('that is %s is refused: %s', (_, encoded) => {
    expect(FLAWS).toContain(outcomeOf(encoded))
  })

  it("is found behind a salt in any alphabet, as passlib's of crypt(3)'s notation", () => {
    const encoded =
      '$7$26..../....e2+tFeI8p5TyHoNQSqnV+g$9LpUDpmEQynY9Bwi3Xq5zRciLtTp0t/LnAZ6SJRfEW.'
    expect(['open sesame', 'open barley'].map((guess) => outcomeOf(encoded, guess))).toEqual([
      'match',
      'mismatch',
    ])
  })

  it('is as long as the signer key, which is never empty', () => {
    const [signerKey, saltSeparator] = [new Uint8Array(), new Uint8Array()]
    const encoded = '$fbscrypt$v=1,n=4,r=8,p=1$IjhukOevx3yS3A==$'
    expect(FLAWS).toContain(
      outcomeOf(encoded, 'password', { firebase: { signerKey, saltSeparator } }),
    )
  })

  it('of version 2 of ASP.NET ends after 49 bytes, and the salt of version 3 has 16 or more', () => {
    const base64 = (...bytes: readonly number[]) => Buffer.from(bytes).toString('base64')
    const bytes = Array.from({ length: 48 }, () => 7)
    expect(aspnetIdentity.parse(base64(0, ...bytes))).toHaveProperty('kind')
    for (const other of [bytes.slice(1), [...bytes, 7]]) {
      expect(aspnetIdentity.parse(base64(0, ...other))).toEqual({ flaw: 'malformed' })
    }
    const saltOf = (length: number) => base64(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, length, ...bytes)
    expect(aspnetIdentity.parse(saltOf(16))).toHaveProperty('kind')
    expect(aspnetIdentity.parse(saltOf(15))).toEqual({ flaw: 'malformed' })
  })

  it('is never short, whoever makes the plan', () => {
    expect(pbkdf2Plan('sha256', 1, new Uint8Array(8), new Uint8Array(15))).toEqual({
      flaw: 'malformed',
    })
  })

  it.each([
    'pbkdf2_sha256$1000$V9lZ7Vbkjc24$2onpvnrKEUChG0ItLDC/U5EqtGZ2ft',
    'scrypt:32768:8:1$v2NzzWjYViKYHLT2$f6dd621e1509b244e56fc4ee7d2a63eb4f6329220d753d54e591a4978a607e',
    '$7$26..../....vI3bO1YWhucusgXUrTkgJH$vFFUv.2vZWTubHz8t3fNqNA',
  ])('that a narrow column cut is truncated: %s', (encoded) => {
    expect(outcomeOf(encoded)).toBe('truncated')
  })
})

describe('numbers', () => {
  const NUMBERS = [
    '1e3',
    '0x10',
    '',
    ' 16',
    '16 ',
    '+16',
    '-16',
    '016',
    '16.0',
    '१६',
    '9'.repeat(16),
  ]

  it.each(NUMBERS)('are decimal digits, and not "%s"', (number) => {
    const strings = [
      `pbkdf2_sha256$${number}$V9lZ7Vbkjc24$2onpvnrKEUChG0ItLDC/U5EqtGZ2ftAa6Kd1pnvX0jo=`,
      `$pbkdf2-sha256$i=${number},l=32$DZ5dVQiLmFMiBQaqAXlLBA$FbvI6feNi3MvIFIaq7AOMCeKqx2kfMtaTHOOlhDhOXA`,
      `$scrypt$ln=${number},r=8,p=1$c29tZXNhbHRzb21lc2FsdA$rjCGpPW8r+9XVz9RqXtAszWzNTGPgzIyDDbKAQjn6LU`,
      `scrypt:16:${number}:1$4bPgjw07kf1Ag3yM$${'31'.repeat(64)}`,
    ]
    expect(strings.map((encoded) => inspect(encoded, DEFAULT_HASHES))).toEqual(
      strings.map(() => ({ flaw: 'malformed' })),
    )
  })

  it.each(['constructor', '__proto__', 'sha3', 'sha'])('name no digest "%s"', (name) => {
    expect(pbkdf2.parse(`pbkdf2:${name}:1$salt$${'00'.repeat(32)}`)).toEqual({ flaw: 'malformed' })
  })
})

describe('base64', () => {
  const SALT_AND_KEY = ['c29tZXNhbHRzb21lc2FsdA', 'rjCGpPW8r+9XVz9RqXtAszWzNTGPgzIyDDbKAQjn6LU']

  it.each([
    [
      'a stray bit in the key',
      ['c29tZXNhbHRzb21lc2FsdA', 'rjCGpPW8r+9XVz9RqXtAszWzNTGPgzIyDDbKAQjn6LV'],
    ],
    ['a stray bit in the salt', ['c29tZXNhbHRzb21lc2FsdB', SALT_AND_KEY[1]]],
    [
      'the other alphabet',
      ['c29tZXNhbHRzb21lc2FsdA', 'rjCGpPW8r-9XVz9RqXtAszWzNTGPgzIyDDbKAQjn6LU'],
    ],
    [
      'a character of none',
      ['c29tZXNhbHRzb21lc2FsdA', 'rjCGpPW8r+9XVz9RqXtAszWzNTGPgzIyDDbKAQjn6L!'],
    ],
    ['more behind it', ['c29tZXNhbHRzb21lc2FsdA', `${SALT_AND_KEY[1] ?? ''}AAAA`]],
  ])('is not read with %s', (_, [salt, key]) => {
    const encodedWith = (parts: readonly (string | undefined)[]) =>
      `$scrypt$ln=4,r=8,p=1$${parts.join('$')}`
    expect(outcomeOf(encodedWith(SALT_AND_KEY))).toBe('match')
    expect(outcomeOf(encodedWith([salt, key]))).toBe('malformed')
  })
})

describe('a cost', () => {
  const KEY = 'rjCGpPW8r+9XVz9RqXtAszWzNTGPgzIyDDbKAQjn6LU'
  const scryptOf = (parameters: string) =>
    outcomeOf(`$scrypt$${parameters}$c29tZXNhbHRzb21lc2FsdA$${KEY}`)

  it.each([
    ['n=2^31-1', `pbkdf2_sha256$2147483647$salt$${KEY}=`],
    ['n=10^15-1', `pbkdf2_sha256$999999999999999$salt$${KEY}=`],
    [
      'n=2^32-1',
      'AQAAAAH/////AAAAEAABAgMEBQYHCAkKCwwNDg86YEOcXXT1wWgkvKL20jeQAnbu4br+/mBrEEfNzYcRDQ==',
    ],
    ['N=2^40', `$scrypt$ln=40,r=8,p=1$c29t$${KEY}`],
    ['N=2^18, twice the memory', `$scrypt$ln=18,r=8,p=1$c29t$${KEY}`],
    ['r=2^30', `$scrypt$ln=4,r=1073741824,p=1$c29t$${KEY}`],
    ['p=2^30', `$scrypt$ln=1,r=1,p=1073741824$c29t$${KEY}`],
    ['much memory for p alone', `$scrypt$ln=1,r=8,p=150000$c29t$${KEY}`],
  ])('of %s is out of bounds', (_, encoded) => {
    expect(inspect(encoded, DEFAULT_HASHES)).toEqual({ flaw: 'out_of_bounds' })
  })

  it.each(['ln=0,r=8,p=1', 'ln=4,r=0,p=1', 'ln=4,r=8,p=0', 'ln=99999,r=8,p=1'])(
    'that scrypt does not know is malformed: %s',
    (parameters) => {
      expect(scryptOf(parameters)).toBe('malformed')
    },
  )

  it('of scrypt has N below 2^(16·r), which OpenSSL demands', () => {
    expect(scryptOf('ln=15,r=1,p=1')).toBe('mismatch')
    expect(scryptOf('ln=16,r=1,p=1')).toBe('malformed')
    expect(scryptOf('ln=16,r=2,p=1')).toBe('mismatch')
  })

  it('of scrypt is computed where p takes more memory than N', () => {
    expect(scryptOf('ln=1,r=1,p=100000')).toBe('mismatch')
  })

  it('counts the blocks of a long key, and the memory', () => {
    const [salt, want] = [new Uint8Array(8), new Uint8Array(64)]
    expect(pbkdf2Plan('sha1', 1000, salt, want)).toMatchObject({
      kind: { name: 'pbkdf2-sha1', cost: 12 },
    })
    const n = 2 ** 17
    expect(scryptPlan({ n, r: 8, p: 1 }, { salt, want })).toMatchObject({
      kind: { name: 'scrypt', cost: 20, mib: 128 },
    })
    expect(inspect(`$scrypt$ln=17,r=8,p=1$c29t$${KEY}`, DEFAULT_HASHES)).toHaveProperty('kind')
  })
})

describe('claims', () => {
  const damaged = ({ encoded }: HashVector): string[] => [
    encoded,
    encoded.slice(0, -1),
    encoded.slice(0, encoded.length / 2),
    `${encoded}$`,
    encoded.toUpperCase(),
    encoded.toLowerCase(),
  ]

  it('are of one family at most, for every vector and its damaged forms', () => {
    const twice = HASH_VECTORS.flatMap(damaged).filter((encoded) => claimedBy(encoded).length > 1)
    expect(twice).toEqual([])
  })

  it('are of no notation that belongs to another family', () => {
    const foreign = HASH_VECTORS.filter(
      ({ family, encoded }) =>
        !/^(?:pbkdf2|scrypt|aspnet-identity)/.test(family) &&
        OWN.some(({ claims }) => claims.test(encoded)),
    )
    expect(foreign).toEqual([])
  })

  it.each([
    ['another length than Crackstation', '1000:a7ea22ad1938dcb2:882789d1e03cd8cb8a555e7630ad13bf'],
    [
      'base64 in place of hex',
      '100:wP82DcooI6KSVVmfj2ttY76ToVodRtSj:tU455nyR4rAhJc3hFBah7zQQBpE6BgLA',
    ],
    ['a digest of 32 bytes that begins with zeros', `AAAA${'A'.repeat(39)}=`],
    ['a digest of 64 bytes that begins with zeros', `AAAA${'A'.repeat(82)}==`],
  ])('leave to templates what has %s', (_, encoded) => {
    expect(claimedBy(encoded)).toEqual([])
  })
})

describe("Firebase's hashes", () => {
  const SOUND =
    '$fbscrypt$v=1,n=4,r=8,p=1$IjhukOevx3yS3A==$SoQFcd0p/jzkA9HYgcvyDIIKbdH0PEXx2XS0m3s9Y2N26NLqL7YsabClzklglsznuIVZjuBViRGrBHXGLODirw=='

  it('belong to their family but cannot be checked, where the project keys are not set', () => {
    expect(claimedBy(SOUND)).toEqual(['firebase-scrypt'])
    expect(outcomeOf(SOUND)).toBe('unrecognised')
    expect(outcomeOf(SOUND.replace('v=1', 'v=2'))).toBe('malformed')
  })

  it('verify the same password in either alphabet of base64', () => {
    const vector = HASH_VECTORS.find(
      ({ family, encoded, expect: expected }) =>
        family === 'scrypt-firebase' && expected === 'match' && /[+/]/.test(encoded),
    )
    if (!vector) throw new TypeError('no vector has such a character')
    const forUrls = vector.encoded.replaceAll('+', '-').replaceAll('/', '_')
    for (const encoded of [vector.encoded, forUrls]) {
      expect(outcomeOf(encoded, vector.password, settingsFor(vector))).toBe('match')
      expect(outcomeOf(encoded, `${vector.password}.`, settingsFor(vector))).toBe('mismatch')
    }
  })
})
