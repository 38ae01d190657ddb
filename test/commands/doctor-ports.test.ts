/** `okta-migrate check`: the certificate and the ports, each made red where `serve` would end with 2. */
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkCommand } from '../../src/commands/doctor/doctor.ts'
import type { TlsFiles } from '../../src/ops/tls.ts'
import { makeCertificate } from '../support/certificate.ts'
import { runCommand } from '../support/command.ts'
import type { DoctorRow } from '../support/doctor.ts'
import { makeLegacyDb } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { tempDir } from '../support/temp.ts'

const environment = (more: Record<string, string>) => ({
  ...{ HOOK_SECRET: 'a secret of more than thirty-two characters', LEDGER_DB_URL: 'off' },
  ...{ LEGACY_DB_URL: `sqlite:${makeLegacyDb(tempDir(), [{ login: 'ann', hash: 'h' }])}` },
  ...{ PORT: '0', ...more },
})

const check = async (env: Record<string, string>) => {
  const { code, stdout } = await runInProcess(checkCommand, ['--json'], env)
  const rows = JSON.parse(stdout) as DoctorRow[]
  return { code, of: (topic: string) => rows.filter((row) => row.topic === topic) }
}

const takePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => new Promise((resolve) => server.close(resolve))
  onTestFinished(() => void server.close())
  return { port, close }
}

const tlsOf = ({ certFile, keyFile }: TlsFiles) =>
  environment({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })

const makeFiles = () => {
  const dir = tempDir()
  const junk = join(dir, 'junk')
  writeFileSync(junk, '-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n')
  const [one, two] = [makeCertificate(dir, 'one'), makeCertificate(dir, 'two')]
  const chain = join(dir, 'chain')
  writeFileSync(chain, readFileSync(one.certFile, 'utf8') + readFileSync(junk, 'utf8'))
  return { one, two, junk, chain, none: join(dir, 'none') }
}

type Files = ReturnType<typeof makeFiles>

const UNFIT: readonly (readonly [string, (files: Files) => Partial<TlsFiles>, string])[] = [
  ['with the key of another', ({ two }) => ({ keyFile: two.keyFile }), 'does not belong'],
  ['that is junk', ({ junk }) => ({ certFile: junk }), 'the file of TLS_CERT_FILE (ERR_OSSL_'],
  ['with junk in its chain', ({ chain }) => ({ certFile: chain }), 'TLS_CERT_FILE (ERR_OSSL_'],
  ['without a key', ({ none }) => ({ keyFile: none }), 'the file of TLS_KEY_FILE (ENOENT)'],
]

describe('the certificate', () => {
  it('that can be used is green, with the day on which it ends', async () => {
    const { code, of } = await check(tlsOf(makeFiles().one))
    expect(of('tls')[0]?.level).toBe('ok')
    expect(of('tls')[0]?.text).toMatch(/can be used, until \d{4}-\d\d-\d\d\.$/)
    expect(code).toBe(0)
  })

  it.each(UNFIT)('%s is red, as serve ends with 2', async (_, changeOf, text) => {
    const files = makeFiles()
    const env = tlsOf({ ...files.one, ...changeOf(files) })
    const { code, of } = await check(env)
    expect(of('tls')[0]).toMatchObject({ level: 'failed' })
    expect(of('tls')[0]?.text).toContain(text)
    expect(of('tls')[0]?.fix).toContain('TLS_CERT_FILE and TLS_KEY_FILE')
    expect(code).toBe(2)
    const served = await runCommand(['serve'], env)
    expect(served.stderr).toContain('The TLS certificate and key cannot be used.')
    expect(served.code).toBe(2)
  })
})

describe('the ports', () => {
  it('are free again afterwards', async () => {
    const free = await takePort()
    await free.close()
    const env = environment({ PORT: String(free.port), OPS_PORT: '0' })
    for (const { code, of } of [await check(env), await check(env)]) {
      expect(of('listen').map(({ level, text }) => [level, text])).toEqual([
        ['ok', `127.0.0.1:${free.port} is free.`],
        ['ok', '127.0.0.1 has a free port.'],
      ])
      expect(code).toBe(0)
    }
  })

  it('that are in use may be those of a server that runs', async () => {
    const { port } = await takePort()
    const { code, of } = await check(environment({ PORT: String(port) }))
    expect(of('listen')).toEqual([
      {
        topic: 'listen',
        level: 'warning',
        text: `127.0.0.1:${port} is in use: is the server running already?`,
        fix: expect.stringContaining('stop the process that uses it') as string,
      },
    ])
    expect(code).toBe(0)
  })

  it.each(['127.0.0.1', '0.0.0.0'])(
    'that are one are red, whether or not it is in use (%s)',
    async (host) => {
      const port = String((await takePort()).port)
      const env = environment({ PORT: port, OPS_PORT: port, OPS_HOST: host })
      const { code, of } = await check(env)
      expect(of('listen').map(({ level, text }) => [level, text])).toEqual([
        ['failed', `PORT and OPS_PORT are both ${port}, and only one of them can have it.`],
      ])
      expect(code).toBe(2)
    },
  )

  it('of an address that is not of this machine are red', async () => {
    const { code, of } = await check(environment({ OPS_PORT: '0', OPS_HOST: '192.0.2.1' }))
    expect(of('listen').map(({ level }) => level)).toEqual(['ok', 'failed'])
    expect(of('listen')[1]?.text).toBe('The server cannot use 192.0.2.1:0 (EADDRNOTAVAIL).')
    expect(code).toBe(2)
  })
})
