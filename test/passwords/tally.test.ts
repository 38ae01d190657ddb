/** The tally of a store's hashes: what they are, and how to get the others checked. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_HASHES } from '../../src/passwords/registry.ts'
import { describeEncoded, tallyHashes } from '../../src/passwords/tally.ts'
import { HASH_VECTORS } from '../support/hash-vectors.ts'

const SOUND = hashSync('open sesame', 4)
const settings = { ...DEFAULT_HASHES, bcryptCost: 10 }

describe('the tally', () => {
  it('counts kinds and flaws, the most frequent first', () => {
    const cut = SOUND.slice(0, 50)
    expect(tallyHashes([cut, SOUND, SOUND, `${SOUND} `, SOUND, cut, ''], settings)).toEqual([
      { what: 'bcrypt cost 4', count: 3 },
      { what: 'truncated', count: 2, remedy: 'The hash is cut off. Is the column too narrow?' },
      {
        what: 'padded',
        count: 1,
        remedy: 'There is white space or NULs around the hash. Trim it in the lookup.',
      },
      {
        what: 'no hash (NULL or empty)',
        count: 1,
        remedy: 'These accounts have no password in this store.',
      },
    ])
  })

  it.each([
    ['$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7', 'yescrypt'],
    ['{noop}password', 'plain text'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', '32 hexadecimal digits'],
    ['TOZ4KO1osZKYw', 'DES crypt'],
    ['_J9..Srhsf87sNRt9WWU', 'BSDi crypt'],
    ['{CRYPT}TOZ4KO1osZKYw', 'DES crypt'],
    ['{DES-CRYPT}TOZ4KO1osZKYw', 'DES crypt'],
    ['$md5$saltsalt$$AtJ19OQz0FYM2k.rKgVnV.', 'SunMD5 crypt'],
    ['$md5,rounds=5000$saltsalt$$AtJ19OQz0FYM2k.rKgVnV.', 'SunMD5 crypt'],
    ['$sha1$40000$kSF6tM9d$Syp3ECpDXIyBE082vczSs97WLUHW', 'SHA-1 crypt'],
    ['$3$$8846f7eaee8fb117ad06bdd830b7586c', 'NT crypt'],
    ['$2$05$KnownAnswerForA.......hdMWKmdGeO04.8f1QAlNsLUXka6JbAG', 'bcrypt of 1997'],
    ['!', 'a locked account'],
    ['*LK*', 'a locked account'],
    [`!${SOUND}`, 'a locked account'],
    ['{CRYPT}*', 'a locked account'],
    ['{CRYPT}$6$opensslsalt$vU5S9VEmyEOmaBAmC1Nc0B5kiaj9r50VgiJz31z2', 'truncated'],
    [
      '$6$rounds=5000000$opensslsalt$vU5S9VEmyEOmaBAmC1Nc0B5kiaj9r50VgiJz31z2OGxxgnG53eq9k6erw8QTmMnldWutQk4.ugKOFMPaLLBKs/',
      'sha512crypt cost 22, too costly',
    ],
    ['5f4dcc3b5aa765d61d8327deb882cf99:Zq2', 'two parts with a colon'],
    ['ab'.repeat(40), '80 hexadecimal digits'],
    ['lGbhIHJzTH99ljlGxB4NPj4Hh9A2FuZA', 'base64 of 24 bytes'],
    ['Xy9+'.repeat(16), 'base64 of 48 bytes'],
    [Buffer.alloc(16, 'Ä').toString('base64'), 'base64 of 16 bytes'],
    [Buffer.alloc(20, 'Ä').toString('base64'), 'base64 of 20 bytes'],
    [Buffer.alloc(32, 'Ä').toString('base64'), 'base64 of 32 bytes'],
    [Buffer.alloc(64, 'Ä').toString('base64'), 'base64 of 64 bytes'],
    [`${Buffer.alloc(64, 'Ä').toString('base64')}:salt`, 'base64 of 64 bytes and a salt'],
    [
      'XLVKUF/OwEhdt1Eidxj4Gg==:WrMAiFVcLiXrHzwTdoqn51rLO6b+Y2jJDBrc7dS29ew=',
      'base64 of 16 and of 32 bytes',
    ],
    [`${'ab'.repeat(32)}:salt:2:3_32_2_67108864`, "Magento's argon2 of a hash of argon2"],
    [SOUND.replace('$04$', '$12$'), 'bcrypt cost 12, too costly'],
  ])('names %s', (encoded, what) => {
    const described = describeEncoded(encoded, settings)
    expect(described.what).toBe(what)
    expect(described.remedy).toMatch(/^[A-Z].*/)
  })

  it('names each vector of crypt(3) that is not supported', () => {
    const families = ['des-crypt', 'bsdi-crypt', 'unsupported']
    const vectors = HASH_VECTORS.filter(
      ({ family, expect: wanted, note }) =>
        families.includes(family) &&
        (wanted !== 'malformed' || note.includes('the right password')),
    )
    const named = new Set(vectors.map(({ encoded }) => describeEncoded(encoded, settings).what))
    expect([...named].sort()).toEqual([
      'BSDi crypt',
      'DES crypt',
      'SHA-1 crypt',
      'SunMD5 crypt',
      'yescrypt',
    ])
  })

  it('holds no part of any hash', () => {
    for (const { encoded: whole } of HASH_VECTORS) {
      const { what, remedy = '' } = describeEncoded(whole, settings)
      // The name of the algorithm is no secret.
      const encoded = whole.replaceAll(/pbkdf2-sha\d+/g, '')
      for (let at = 0; at + 12 <= encoded.length; at += 4) {
        expect(what + remedy).not.toContain(encoded.slice(at, at + 12))
      }
    }
  })
})
