/** A real PgBouncer in front of the local PostgreSQL, with one connection that all its callers share. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { POSTGRES } from './databases.ts'
import { findProgram, freePort, makeServerDir, NOBODY } from './private-databases.ts'
import { until } from './until.ts'

const PROGRAM = 'pgbouncer'

/** The kinds that its tests are declared for, where it is installed. */
export const POOLER = {
  ...POSTGRES,
  title: 'PostgreSQL behind PgBouncer',
  missing: async () =>
    findProgram(PROGRAM) === undefined ? `${PROGRAM} is not installed` : POSTGRES.missing(),
}

type Mode = 'transaction' | 'statement'

const settings = (target: URL, port: number, mode: Mode): string => `
[databases]
* = host=${target.hostname} port=${target.port || 5432} user=${target.username}${target.password && ` password=${target.password}`}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 1
query_wait_timeout = 1
server_login_retry = 1
`

const listens = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy())
}

/** Starts one that refuses the startup parameter `options`, as it does by default. @returns the URL of the database through it */
export const startPooler = async (
  database: string,
  mode: Mode = 'transaction',
): Promise<string> => {
  const target = new URL(database)
  const [dir, port] = [makeServerDir(), await freePort()]
  const file = join(dir, 'ini')
  writeFileSync(file, settings(target, port, mode))
  const child = spawn(findProgram(PROGRAM) ?? PROGRAM, [file], { ...NOBODY, stdio: 'ignore' })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  const url = new URL(database)
  url.host = `127.0.0.1:${port}`
  await until(`${PROGRAM} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with ${child.exitCode}`)
    return listens(port)
  })
  return url.href
}
