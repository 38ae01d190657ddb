/** What answers to a bind mean: Active Directory's diagnostic messages are as it sends them. */
import { describe, expect, it } from 'vitest'
import { readBindResult } from '../../../src/legacy/ldap/bind-results.ts'
import { readElement } from '../../../src/legacy/ldap/elements.ts'
import { readMessage, type DirectoryResult } from '../../../src/legacy/ldap/responses.ts'
import { ber, OPERATIONS } from '../../support/scripted-directory.ts'

const diagnosticOf = (subCode: string): string =>
  `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data ${subCode}, v3839\0`

const resultOf = (code: number, diagnostic = '', policyError?: number): DirectoryResult => ({
  kind: 'bind',
  code,
  diagnostic,
  policyError,
})

describe('a result code', () => {
  it('is a match for 0 alone and a mismatch for 49 alone', () => {
    for (let code = 1; code < 5_000; code++)
      expect(readBindResult(resultOf(code), 'match')).toBe(code === 49 ? 'mismatch' : undefined)
    expect(readBindResult(resultOf(0), 'expired')).toBe('match')
  })
})

describe("Active Directory's code", () => {
  it.each([
    ['525', 'unknown_login'],
    ['52e', 'mismatch'],
    ['52E', 'mismatch'],
    ['530', 'disabled'],
    ['531', 'disabled'],
    ['532', 'expired'],
    ['533', 'disabled'],
    ['701', 'disabled'],
    ['773', 'expired'],
    ['775', 'locked'],
    ['57', undefined],
    ['568', undefined],
    ['0', undefined],
    ['constructor', 'mismatch'],
  ])('%s means %s', (subCode, meaning) => {
    expect(readBindResult(resultOf(49, diagnosticOf(subCode)), 'expired')).toBe(meaning)
  })

  it.each(['532', '773'])('%s is a match by a switch, and with 49 alone', (subCode) => {
    const diagnostic = diagnosticOf(subCode)
    expect(readBindResult(resultOf(49, diagnostic), 'match')).toBe('match')
    expect(readBindResult(resultOf(53, diagnostic), 'match')).toBeUndefined()
  })
})

describe('the password policy control', () => {
  it('names the reason of a refusal, and no switch makes it a match', () => {
    expect(readBindResult(resultOf(49, '', 1), 'match')).toBe('locked')
    expect(readBindResult(resultOf(49, '', 0), 'match')).toBe('expired')
    expect(readBindResult(resultOf(49, '', 7), 'match')).toBe('mismatch')
    expect(readBindResult(resultOf(0, '', 2), 'expired')).toBe('match')
  })

  it.each([
    ['an error', ber(0x30, ber(0x81, '\u0001')), 1],
    ['a warning and an error', ber(0x30, ber(0xa0, ber(0x80, '\u0005')), ber(0x81, '\0')), 0],
    ['a warning', ber(0x30, ber(0xa0, ber(0x80, '\u0005'))), undefined],
    ['nothing', ber(0x30), undefined],
  ])('is read with %s', (_, value, error) => {
    const control = ber(0x30, ber(0x04, '1.3.6.1.4.1.42.2.27.8.5.1'), ber(0x04, value))
    const other = ber(0x30, ber(0x04, '1.2.3'), ber(0x01, Buffer.from([0xff])), ber(0x04, 'x'))
    const result = ber(OPERATIONS.bind, ber(0x0a, '1'), ber(0x04), ber(0x04))
    const bytes = ber(0x30, ber(0x02, '\u0007'), result, ber(0xa0, other, control))
    const element = readElement(bytes)
    expect(element && readMessage(element)).toEqual({
      id: 7,
      content: { kind: 'bind', code: 49, diagnostic: '', policyError: error },
    })
  })
})
