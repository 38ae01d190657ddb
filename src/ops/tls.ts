/** The server's certificate: read, checked, and read again when it is renewed. */
import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { Server as HttpsServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import { readRegularFile, UnfitFile } from '../regular-file.ts'

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

interface TlsMaterial {
  readonly cert: Buffer
  readonly key: Buffer
  /** When the certificate ends, in milliseconds since 1970. */
  readonly endsAtMs: number
}

/** Certificates are renewed days before they end, so a minute is soon enough. */
const RENEWAL_CHECK_MS = 60_000

/** A chain of RSA 4096 with all its intermediates is about 10 KiB. */
const MAX_BYTES = 1024 * 1024

const refuse = (detail: string): AppError => new AppError('tls_unusable', { detail })

/** Says in which of the two files the fault is. */
const orRefuse = <T>(name: 'TLS_CERT_FILE' | 'TLS_KEY_FILE', work: () => T): T => {
  try {
    return work()
  } catch (err) {
    if (err instanceof UnfitFile) throw refuse(`the file of ${name} ${err.message}`)
    const why = err instanceof Error && 'code' in err ? String(err.code) : 'not PEM'
    throw refuse(`the file of ${name} (${why})`)
  }
}

/** @throws AppError `tls_unusable` when a file cannot be read, the certificate has expired, or the two do not match */
export const readTls = ({ certFile, keyFile }: TlsFiles): TlsMaterial => {
  const cert = orRefuse('TLS_CERT_FILE', () => readRegularFile(certFile, MAX_BYTES))
  const key = orRefuse('TLS_KEY_FILE', () => readRegularFile(keyFile, MAX_BYTES))
  const certificate = orRefuse('TLS_CERT_FILE', () => new X509Certificate(cert))
  const privateKey = orRefuse('TLS_KEY_FILE', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw refuse('the key does not belong to the certificate')
  }
  // The rest of the chain too.
  orRefuse('TLS_CERT_FILE', () => createSecureContext({ cert, key }))
  const endsAtMs = Date.parse(certificate.validTo)
  if (endsAtMs < Date.now()) throw refuse(`the certificate ended on ${certificate.validTo}`)
  return { cert, key, endsAtMs }
}

/**
 * Follows renewals without a restart. A renewal that cannot be used is reported, and the certificate
 * in use stays.
 */
export const followRenewals = (
  server: Pick<HttpsServer, 'setSecureContext'>,
  files: TlsFiles,
  first: TlsMaterial,
  clock: Clock,
  onRenewal: (err: AppError | undefined) => void,
) => {
  let current = first
  let stop = (): void => undefined
  const check = (): void => {
    try {
      const next = readTls(files)
      if (!next.cert.equals(current.cert) || !next.key.equals(current.key)) {
        server.setSecureContext(next)
        current = next
        onRenewal(undefined)
      }
    } catch (err) {
      onRenewal(err instanceof AppError ? err : new AppError('tls_unusable', { cause: err }))
    }
    stop = clock.after(RENEWAL_CHECK_MS, check)
  }
  stop = clock.after(RENEWAL_CHECK_MS, check)
  return { inUse: () => current, stop: () => stop() }
}
