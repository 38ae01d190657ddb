/** Named parameters become placeholders where they are parameters, and stay text where they are text. */
import { describe, expect, it } from 'vitest'
import { MYSQL } from '../../src/legacy/sql/mysql.ts'
import { translate } from '../../src/legacy/sql/parameters.ts'
import { POSTGRES } from '../../src/legacy/sql/postgres.ts'
import { SQLITE } from '../../src/legacy/sql/sqlite.ts'
import { fc } from '../support/properties.ts'

const DIALECTS = { sqlite: SQLITE.dialect, postgres: POSTGRES.dialect, mysql: MYSQL.dialect }
type Name = keyof typeof DIALECTS
const NAMES = Object.keys(DIALECTS) as Name[]

/** Pieces in which `:login` is no parameter, complete in themselves. */
const OPAQUE: Readonly<Record<Name, readonly string[]>> = {
  sqlite: [
    "':login'",
    "'it''s :login'",
    "'\\'",
    '":login"',
    '"a "" :login"',
    '`:login`',
    '[:login]',
    "[it's]",
    "/* :login ' */",
    '/* /* :login */',
    "-- :login '\n",
    "'?'",
    '[?]',
    "'$login @login'",
  ],
  postgres: [
    "':login'",
    "'it''s :login'",
    "'\\'",
    "E'it\\'s :login'",
    "e'\\\\'",
    '":login"',
    '"a "" :login"',
    '$$ :login $$',
    "$a$ $$ ' :login $b$ $a$",
    'foo$a$',
    "/* :login ' */",
    '/* /* :login */ :username " */',
    "-- :login '\n",
    'x::login',
    'a := 1',
    '$',
    "'?'",
    '?',
    'zoë::text',
  ],
  mysql: [
    "':login'",
    "'it''s :login'",
    "'it\\'s :login'",
    "'\\\\'",
    '":login \\" \' "',
    '"a "" :login"',
    '`:login`',
    '`a `` :login \\`',
    "/* :login ' */",
    '/* /* :login */',
    "-- :login '\n",
    "# :login '\n",
    '@a := 1',
    '1--1',
    "'?'",
    '"?"',
    '`?`',
    '/* ? */',
    '$$',
  ],
}

const arbitrarySql = (dialect: Name) =>
  fc.array(
    fc.oneof(
      fc.constantFrom(...OPAQUE[dialect]).map((text) => ({ text, name: undefined })),
      fc.constantFrom('login' as const, 'username' as const).map((name) => ({ text: '', name })),
    ),
    { maxLength: 12 },
  )

describe.each(NAMES)('in %s', (dialect) => {
  it('quoted and commented text stays as it is', () => {
    fc.assert(
      fc.property(arbitrarySql(dialect), (pieces) => {
        const sql = pieces.map(({ text, name }) => (name ? `:${name}` : text)).join(' ')
        const { text, names, uses } = translate(sql, DIALECTS[dialect])
        const wanted = pieces.flatMap(({ name }) => name ?? [])
        const order = dialect === 'postgres' ? [...new Set(wanted)] : wanted
        expect(names).toEqual(order)
        expect(uses).toBe(wanted.length)
        const place = (name: string): string =>
          dialect !== 'postgres' ? '?' : `$${order.findIndex((other) => other === name) + 1}`
        expect(text).toBe(pieces.map(({ text, name }) => (name ? place(name) : text)).join(' '))
      }),
    )
  })

  it('any text is translated or refused, and never loses what is not a parameter', () => {
    // No digit and no question mark, so that each in the result is a placeholder.
    const signs = `'"\`$#-/*\\:;() \naE`.split('')
    const alphabet = [...signs, ':login', ':username', '$a$', '--', '::']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 30 }), (parts) => {
        const sql = parts.join('')
        if (/:(?!login\b|username\b)[a-zA-Z]/.test(sql)) return
        if (dialect === 'sqlite' && /[$@]\w/.test(sql)) return
        const { text, names } = translate(sql, DIALECTS[dialect])
        let i = 0
        const back = text.replace(/\$(\d)|\?/g, (_, number?: string) => {
          const at = number === undefined ? i++ : Number(number) - 1
          return `:${names[at] ?? ''}`
        })
        expect(back).toBe(sql)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([':mail', ':toString', ':Login', ':login_', ':login2', ':l'])(
    'refuses the parameter %s',
    (name) => {
      expect(() => translate(`SELECT ${name}`, DIALECTS[dialect])).toThrow(name)
    },
  )
})

describe('a placeholder of the driver in the statement', () => {
  it.each<[Name, string]>([
    ['postgres', 'SELECT $1'],
    ['mysql', 'SELECT ?'],
    ['sqlite', 'SELECT ?'],
    ['sqlite', 'SELECT ?1'],
    ['sqlite', 'SELECT @login'],
    ['sqlite', 'SELECT $login'],
  ])('is refused in %s', (dialect, sql) => {
    expect(() => translate(sql, DIALECTS[dialect])).toThrow(TypeError)
  })
})
