/** Owns the container's health check: one request to this machine's own /livez. */
import { Command } from 'commander'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { loadConfig, type Need } from '../config/load.ts'
import { jsonLine } from '../text/json-line.ts'
import { jsonOption, type CommonOptions } from './common-options.ts'
import { readText, type Host, type Perform } from './host.ts'

const TIMEOUT_MS = 2_000

const NEED: Need<'HOST' | 'PORT' | 'TLS_CERT_FILE'> = {
  names: ['HOST', 'PORT', 'TLS_CERT_FILE'],
  rules: [],
}

/** An unspecified address listens on all of them; loopback is the one to ask. */
const reachable = (host: string): string => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[host] ?? host

/** @returns the exit code: 0 when the server answers, 1 when it does not */
const ask = async ({ env }: Host): Promise<0 | 1> => {
  const { config } = loadConfig(NEED, env, readText)
  const where = { host: reachable(config.HOST), port: config.PORT, path: '/livez' }
  return new Promise((resolve) => {
    const done = (statusCode: number | undefined): void => resolve(statusCode === 200 ? 0 : 1)
    // The certificate names the public host, and this asks only whether the process is alive.
    const request = config.TLS_CERT_FILE
      ? getHttps({ ...where, rejectUnauthorized: false }, (res) => done(res.resume().statusCode))
      : getHttp(where, (res) => done(res.resume().statusCode))
    request.setTimeout(TIMEOUT_MS, () => request.destroy())
    request.on('error', () => done(undefined))
  })
}

const health =
  ({ json }: CommonOptions) =>
  async (host: Host): Promise<0 | 1> => {
    const code = await ask(host)
    if (json) host.stdout.write(jsonLine({ alive: code === 0 }))
    return code
  }

export const healthCommand = (perform: Perform): Command =>
  new Command('health')
    .description('ask the server on this machine whether it is alive, for container health checks')
    .addOption(jsonOption('print {"alive":true} or {"alive":false}'))
    .addHelpText('after', '\nExample:\n  HEALTHCHECK CMD ["node", "dist/cli.js", "health"]\n')
    .action((options: CommonOptions) => perform(health(options)))
