/** Certificates for localhost, made on the spot by OpenSSL. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { TlsFiles } from '../../src/ops/tls.ts'

export const makeCertificate = (
  dir: string,
  name: string,
  days = 1,
  host = 'localhost',
): TlsFiles => {
  const files = { certFile: join(dir, `${name}.crt`), keyFile: join(dir, `${name}.key`) }
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const subject = ['-nodes', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${host}`]
  const out = ['-days', String(days), '-keyout', files.keyFile, '-out', files.certFile]
  execFileSync('openssl', [...request, ...subject, ...out], { stdio: 'ignore' })
  return files
}
