/** Implements the health check of a container: one request to /livez on this machine. */
import { Command } from 'commander'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { loadSettings, type SettingsSpec } from '../config/load.ts'
import { jsonLine } from '../text/printable.ts'
import { jsonOption, type CommonOptions } from './common-options.ts'
import { readText, type CommandContext, type Perform } from './context.ts'

const TIMEOUT_MS = 2_000

/** An unspecified address listens on all addresses; the loopback address is the one to call. */
const reachable = (host: string): string => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[host] ?? host

export const HEALTH = {
  names: ['HOST', 'PORT', 'TLS_CERT_FILE'],
  parse: ({ values: { HOST, PORT, TLS_CERT_FILE } }) => ({
    host: reachable(HOST),
    port: PORT,
    isTls: TLS_CERT_FILE !== undefined,
  }),
} satisfies SettingsSpec<'HOST' | 'PORT' | 'TLS_CERT_FILE', object>

/** @returns the exit code: 0 when the server answers, 1 when it does not */
const ask = async (context: CommandContext): Promise<0 | 1> => {
  // Without its notices: a container keeps what each of its probes prints.
  const { isTls, ...address } = loadSettings(HEALTH, context.env, readText).settings
  const options = { ...address, path: '/livez' }
  return new Promise((resolve) => {
    const done = (statusCode: number | undefined): void => resolve(statusCode === 200 ? 0 : 1)
    // The certificate is for the public host name, and this only asks whether the process is alive.
    const request = isTls
      ? getHttps({ ...options, rejectUnauthorized: false }, (res) => done(res.resume().statusCode))
      : getHttp(options, (res) => done(res.resume().statusCode))
    request.setTimeout(TIMEOUT_MS, () => request.destroy())
    request.on('error', () => done(undefined))
  })
}

const health =
  ({ json }: CommonOptions) =>
  async (context: CommandContext): Promise<0 | 1> => {
    const code = await ask(context)
    if (json) context.stdout.write(jsonLine({ alive: code === 0 }))
    return code
  }

export const healthCommand = (perform: Perform): Command =>
  new Command('health')
    .addOption(jsonOption('print {"alive":true} or {"alive":false}'))
    .addHelpText('after', '\nExample:\n  HEALTHCHECK CMD ["node", "dist/cli.js", "health"]\n')
    .action((options: CommonOptions) => perform(health(options)))
