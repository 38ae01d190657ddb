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
    ['{CRYPT}$6$opensslsalt$vU5S9VEmyEOmaBAmC1Nc0B5kiaj9r50VgiJz31z2', 'SHA-512 crypt'],
    ['5f4dcc3b5aa765d61d8327deb882cf99:Zq2', 'two parts with a colon'],
    [SOUND.replace('$04$', '$12$'), 'bcrypt cost 12, too costly'],
  ])('names %s', (encoded, what) => {
    const described = describeEncoded(encoded, settings)
    expect(described.what).toBe(what)
    expect(described.remedy).toMatch(/^[A-Z].*/)
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
