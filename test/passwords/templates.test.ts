/** Templates: what each part of a format means, and which formats are refused, with the column of the mistake. */
import { hashSync as bcryptjs } from 'bcryptjs'
import { createHash, createHmac, hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src/passwords/expression.ts'
import type { Plan } from '../../src/passwords/family.ts'
import { encodePassword } from '../../src/passwords/password-forms.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { checkTemplate } from '../../src/passwords/templates/checks.ts'
import { compileTemplates, TemplateError } from '../../src/passwords/templates/templates.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'
import { fc } from '../support/properties.ts'

const PEPPER = 'a pepper: 0f'
const engine = startEngine()

const settingsOf = (format: string, pepper: string | undefined = PEPPER) => ({
  ...DEFAULT_HASHES,
  templates: compileTemplates(format, { bounds: DEFAULT_HASHES, pepper }),
})

const outcomeOf = (format: string, encoded: string, password: string) =>
  verifyEncoded(engine, [{ encoded, password }], settingsOf(format))[0]

const planFor = (format: string, encoded: string): Plan => {
  const found = inspect(encoded, settingsOf(format))
  if ('flaw' in found) throw new TypeError(`the row is ${found.flaw}`)
  return found
}

const md5 = (text: string | Uint8Array): string => hash('md5', text)
const sha1 = (text: string | Uint8Array): string => hash('sha1', text)
const sha1Base64 = (of: string | Uint8Array) => createHash('sha1').update(of).digest('base64')
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

describe('a formula', () => {
  it.each<[string, string]>([
    ['md5(md5($pass).$salt)', md5(`${md5('Köln')}salt`)],
    ['  md5 ( md5( $pass ) . $salt )  ', md5(`${md5('Köln')}salt`)],
    ['upper(md5($pass.$salt))', md5('Kölnsalt').toUpperCase()],
    ['lower(md5($pass.$salt))', md5('Kölnsalt')],
    ['md5(upper(md5($pass)).$salt)', md5(`${md5('Köln').toUpperCase()}salt`)],
    ['md5(lower($pass).upper($salt))', md5('kölnSALT')],
    ['md5($salt.\'it is "so"\'.$pass)', md5('saltit is "so"Köln')],
    ['md5($salt."it\'s".$pass)', md5("saltit'sKöln")],
    ['md5($pass.$salt.$pepper)', md5(`Kölnsalt${PEPPER}`)],
    [
      'sha1(unhex(sha1($pass)).$salt)',
      sha1(Buffer.concat([createHash('sha1').update('Köln').digest(), Buffer.from('salt')])),
    ],
    [
      "sha1(unhex('00ff').$pass.$salt)",
      sha1(Buffer.concat([Buffer.of(0, 255), Buffer.from('Kölnsalt')])),
    ],
    [
      "sha1(unbase64('AP8=').$pass.$salt)",
      sha1(Buffer.concat([Buffer.of(0, 255), Buffer.from('Kölnsalt')])),
    ],
    [
      "sha1(unbase64('AP8').$pass.$salt)",
      sha1(Buffer.concat([Buffer.of(0, 255), Buffer.from('Kölnsalt')])),
    ],
    ['sha1(base64(md5($pass)).$salt)', sha1(`${hash('md5', 'Köln', 'base64')}salt`)],
    ['base64(sha1($pass.$salt))', sha1Base64('Kölnsalt')],
    [
      'base64(upper(sha1($pass.$salt)))',
      Buffer.from(sha1('Kölnsalt').toUpperCase()).toString('base64'),
    ],
    ['md5(utf16le($pass.$salt))', md5(utf16('Kölnsalt'))],
    ["md5(utf16le($pass.'é'.$salt))", md5(utf16('Kölnésalt'))],
    ['md5(utf16le(md5($pass).$salt))', md5(utf16(`${md5('Köln')}salt`))],
    ['md5(utf16le(upper(md5($pass)).$salt))', md5(utf16(`${md5('Köln').toUpperCase()}salt`))],
    ["md5(latin1($pass.'é'.$salt.$pepper))", md5(Buffer.from(`Kölnésalt${PEPPER}`, 'latin1'))],
    ['md5(latin1(md5($pass).$salt))', md5(`${md5('Köln')}salt`)],
    ['hmac-sha1($salt, $pass)', createHmac('sha1', 'salt').update('Köln').digest('hex')],
    [
      "hmac-sha1(sha1('site').$pepper, $pass.$salt)",
      createHmac('sha1', sha1('site') + PEPPER)
        .update('Kölnsalt')
        .digest('hex'),
    ],
  ])('%s is computed as it is written', (formula, made) => {
    const format = `$hash:$salt = ${formula}`
    expect(outcomeOf(format, `${made}:salt`, 'Köln')).toBe('match')
    expect(outcomeOf(format, `${made}:salt`, 'Köln ')).toBe('mismatch')
    expect(outcomeOf(format, `${made}:other`, 'Köln')).toBe('mismatch')
  })

  it('takes the characters of a password whatever else is tried', () => {
    const settings = { ...settingsOf('$hash = md5(utf16le($pass))'), encodings: ['nfc'] as const }
    const check = { encoded: md5(utf16('é')), password: 'e\u0301' }
    expect(verifyEncoded(engine, [check], settings)).toEqual(['match'])
    expect(outcomeOf('$hash = md5(utf16le($pass))', check.encoded, check.password)).toBe('mismatch')
  })

  it('tells lone surrogates apart in UTF-16', () => {
    const format = '$hash = md5(utf16le($pass))'
    expect(outcomeOf(format, md5(utf16('\ud800')), '\ud800')).toBe('match')
    expect(outcomeOf(format, md5(utf16('\ud800')), '\ud801')).toBe('mismatch')
    expect(outcomeOf(format, md5(utf16('\ufffd')), '\ud800')).toBe('mismatch')
  })

  it.each(['', '?', 'aecret', '\u0161ecret', '\0ecret'])(
    'of Latin-1 matches no password that it cannot express, such as %j',
    (stored) => {
      const encoded = md5(Buffer.from(stored, 'latin1'))
      expect(outcomeOf('$hash = md5(latin1($pass))', encoded, 'šecret')).toBe('mismatch')
    },
  )

  it('has a cost of the number of its digests', () => {
    const cost = (formula: string) => planFor(`$hash:$salt = ${formula}`, `${md5('')}:s`).kind.cost
    expect(cost('md5($pass.$salt)')).toBe(0)
    expect(cost('md5(md5($pass).md5($salt))')).toBe(1.5)
    expect(cost('hmac-md5(md5($salt), md5($pass))')).toBe(2)
  })

  it('is plain data that shares no memory with others', () => {
    const plan = planFor("$hash = hmac-sha1('site key', $pass.$pepper)", sha1(''))
    expect(structuredClone(plan)).toEqual(plan)
    const text = plan.input?.op === 'hmac' && plan.input.key.op === 'bytes' && plan.input.key.bytes
    expect(text && text.buffer.byteLength).toBe('site key'.length)
  })
})

describe('a shape', () => {
  const made = md5('passsalt')
  const of = (shape: string, row: string) => outcomeOf(`${shape} = md5($pass.$salt)`, row, 'pass')

  it.each([
    ['$salt$$hash', `salt$${made}`],
    ['$salt$$$hash', `salt$${made}`],
    ['md5$$$salt$$$hash', `md5$salt$${made}`],
    ['$$Q$$$salt.$hash', `$Q$salt.${made}`],
    ['$$$$$salt:$hash', `$$salt:${made}`],
    ['$$6$$$$saltine$$$salt:$hash', `$6$$saltine$salt:${made}`],
    ['{x}[$salt]($hash)*', `{x}[salt](${made})*`],
    ['$hash:$salt', `${made.toUpperCase()}:salt`],
  ])('%s reads %s', (shape, row) => {
    expect(of(shape, row)).toBe('match')
    expect(of(shape, `x${row}`)).not.toBe('match')
    expect(of(shape, `${row}x`)).not.toBe('match')
    expect(of(shape, row.replace(/salt(?!ine)/, ''))).not.toBe('match')
  })

  it.each(['a:b', ':', 'a:', ':b', `${made}:`, 'a\nb', '$$'])(
    'splits at the last separator: %j',
    (salt) => {
      const both = md5(`pass${salt}`)
      expect(of('$salt:$hash', `${salt}:${both}`)).toBe('match')
      expect(of('$hash:$salt', `${both}:${salt}`)).toBe('match')
    },
  )

  it.each([made.slice(1), made.slice(0, -1), `${made}0`, `${made}00`, `g${made.slice(1)}`, ''])(
    'holds the length and the digits of the hash: %j',
    (cut) => {
      expect(of('$hash:$salt', `${cut}:salt`)).toBe('unrecognised')
    },
  )

  it.each([
    ['without its padding', sha1Base64('pass').replace('=', '')],
    ['with other bits left over', sha1Base64('pass').replace(/.=$/, '9=')],
    ['of another alphabet', sha1Base64('pass').replace(/^./, '-')],
    ['in hex', sha1('pass')],
  ])('holds base64 %s to be none', (_, row) => {
    expect(outcomeOf('$hash = base64(sha1($pass))', sha1Base64('pass'), 'pass')).toBe('match')
    expect(outcomeOf('$hash = base64(sha1($pass))', row, 'pass')).toMatch(/malformed|unrecognised/)
  })

  it.each([
    ['unhex($salt)', '0g'],
    ['unhex($salt)', '000'],
    ['unhex($salt)', ' 00'],
    ['unbase64($salt)', 'AP9='],
    ['unbase64($salt)', 'AP_8'],
    ['unbase64($salt)', 'AP8=AP8='],
    ['latin1($salt)', 'š'],
    ['$salt', 'é'.repeat(513)],
  ])('whose salt cannot be read by %s is malformed', (reader, salt) => {
    const format = `$hash:$salt = md5(${reader}.$pass)`
    expect(inspect(`${made}:${salt}`, settingsOf(format))).toEqual({ flaw: 'malformed' })
  })

  it('leaves rows of other shapes to the next line and to the table', () => {
    const format = '$hash = md5($pass)\r\n\n  $hash = sha1($pass)\n'
    expect(outcomeOf(format, md5('a'), 'a')).toBe('match')
    expect(outcomeOf(format, sha1('a'), 'a')).toBe('match')
    const bcrypt = '$2b$04$1.n7XV0cszLc0m8gRs0Pv.PWfbj3w4zBHweUJJvgXqpOJa1lAHtPe'
    expect(planFor(format, bcrypt).core).toBe('bcrypt')
  })
})

/** bcrypt of `pass`, by bcryptjs. */
const BARE = '$2b$04$KnownAnswerForB.......'

describe('bcrypt', () => {
  const format = '$hash = bcrypt($pass.$pepper)'

  it('behind a template is never read in another way, damaged or not', () => {
    const sound = `${BARE}${'.'.repeat(31)}`
    const { input } = planFor(format, sound)
    const values = { password: Buffer.from('a'), typed: 'a', salt: new Uint8Array() }
    expect(input && Buffer.from(evaluate(input, values)).toString()).toBe(`a${PEPPER}`)
    expect(inspect(`${sound} `, settingsOf(format))).toEqual({ flaw: 'padded' })
    expect(inspect(sound.slice(0, -1), settingsOf(format))).toEqual({ flaw: 'truncated' })
    expect(inspect(`${sound}.`, settingsOf(format))).toEqual({ flaw: 'malformed' })
    expect(inspect(sound.replace('04', '31'), settingsOf(format))).toEqual({
      flaw: 'out_of_bounds',
    })
  })

  it('can stand behind a prefix', () => {
    const row = `meteor:${BARE}${'.'.repeat(31)}`
    expect(planFor('meteor:$hash = bcrypt(sha256($pass))', row).core).toBe('bcrypt')
  })
})

describe('a derived key', () => {
  const KEY = '00'.repeat(64)

  it('of PBKDF2 has the digest, the iterations, the salt and the input of the template', () => {
    const format =
      '$iterations:$salt:$hash = pbkdf2-sha256(md5($pass), unhex($salt).$pepper, $iterations, 64)'
    expect(planFor(format, `1000:00ff:${KEY}`)).toEqual({
      core: 'pbkdf2',
      kind: { name: 'pbkdf2-sha256', cost: 11 },
      digest: 'sha256',
      iterations: 1000,
      salt: Uint8Array.from([0, 255, ...Buffer.from(PEPPER)]),
      want: new Uint8Array(64),
      input: { op: 'hex', of: { op: 'digest', digest: 'md5', of: { op: 'password' } } },
    })
  })

  it('of scrypt has the numbers of the template, and needs its memory', () => {
    const format = '$salt:$hash = upper(scrypt($pass, $salt, 16384, 16, 1, 64))'
    expect(planFor(format, `salt:${KEY}`)).toEqual({
      core: 'scrypt',
      kind: { name: 'scrypt', cost: 18, mib: 32 },
      ...{ n: 16384, r: 16, p: 1 },
      salt: Uint8Array.from(Buffer.from('salt')),
      want: new Uint8Array(64),
    })
  })

  it.each([
    ['$iterations', '0', 'malformed'],
    ['$iterations', '01', 'malformed'],
    ['$iterations', '1000000000', 'out_of_bounds'],
    ['$iterations', '-5', 'unrecognised'],
    ['$iterations', '1e3', 'unrecognised'],
    ['$iterations', '', 'unrecognised'],
  ])('holds %s to be a whole number: %s', (_, iterations, flaw) => {
    const format = '$iterations:$salt:$hash = pbkdf2-sha512($pass, $salt, $iterations, 64)'
    expect(inspect(`${iterations}:s:${KEY}`, settingsOf(format))).toEqual({ flaw })
  })

  it('of scrypt holds an N in the row to be a power of two', () => {
    const format = '$iterations:$salt:$hash = scrypt($pass, $salt, $iterations, 8, 1, 64)'
    expect(planFor(format, `1024:s:${KEY}`)).toMatchObject({ n: 1024 })
    for (const n of [1, 1000]) {
      expect(inspect(`${n}:s:${KEY}`, settingsOf(format))).toEqual({ flaw: 'malformed' })
    }
  })

  it('without a length has 16 bytes or more', () => {
    const hex = '$salt:$hash = pbkdf2-sha1($pass, $salt, 1000)'
    expect(planFor(hex, `s:${KEY.slice(0, 40)}`).want).toHaveLength(20)
    const base64 = '$salt:$hash = base64(pbkdf2-sha1($pass, $salt, 1000))'
    expect(planFor(base64, `s:${'A'.repeat(32)}`).want).toHaveLength(24)
    for (const row of [`s:${KEY.slice(0, 30)}`, `s:${KEY.slice(0, 31)}`, `s:${KEY.slice(0, 41)}`]) {
      expect(inspect(row, settingsOf(hex))).toEqual({ flaw: 'malformed' })
    }
    expect(inspect(`s:${'A'.repeat(20)}`, settingsOf(base64))).toEqual({ flaw: 'malformed' })
    expect(inspect('s:', settingsOf(hex))).toEqual({ flaw: 'unrecognised' })
  })

  it.each(['pbkdf2-sha1($pass, $salt, 9)', 'scrypt($pass, $salt, 2, 1, 1)'])(
    'without a length is neither a stump nor without end: %s',
    (formula) => {
      const flawOf = (bytes: number) => {
        const row = `s:${Buffer.alloc(bytes).toString('base64')}`
        const found = inspect(row, settingsOf(`$salt:$hash = base64(${formula})`))
        return 'flaw' in found ? found.flaw : 'none'
      }
      expect([1, 15, 16, 512, 513].map(flawOf)).toEqual([
        ...['malformed', 'malformed', 'none', 'none', 'malformed'],
      ])
    },
  )

  it('with a length has exactly that', () => {
    const format = '$salt:$hash = pbkdf2-sha1($pass, $salt, 1000, 64)'
    for (const cut of [0, 2, 64, 126]) {
      expect(inspect(`s:${KEY.slice(0, cut)}`, settingsOf(format))).toEqual({
        flaw: 'unrecognised',
      })
    }
  })
})

describe('a format is refused', () => {
  const problemOf = (format: string, pepper?: string): string => {
    try {
      compileTemplates(format, { bounds: DEFAULT_HASHES, pepper })
    } catch (err) {
      if (err instanceof TemplateError) return err.message
      throw err
    }
    return 'none'
  }

  it.each([
    ['$hash: md5($pass)', 'line 1, column 1: there is no = with a space on both sides'],
    ['$hash=md5($pass)', 'line 1, column 1: there is no = with a space on both sides'],
    [
      '$hash = md5($pass)\n\n$hash = sha9($pass)',
      'line 3, column 9: there is no function sha9; did you mean sha1?',
    ],
    ['$hash = MD5($pass)', 'line 1, column 9: there is no function MD5; did you mean md5?'],
    [
      '$hash = constructor($pass)',
      'line 1, column 9: there is no function constructor; did you mean',
    ],
    [
      '$hash = hmac-sha-256($pass, $salt)',
      'column 9: there is no function hmac-sha-256; did you mean hmac-sha256?',
    ],
    ['  $hash = md5($password)', 'column 15: there is no variable $password; did you mean $pass?'],
    ['$hash:$salz = md5($pass)', 'column 7: there is no variable $salz here; did you mean $salt?'],
    ['$hash:$pass = md5($pass)', 'column 7: $pass is in no column'],
    ['$hash:$hash = md5($pass)', 'column 7: $hash is here twice'],
    ['$hash:$salt:$salt = md5($pass.$salt)', 'column 13: $salt is here twice'],
    ['$hash$salt = md5($pass.$salt)', 'column 6: something must separate the values'],
    ['$1:$hash = md5($pass)', 'column 1: a dollar in a row is written $$'],
    ['$$$H:$hash = md5($pass)', 'column 3: there is no variable $H here; did you mean $hash?'],
    ['$hash : $salt = md5($pass.$salt)', 'column 6: a row has no spaces'],
    ['$salt = md5($pass.$salt)', 'column 6: $hash is missing before the ='],
    ['$hash = md5($salt)', 'column 9: $pass is missing in the expression'],
    ['$hash:$salt = md5($salt)', 'column 15: $pass is missing in the expression'],
    ['$hash = md5($pass.$salt)', 'column 19: $salt is used, but it is not before the ='],
    ['$hash:$salt = md5($pass)', 'column 7: $salt is in the row, but not in the expression'],
    [
      '$iterations:$hash = md5($pass)',
      'column 1: $iterations is in the row, but not in the expression',
    ],
    ['$hash = md5($pass.$iterations)', 'column 19: $iterations is a number'],
    ['$hash = md5($pass.$hash)', 'column 19: $hash stands before the = alone'],
    ['$hash = md5($pass.$pepper)', 'column 19: $pepper needs LEGACY_HASH_PEPPER'],
    ['$hash = md5($pass.7)', 'column 19: a number must stand in quotes here'],
    ['$hash = md5($pass.99999999999999999999)', 'column 19: this number cannot be used'],
    ['$hash = md5($pass', 'column 18: a , a . or a ) is missing here'],
    ['$hash = md5($pass) md5($pass)', 'column 20: a . or the end is missing here'],
    ['$hash = md5($pass.)', 'column 19: a function, a variable or a text is missing here'],
    ['$hash = ', 'a function, a variable or a text is missing here'],
    ['$hash = md5()', 'column 13: a function, a variable or a text is missing here'],
    ["$hash = md5($pass.'open)", 'column 19: this quote is not closed'],
    ['$hash = md5($pass + 1)', 'column 19: this is no part of an expression'],
    ['$hash = md5(site.$pass)', 'column 17: a function needs ( after its name'],
    ['$hash = md5($pass, $pass)', 'column 9: md5 takes one value'],
    ['$hash = hmac-md5($pass)', 'column 9: hmac-md5 takes a key and a text'],
    ['$hash = $pass', 'column 9: the outermost function must be one of md5, '],
    ['$hash = base64($pass)', 'column 9: the outermost function must be one of'],
    ['$hash = upper($pass)', 'column 9: the outermost function must be one of'],
    ['$hash = unhex(md5($pass))', 'column 9: the outermost function must be one of'],
    ['$hash = md5($pass).sha1($pass)', 'column 9: the outermost function must be one of'],
    ['$hash = base64(base64(md5($pass)))', 'column 9: the outermost function must be one of'],
    ['$hash = md5(bcrypt($pass))', 'column 13: bcrypt must be the outermost function'],
    ['$hash = base64(bcrypt($pass))', 'column 16: bcrypt must be the outermost function'],
    ['$hash = bcrypt(bcrypt($pass))', 'column 16: bcrypt must be the outermost function'],
    [
      "$hash = sha1(pbkdf2-sha1($pass, 'a', 1))",
      'column 14: pbkdf2-sha1 must be the outermost function',
    ],
    [
      "$hash = upper(base64(scrypt($pass, 'a', 2, 1, 1)))",
      'column 22: scrypt must be the outermost function',
    ],
    ['$hash:$salt = bcrypt($pass.$salt)', 'column 28: $salt cannot be used in this argument'],
    ['$hash = bcrypt($pass, 10)', 'column 9: bcrypt is used as bcrypt(what)'],
    [
      '$hash:$salt = pbkdf2-sha1($pass.$salt, $salt, 9)',
      'column 33: $salt cannot be used in this argument',
    ],
    [
      '$hash:$salt = pbkdf2-sha1($pass, $salt.$pass, 9)',
      'column 40: the salt cannot be made of $pass',
    ],
    ['$hash:$salt = pbkdf2-sha1($pass, $salt)', 'column 15: pbkdf2-sha1 is used as'],
    [
      "$hash:$salt = pbkdf2-sha1($pass, $salt, '9')",
      'column 41: this must be a number or $iterations',
    ],
    ['$hash:$salt = pbkdf2-sha1($pass, $salt, 0)', 'column 15: these numbers cannot be used'],
    ['$hash:$salt = pbkdf2-sha1($pass, $salt, 9, 15)', 'column 44: the length must be'],
    ['$hash:$salt = pbkdf2-sha1($pass, $salt, 9, 0)', 'column 44: the length must be'],
    ['$hash:$salt = pbkdf2-sha1($pass, $salt, 9, 513)', 'column 44: the length must be'],
    [
      '$hash:$salt = pbkdf2-sha1($pass, $salt, 2000000000)',
      'column 15: this takes more time or memory',
    ],
    ['$hash:$salt = scrypt($pass, $salt, 1000, 8, 1)', 'column 15: these numbers cannot be used'],
    [
      '$hash:$salt = scrypt($pass, $salt, 1048576, 8, 1)',
      'column 15: this takes more time or memory',
    ],
    ["$hash = md5(unhex('0g').$pass)", 'column 19: unhex cannot read this'],
    ["$hash = md5(unbase64('A').$pass)", 'column 22: unbase64 cannot read this'],
    ["$hash = md5(latin1('š').$pass)", 'column 20: latin1 cannot read this'],
    ['$hash = md5(unhex($pass))', 'column 19: unhex cannot take this'],
    ['$hash = md5(unbase64(md5($pass)))', 'column 22: unbase64 cannot take this'],
    ['$hash = md5(utf16le(unhex(md5($pass))))', 'column 21: utf16le cannot take this'],
    ['$hash = md5(utf16le(lower($pass)))', 'column 21: utf16le cannot take this'],
    ['$hash = md5(latin1(utf16le($pass)))', 'column 20: latin1 cannot take this'],
    [`$hash = bcrypt('${'x'.repeat(72)}'.$pass)`, 'column 9: too little of $pass reaches the hash'],
    [`$hash = bcrypt('${'x'.repeat(65)}'.$pass)`, 'column 9: too little of $pass reaches the hash'],
    ['wordpres', 'line 1, column 1: there is no format of this name; did you mean wordpress?'],
    [
      '$hash = md5($pass)\n$hash = md4($pass)',
      'line 2, column 1: line 1 takes all rows of this shape',
    ],
    [`$hash = ${'md5('.repeat(40)}$pass${')'.repeat(40)}`, 'this is nested too deeply'],
  ])('%j: %s', (format, problem) => {
    expect(problemOf(format)).toContain(problem)
  })

  it('unless eight bytes of the password count, which is what bcrypt reads behind 64 others', () => {
    expect(problemOf(`$hash = bcrypt('${'x'.repeat(64)}'.$pass)`)).toBe('none')
  })

  it('if the pepper cannot be read, without a word of it', () => {
    const problem = problemOf('$hash = md5(unhex($pepper).$pass)', 'hunter2')
    expect(problem).toBe('line 1, column 19: unhex cannot read this')
  })

  it('without what stands in quotes, or should', () => {
    const formats = ["hmac('hunter2', $pass)", "md5('hunter2)", 'md5(hunter2.$pass)', 'hunter2']
    for (const format of formats) expect(problemOf(`$hash = ${format}`)).not.toContain('hunter2')
  })
})

it('a salt that is in the row must reach the hash', () => {
  const plan = planFor('$hash = md5($pass)', md5(''))
  const family = { identifier: 'ignoring', claims: /./, parse: () => plan }
  const template = { family, column: 1, hasSalt: true, sampleRow: () => '' }
  expect(() => checkTemplate(template, DEFAULT_HASHES)).toThrow('$salt does not reach the hash')
  expect(() => checkTemplate({ ...template, hasSalt: false }, DEFAULT_HASHES)).not.toThrow()
})

describe('the reader of formats', () => {
  const piece = fc.constantFrom(
    ...['$pass', '$salt', '$hash', '$iterations', '$pepper', '$', '$$', '(', ')', ',', '.', ' = '],
    ...[
      'md5',
      'hmac-sha1',
      'bcrypt',
      'scrypt',
      'pbkdf2-sha1',
      'base64',
      'unhex',
      'utf16le',
      'latin1',
    ],
    ...["'a'", '"', "'", '1', '16', '\n', ' ', 'wordpress', '\u0161', '\ud800', '[', '\\', '*'],
  )
  const soup = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))

  it('throws nothing but its own error', () => {
    const format = fc.oneof(
      soup,
      soup.map((text) => `$hash = ${text}`),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(format, (text) => {
        try {
          compileTemplates(text, { bounds: DEFAULT_HASHES, pepper: PEPPER })
        } catch (err) {
          expect(err).toBeInstanceOf(TemplateError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('survives the deepest and the longest text', () => {
    for (const text of ['('.repeat(60_000), 'md5('.repeat(15_000), '$'.repeat(60_000)]) {
      expect(() => settingsOf(`$hash = ${text}`)).toThrow(TemplateError)
    }
  })

  const TEMPLATES = settingsOf(
    [
      '$hash:$salt = md5($pass.unhex($salt))',
      '$salt:$hash = base64(sha1(unbase64($salt).utf16le($pass)))',
      '$iterations:$salt:$hash = pbkdf2-sha1($pass, $salt, $iterations)',
      '$hash = bcrypt($pass.$pepper)',
    ].join('\n'),
  )

  it('makes families that throw for no row', () => {
    const part = fc.constantFrom('00', ':', 'A', '=', '$2b$04$', '9', 'g', md5(''), sha1Base64(''))
    const row = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(row, fc.string({ unit: 'binary' })), (encoded) => {
        expect(() => inspect(encoded, TEMPLATES)).not.toThrow()
      }),
      { numRuns: 3000 },
    )
  })
})

describe('WordPress', () => {
  it.each([
    ["it's", String.raw`it\'s`],
    ['say "hi"', String.raw`say \"hi\"`],
    ['back\\slash', String.raw`back\\slash`],
    [' \ta\0 \v\n\r', String.raw`a\0`],
    ['\fa\u00a0', '\fa\u00a0'],
  ])('stores %j as %j', (typed, stored) => {
    expect(Buffer.from(encodePassword(typed, 'wordpress') ?? []).toString()).toBe(stored)
  })

  it('has both tries in the cost of its rows, and only of its own', () => {
    const row = `${BARE}${'.'.repeat(31)}`
    const forms = ['utf-8', 'wordpress']
    expect(planFor('wordpress', row)).toMatchObject({ forms, cost: 4, kind: { cost: 5 } })
    expect(planFor('wordpress', `$wp${row}`)).toMatchObject({ forms, kind: { cost: 5 } })
    expect(planFor('wordpress', `{bcrypt}${row}`)).not.toHaveProperty('forms')
  })

  it('and other bcrypt of the next cost are checked together', () => {
    const slashed = bcryptjs(String.raw`it\'s`, 4)
    const other = `{bcrypt}${bcryptjs("it's", 5)}`
    const checks = [slashed, other, other, slashed].map((encoded) => ({
      encoded,
      password: "it's",
    }))
    expect(verifyEncoded(engine, checks, settingsOf('wordpress'))).toEqual(Array(4).fill('match'))
  })
})

describe('phpBB', () => {
  it.each([
    ['a&b <"c">\'d', "a&amp;b &lt;&quot;c&quot;&gt;'d"],
    ['a\r\nb\rc\0', 'a\nb\nc'],
    [' e\u0301 ', ' \u00e9 '],
  ])('stores %j as %j', (typed, stored) => {
    expect(Buffer.from(encodePassword(typed, 'phpbb') ?? []).toString()).toBe(stored)
  })

  it('verifies what its forms stored and what a script stored, and nothing else', () => {
    const stored = [bcryptjs('a&amp;b', 4), bcryptjs('a&b', 4), bcryptjs('a&amp;amp;b', 4)]
    const checks = stored.map((encoded) => ({ encoded, password: 'a&b' }))
    expect(verifyEncoded(engine, checks, settingsOf('phpbb'))).toEqual([
      ...['match', 'match', 'mismatch'],
    ])
  })
})
