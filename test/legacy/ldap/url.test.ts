/** The URL of a directory: what it may say, and what is refused. */
import { describe, expect, it } from 'vitest'
import { readDirectoryUrl } from '../../../src/legacy/ldap/url.ts'

const read = (text: string) => readDirectoryUrl(new URL(text))

describe('the URL of a directory', () => {
  it('has a base, attributes, a scope and filters', () => {
    const url =
      'ldaps://ldap.example.com/?base=ou=people,dc=example,dc=com&attribute=mail&attribute=uid&scope=one' +
      '&filter=(objectClass=person)&filter=(!(employeeType=left))&expired=match'
    const { address, search, expired } = read(url)
    expect(address).toEqual({ host: 'ldap.example.com', port: 636, security: 'tls' })
    expect(search).toMatchObject({
      base: 'ou=people,dc=example,dc=com',
      scope: 'one',
      attributes: ['mail', 'uid'],
    })
    expect(search.filters.map(String)).toEqual(['(objectClass=person)', '(!(employeeType=left))'])
    expect(expired).toBe('match')
  })

  it.each([
    [
      'ldap://a.example.com/?starttls=true&base=dc=a&attribute=mail',
      'a.example.com',
      389,
      'starttls',
    ],
    ['ldap://localhost?base=dc=a&attribute=mail', 'localhost', 389, 'none'],
    ['ldap://[::1]:1389/?base=dc=a&attribute=mail', '::1', 1389, 'none'],
    ['ldaps://10.0.0.1:3269/?base=dc=a&attribute=mail', '10.0.0.1', 3269, 'tls'],
  ])('%s', (text, host, port, security) => {
    const { address, search, expired } = read(text)
    expect(address).toEqual({ host, port, security })
    expect(search).toMatchObject({ scope: 'sub', filters: [] })
    expect(expired).toBe('expired')
  })

  it('keeps a plus and decodes what is encoded', () => {
    const { search } = read(
      'ldaps://a/?base=cn=a+ou=b%23,dc=c%20d&attribute=2.5.4.3&filter=(%26(a=b)(c=d))',
    )
    expect(search.base).toBe('cn=a+ou=b#,dc=c d')
    expect(search.filters.map(String)).toEqual(['(&(a=b)(c=d))'])
  })

  it.each<readonly [string, string]>([
    ['ldap://a.example.com/?base=dc=a&attribute=mail', 'plain text'],
    ['ldap://a.example.com/?base=dc=a&attribute=mail&starttls=false', 'plain text'],
    ['ldaps://a/?base=dc=a&attribute=mail&starttls=true', 'TLS already'],
    ['ldaps://u:p@a/?base=dc=a&attribute=mail', 'LEGACY_LOGIN_BIND_DN'],
    ['ldaps://a/dc=a?base=dc=a&attribute=mail', 'before its options'],
    ['ldaps://a/?base=dc=a&attribute=mail#x', 'before its options'],
    ['ldaps://a/dc=a?mail?sub?(uid=*)', 'before its options'],
    ['ldaps:///?base=dc=a&attribute=mail', 'host'],
    ['ldaps://a/', 'one base'],
    ['ldaps://a', 'one base'],
    ['ldaps://a/?mail', 'none of: base, attribute, scope, filter, starttls, expired'],
    ['ldaps://a/?attribute=mail', 'one base'],
    ['ldaps://a/?base=&attribute=mail', 'one base'],
    ['ldaps://a/?base=dc=a&base=dc=b&attribute=mail', 'one base'],
    ['ldaps://a/?base=dc=a', 'attributes'],
    ['ldaps://a/?base=dc=a&attribute=mail,uid', 'attributes'],
    ['ldaps://a/?base=dc=a&attribute=*', 'attributes'],
    [`ldaps://a/?base=dc=a${'&attribute=mail'.repeat(9)}`, '8 attributes'],
    ['ldaps://a/?base=dc=a&attribute=mail&scope=base', 'sub or one'],
    ['ldaps://a/?base=dc=a&attribute=mail&scope=sub&scope=one', 'sub or one'],
    ['ldaps://a/?base=dc=a&attribute=mail&expired=yes', 'expired once, as match'],
    ['ldaps://a/?base=dc=a&attribute=mail&Base=dc=b', 'none of'],
    ['ldaps://a/?base=dc=a&attribute=mail&toString=x', 'none of'],
    ['ldaps://a/?base=%zz&attribute=mail', '%25'],
    ...[
      'a=b',
      '(a=b',
      '(a=b))',
      '(!(a=b)',
      '(&(a=b)',
      '(&)',
      '()',
      '(a)',
      '(a=b)(c=d)',
      '(a=\\c3\\a9)',
      '(a=\\zz)',
      '',
    ].map(
      (filter) =>
        [
          `ldaps://a/?base=dc=a&attribute=mail&filter=${encodeURIComponent(filter)}`,
          'filter',
        ] as const,
    ),
  ])('is refused: %s', (text, part) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'legacy_unusable',
        detail: expect.stringContaining(part) as unknown,
      }),
    )
  })
})
