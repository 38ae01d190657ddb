/** The failures of a directory, in words that hold no name and no password. */
import { codeOf, describeFailure, sentenceOf } from '../../sql/failures.ts'
import { AppError } from '../../errors/errors.ts'
import { subCodeOf } from './bind-results.ts'
import type { DirectoryResult } from './responses.ts'

export const directoryFailure = (what: string, cause?: unknown): AppError =>
  new AppError('legacy_unavailable', { detail: `the directory ${what}`, cause })

export const directoryUnusable = (what: string): AppError =>
  new AppError('legacy_unusable', { detail: what })

/** Node.js' codes for a certificate that no trusted authority has signed, or that is another host's. */
const UNTRUSTED =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY|GET)_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/

/** What the socket or TLS reports: it names a host, a port or a certificate. */
export const connectionFailure = (cause: Error): AppError =>
  UNTRUSTED.test(codeOf(cause))
    ? directoryUnusable(
        `LEGACY_LOGIN_URL: ${sentenceOf(cause)}. Set LEGACY_LOGIN_CA_FILE to the path of the CA's certificate (PEM), and use the host name that the certificate has`,
      )
    : directoryFailure(`cannot be reached: ${describeFailure(cause)}`, cause)

/** The codes of RFC 4511, appendix A, that operators meet most. */
const CODES: Readonly<Record<number, string>> = {
  1: 'operationsError',
  2: 'protocolError',
  3: 'timeLimitExceeded',
  4: 'sizeLimitExceeded',
  8: 'strongerAuthRequired',
  10: 'referral',
  11: 'adminLimitExceeded',
  13: 'confidentialityRequired',
  19: 'constraintViolation',
  32: 'noSuchObject',
  34: 'invalidDNSyntax',
  48: 'inappropriateAuthentication',
  49: 'invalidCredentials',
  50: 'insufficientAccessRights',
  51: 'busy',
  52: 'unavailable',
  53: 'unwillingToPerform',
  80: 'other',
}

/** The code of a result, its name, and Active Directory's own code where there is one. */
export const describeResult = (result: DirectoryResult): string => {
  const subCode = subCodeOf(result)
  const name = CODES[result.code]
  return `${result.code}${name === undefined ? '' : ` (${name})`}${subCode === undefined ? '' : `, data ${subCode}`}`
}
