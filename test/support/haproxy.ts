/** HAProxy with deploy/haproxy.cfg as it is shipped, except for names and ports, where the program is installed. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { makeCertificate } from './certificate.ts'
import { read } from './deploy.ts'
import { tempDir } from './temp.ts'

/** @returns why it cannot be used, or undefined */
export const missingHaproxy = (): string | undefined =>
  spawnSync('haproxy', ['-v']).error && 'haproxy is not installed'

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const replaceAll = (text: string, changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`haproxy.cfg has no ${from}`)
    return changed.replace(from, to)
  }, text)

/** @param ports of hook-1 and hook-2 on this machine */
export const startHaproxy = async (ports: readonly [number, number]) => {
  const [dir, port, opsPort] = [tempDir(), await freePort(), await freePort()]
  const { certFile, keyFile } = makeCertificate(dir, 'localhost')
  const pem = join(dir, 'tls.pem')
  writeFileSync(pem, readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'))
  const config = join(dir, 'haproxy.cfg')
  const text = replaceAll(read('deploy/haproxy.cfg'), [
    ['bind :8443 ssl crt /run/secrets/tls.pem', `bind 127.0.0.1:${port} ssl crt ${pem}`],
    ['bind :8405', `bind 127.0.0.1:${opsPort}`],
    ['hook-1:3000', `127.0.0.1:${ports[0]}`],
    ['hook-2:3000', `127.0.0.1:${ports[1]}`],
  ])
  writeFileSync(config, text)
  const child = spawn('haproxy', ['-W', '-f', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => (log += chunk.toString()))
  }
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const opsUrl = `http://127.0.0.1:${opsPort}`
  const states = async (): Promise<string> =>
    fetch(`${opsUrl}/metrics`).then(
      (reply) => reply.text(),
      () => '',
    )
  return {
    port,
    log: () => log,
    /** Resolves once HAProxy sends calls to the server, or has stopped sending any. */
    untilServer: (name: string, state: 'UP' | 'DOWN'): Promise<void> =>
      expect
        .poll(states, { interval: 200 })
        .toContain(`haproxy_server_status{proxy="replicas",server="${name}",state="${state}"} 1`),
  }
}
