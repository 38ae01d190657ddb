/** Output that is not read: a server goes on serving, and any other command ends silently. */
import { hashSync } from 'bcryptjs'
import { openSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { startCommand } from '../support/command.ts'
import { makeLegacyDb, payload } from '../support/hook.ts'
import { sumOf } from '../support/metrics.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'Basic b2t0YTpvbmx5LWZvci10ZXN0cy1vbmx5LWZvci10ZXN0cw=='
const ROWS = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]

const environment = () => ({
  PORT: '0',
  HOOK_SECRET: SECRET,
  LEDGER_DB_URL: 'off',
  LEGACY_DB_URL: `sqlite:${makeLegacyDb(tempDir(), ROWS)}`,
})

const signIn = async (url: string): Promise<string> => {
  const response = await fetch(url + HOOK_PATH, {
    method: 'POST',
    headers: { authorization: SECRET, 'content-type': 'application/json' },
    body: JSON.stringify(payload('good@example.com', 'open sesame')),
  })
  return response.text()
}

describe('a server whose log is not read', () => {
  it('goes on serving, logs to standard error, counts it, and ends with 0', async () => {
    const server = startCommand(['serve'], { ...environment(), OPS_PORT: '0' })
    const [, ops = ''] = await server.until(/"opsUrl":"(http:[^"]+)"/)
    const [, url = ''] = await server.until(/"url":"(http:[^"]+)"/)
    server.child.stdout.destroy()
    for (let i = 0; i < 3; i++) expect(await signIn(url)).toContain('"VERIFIED"')
    const metrics = await (await fetch(`${ops}/metrics`)).text()
    expect(sumOf(metrics, 'okta_migrate_log_write_failures_total')).toBe(3)
    server.child.kill('SIGTERM')
    const { code, stderr } = await server.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/^okta-migrate: the log cannot be written to standard output \(EPIPE\)/)
    expect(stderr.match(/"msg":"password import"/g)).toHaveLength(3)
  })

  it('goes on where standard error is broken too', async () => {
    const server = startCommand(['serve'], environment())
    const [, url = ''] = await server.until(/"url":"(http:[^"]+)"/)
    server.child.stdout.destroy()
    server.child.stderr.destroy()
    for (let i = 0; i < 3; i++) expect(await signIn(url)).toContain('"VERIFIED"')
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })
})

describe('a command', () => {
  it('whose reader stops reading ends as SIGPIPE ends other programs', async () => {
    const check = startCommand(['check'], environment())
    check.child.stdout.destroy()
    expect(await check.ended).toEqual({ code: 141, stdout: '', stderr: '' })
  })

  it.runIf(process.platform === 'linux')(
    'whose output goes to a full disk reports that',
    async () => {
      const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url))
      const full = openSync('/dev/full', 'w')
      const check = spawn(process.execPath, [cli, 'check'], {
        env: environment(),
        stdio: ['ignore', full, 'pipe'],
      })
      onTestFinished(() => void check.kill('SIGKILL'))
      let stderr = ''
      check.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      const code = await new Promise((resolve) => check.on('close', resolve))
      expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be written\.\nENOSPC\n/)])
    },
  )
})
