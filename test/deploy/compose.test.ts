/** deploy/compose.yaml and haproxy.cfg: what they claim about the server must be true. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { EVENTS_PATH } from '../../src/hook/events/app.ts'
import { HARD_STOP_MS } from '../../src/ops/shutdown.ts'
import { interpolate } from '../support/documents/compose.ts'
import {
  configure,
  DOCKERFILE,
  OPERATIONS,
  OWN_DIRECTORIES,
  read,
  VERSION,
} from '../support/deploy.ts'

const COMPOSE = new URL('../../deploy/compose.yaml', import.meta.url)

const HAPROXY = read('deploy/haproxy.cfg')

interface Service {
  readonly image: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly environment?: Record<string, string | number>
  readonly ports?: readonly string[]
  readonly secrets: readonly string[]
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  readonly healthcheck?: Readonly<Record<'interval' | 'timeout' | 'start_period', string>> & {
    readonly test: readonly string[]
  }
  readonly logging?: object
  readonly stop_grace_period?: string
  readonly deploy: { readonly resources: { readonly limits: { readonly memory?: string } } }
}

interface Compose {
  readonly services: Record<string, Service>
  readonly networks: Record<string, { readonly internal?: boolean }>
  readonly secrets: Record<string, { readonly file: string }>
  readonly volumes: Record<string, object>
}

interface Mount {
  readonly source: string
  readonly target: string
}

const client = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  spawnSync(
    'docker',
    ['compose', '--env-file', '/dev/null', '-f', fileURLToPath(COMPOSE), ...args],
    { env, encoding: 'utf8' },
  )

const clientIsMissing = spawnSync('docker', ['compose', 'version']).status !== 0
if (clientIsMissing) console.warn("skipped: Compose's client, since it is not installed")

/** Pairs of a source and a path in the container. */
const mountsOf = ({ volumes }: Service, variables: Record<string, string> = {}) =>
  volumes.map((volume) => interpolate(volume, variables).split(':').slice(0, 2))

describe('compose.yaml', () => {
  const compose = parse(read('deploy/compose.yaml'), { merge: true }) as Compose
  const { services, networks, secrets, volumes } = compose
  const all = Object.entries(services)
  const hooks = all.filter(([, { image }]) => image.startsWith('okta-password-import-hook'))

  it.each(hooks)("gives %s a configuration that the server's rules accept", (name, service) => {
    const { OKTA_ORG_URL, HASH_WORKERS, OPS_ALLOWED_HOSTS, ...rest } = service.environment ?? {}
    expect([OKTA_ORG_URL, HASH_WORKERS, OPS_ALLOWED_HOSTS]).toEqual([
      expect.stringMatching(/^\$\{OKTA_ORG_URL:\?.+\}$/),
      '${HASH_WORKERS:-2}',
      '${OPS_ALLOWED_HOSTS:-localhost}',
    ])
    const env = Object.entries(rest).map(([name, value]) => [name, String(value)])
    const given = {
      ...(Object.fromEntries(env) as Record<string, string>),
      OKTA_ORG_URL: 'https://acme.okta.com',
      OPS_ALLOWED_HOSTS: 'localhost',
    }
    const config = configure(given, ['/run/secrets'])
    const named = Object.entries(given).filter(([name]) => name.endsWith('_FILE'))
    expect(named.map(([, path]) => path.split('/').at(-1))).toEqual(service.secrets)
    expect(OWN_DIRECTORIES).toContain(config.LEDGER_SPILL_DIR)
    expect(config.HOOK_SECRET_PREVIOUS).toBeUndefined()
    expect(mountsOf(service)).toEqual([[expect.any(String), config.LEDGER_SPILL_DIR]])
    expect(HAPROXY).toContain(` server ${name} ${name}:${config.PORT}\n`)
    expect(config.OPS_HOST).toBe('0.0.0.0')
    // Otherwise the page is 404, and the event hook has no path.
    expect([config.OPS_TOKEN, config.EVENT_HOOK_SECRET]).not.toContain(undefined)
    expect(DOCKERFILE).toContain(`EXPOSE ${config.PORT} ${config.OPS_PORT}\n`)
    expect(service.image).toBe(`okta-password-import-hook:${VERSION}`)
    const graceMs = parseInt(service.stop_grace_period ?? '') * 1_000
    expect(graceMs).toBeGreaterThan(config.DRAIN_DELAY_MS + HARD_STOP_MS)
  })

  it('has two replicas, each with its own volume, behind the proxy', () => {
    expect(hooks).toHaveLength(2)
    expect(new Set(hooks.flatMap(([, hook]) => mountsOf(hook)).map(([from]) => from)).size).toBe(2)
    const servers = [...HAPROXY.matchAll(/^ +server (\S+) \1:/gm)].map(([, name]) => name)
    expect(servers).toEqual(hooks.map(([name]) => name))
  })

  it.each(all)('hardens %s and limits its resources', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      image: expect.stringMatching(/:\d+\.\d+/) as string,
      deploy: { resources: { limits: { memory: expect.stringMatching(/^\d+M$/) as string } } },
    })
    expect(service.healthcheck?.test[0]).toBe('CMD')
  })

  it.each(hooks)("repeats the image's health check for %s", (_, { healthcheck }) => {
    const { test = [], interval, timeout, start_period } = healthcheck ?? {}
    expect(DOCKERFILE).toContain(
      `HEALTHCHECK --interval=${interval} --timeout=${timeout} --start-period=${start_period} ` +
        `CMD ["${test.slice(1).join('", "')}"]\n`,
    )
  })

  it.each(all)('limits the size of the log of %s', (_, { logging }) => {
    expect(logging).toEqual({
      driver: 'json-file',
      options: {
        'max-size': expect.stringMatching(/^\d+m$/) as string,
        'max-file': expect.stringMatching(/^\d$/) as string,
      },
    })
  })

  it('keeps ledger and spill where DATA_DIR says, separate from logs and images', () => {
    const kept = all.flatMap(([, service]) => mountsOf(service, { DATA_DIR: '/srv/data' }))
    const sources = kept.map(([from]) => from).filter((from) => !from?.startsWith('.'))
    expect(sources).toEqual(Object.keys(volumes).map((name) => `/srv/data/${name}`))
    for (const name of Object.keys(volumes))
      expect(OPERATIONS).toContain(`/srv/okta-migrate/${name}`)
  })

  it.skipIf(clientIsMissing)('is read the same way by the client as by these tests', () => {
    const env = { ...process.env, OKTA_ORG_URL: 'https://acme.okta.com', DATA_DIR: '/srv/data' }
    const { stdout, stderr } = client(['config', '--format', 'json'], env)
    expect(stderr).toBe('')
    const seen = (JSON.parse(stdout) as { services: Record<string, { volumes: Mount[] }> }).services
    for (const [name, service] of all) {
      const mounts = mountsOf(service, { DATA_DIR: '/srv/data' })
      expect(seen[name]?.volumes.map(({ target }) => target)).toEqual(mounts.map(([, to]) => to))
      const sources = mounts.map(([from = '']) => from.replace(/^\.\//, ''))
      expect(
        seen[name]?.volumes.map(({ source }, i) => source.endsWith(sources[i] ?? '?')),
      ).toEqual(mounts.map(() => true))
    }
    const rest = { ...process.env, OKTA_ORG_URL: '' }
    expect(client(['exec', '-T', 'ledger', 'true'], rest).stderr).toContain('set it in deploy/.env')
  })

  it('lets the public reach only the proxy', () => {
    expect(all.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['proxy'])
    const open = Object.keys(networks).filter((name) => networks[name]?.internal !== true)
    expect(open).toEqual(['edge', 'outward'])
    expect(services['ledger']?.networks).toEqual(['ledger'])
    expect(networks['ledger']).toEqual({ internal: true })
  })

  it('declares every secret, network and volume that a service names, and no others', () => {
    const named = (of: (service: Service) => readonly string[]): string[] =>
      [...new Set(all.flatMap(([, service]) => of(service)))].sort()
    expect(named((service) => service.secrets)).toEqual(Object.keys(secrets).sort())
    expect(named((service) => service.networks)).toEqual(Object.keys(networks).sort())
    const ownVolumes = named((service) => mountsOf(service).map(([from = '']) => from))
    expect(ownVolumes.filter((name) => !name.startsWith('.'))).toEqual(Object.keys(volumes).sort())
    for (const { file } of Object.values(secrets)) {
      expect(OPERATIONS).toContain(file.replace('./secrets/', ''))
    }
  })
})

const PLAIN = {
  HOOK_SECRET: 'x'.repeat(44),
  LEGACY_DB_URL: 'sqlite:legacy',
  TLS_TERMINATED_BY_PROXY: 'true',
}

describe('haproxy.cfg', () => {
  const setting = (name: string): string | undefined =>
    new RegExp(`^ +${name} (.+)$`, 'm').exec(HAPROXY)?.[1]

  it('passes the hook and /livez on, and nothing else', () => {
    expect(HAPROXY).toContain(`deny_status 404 unless { path ${HOOK_PATH} ${EVENTS_PATH} /livez }`)
  })

  it('waits as long as Okta does, and sends no call twice', () => {
    const { HOOK_DEADLINE_MS } = configure(PLAIN, [])
    const limitMs = Number(/^(\d+)ms$/.exec(setting('timeout server') ?? '')?.[1])
    expect(limitMs).toBeGreaterThan(HOOK_DEADLINE_MS)
    expect(limitMs).toBeLessThan(3_000)
    expect(setting('retry-on')).toBe('conn-failure')
  })

  it('notices that a replica is shutting down before it stops answering', () => {
    const { DRAIN_DELAY_MS } = configure(PLAIN, [])
    const [, seconds, fall] = /check inter (\d+)s fall (\d+)/.exec(HAPROXY) ?? []
    expect(Number(seconds) * Number(fall) * 1_000).toBeLessThan(DRAIN_DELAY_MS)
  })

  it('limits the connections of one address as the server does', () => {
    const { MAX_CONNECTIONS_PER_SECOND } = configure(PLAIN, [])
    expect(HAPROXY).toContain(`reject if { sc0_conn_rate gt ${MAX_CONNECTIONS_PER_SECOND} } or`)
    expect(HAPROXY).toMatch(/track-sc0 src,ipmask\(32,64\)/)
  })

  it('reserves connections for the health check, and is not filled by a few addresses', () => {
    const [all = 0, hook = 0] = [...HAPROXY.matchAll(/^ +maxconn (\d+)$/gm)].map(([, n]) =>
      Number(n),
    )
    const ofOne = Number(/sc0_conn_cur gt (\d+)/.exec(HAPROXY)?.[1])
    expect(hook).toBeLessThan(all)
    expect(hook / ofOne).toBeGreaterThan(15)
  })
})
