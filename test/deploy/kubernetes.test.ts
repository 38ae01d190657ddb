/** deploy/kubernetes.yaml: what it claims about the server must be true. */
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { createHealthApp } from '../../src/ops/probes.ts'
import { HARD_STOP_MS } from '../../src/ops/shutdown.ts'
import { configure, OPERATIONS, read, VERSION } from '../support/deploy.ts'

interface Probe {
  readonly httpGet: { readonly port: string; readonly path: string }
  readonly timeoutSeconds?: number
}

interface Container {
  readonly image: string
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly resources: Record<
    'requests' | 'limits',
    { readonly cpu: string; readonly memory: string }
  >
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly lifecycle: {
    readonly preStop: { readonly exec: { readonly command: readonly string[] } }
  }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

type Labels = Readonly<Record<string, string>>

interface Kubernetes {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly replicas: number
    readonly serviceName: string
    readonly unhealthyPodEvictionPolicy?: string
    readonly selector: { readonly matchLabels: Labels } & Labels
    readonly podSelector: { readonly matchLabels: Labels }
    readonly ports: readonly { readonly port: number; readonly targetPort: string }[]
    readonly template: {
      readonly metadata: { readonly labels: Labels }
      readonly spec: {
        readonly terminationGracePeriodSeconds: number
        readonly containers: readonly Container[]
        readonly volumes: readonly {
          readonly name: string
          readonly secret: { readonly secretName: string }
        }[]
      }
    }
    readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[]
  }
}

describe('kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes.yaml')).map(
    (document) => document.toJS() as Kubernetes,
  )
  const of = (kind: string): Kubernetes['spec'][] =>
    documents.filter((document) => document.kind === kind).map(({ spec }) => spec)
  const [set] = of('StatefulSet')
  if (!set) throw new Error('there is no StatefulSet')
  const { spec: pod, metadata } = set.template
  const [container] = pod.containers
  if (!container) throw new Error('there is no container')
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]))
  const mountOf = (name: string): string | undefined =>
    container.volumeMounts.find((mount) => mount.name === name)?.mountPath
  const portOf = (name: string): number | undefined =>
    container.ports.find((port) => port.name === name)?.containerPort

  it("has a configuration that the server's rules accept, with secrets from files", () => {
    const config = configure(
      env,
      container.volumeMounts.map(({ mountPath }) => mountPath),
    )
    expect([portOf('hook'), portOf('ops')]).toEqual([config.PORT, config.OPS_PORT])
    expect([config.HOST, config.OPS_HOST]).toEqual(['0.0.0.0', '0.0.0.0'])
    expect(config.HOOK_SECRET_PREVIOUS).toBeUndefined()
    // Otherwise the page is 404, and the event hook has no path.
    expect([config.OPS_TOKEN, config.EVENT_HOOK_SECRET]).not.toContain(undefined)
    expect(config.OPS_ALLOWED_HOSTS).toEqual(['campaign.example.com'])
    expect(config.TLS_CERT_FILE).toBe(`${mountOf('tls')}/tls.crt`)
    expect(config.TLS_KEY_FILE).toBe(`${mountOf('tls')}/tls.key`)
    expect(config.HASH_WORKERS).toBeLessThan(Number(container.resources.limits.cpu))
    expect(container.image).toMatch(new RegExp(`:${VERSION.replaceAll('.', '\\.')}$`))
    for (const { secret } of pod.volumes) expect(OPERATIONS).toContain(` ${secret.secretName} `)
    const files = Object.values(env).filter((path) => path.startsWith('/secrets/'))
    for (const path of files)
      expect(OPERATIONS).toContain(`--from-file=${path.split('/')[2] ?? ''}`)
  })

  it('keeps the spill on a volume that survives the pod', () => {
    expect(env['LEDGER_SPILL_DIR']).toBe(mountOf(set.volumeClaimTemplates[0]?.metadata.name ?? ''))
  })

  it('probes only paths that the ops port answers', async () => {
    const health = createHealthApp({
      legacy: { ping: async () => undefined, state: 'ok', foreignRows: 0 },
      pool: { alive: 1, size: 1, engine: { computes: 'bcrypt', name: 'bcryptjs' } },
      isDraining: () => false,
    })
    for (const { httpGet } of [
      container.startupProbe,
      container.livenessProbe,
      container.readinessProbe,
    ]) {
      expect(httpGet.port).toBe('ops')
      expect((await health.request(httpGet.path)).status).toBe(200)
    }
    // An outage of the legacy store is no reason to restart the server.
    expect(container.livenessProbe.httpGet.path).toBe('/livez')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
  })

  it('runs two unprivileged replicas, and ends none before it has finished', () => {
    expect(set.replicas).toBe(2)
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    })
    const preStopS = Number(container.lifecycle.preStop.exec.command[1])
    const config = configure(
      env,
      container.volumeMounts.map(({ mountPath }) => mountPath),
    )
    const endS = (config.DRAIN_DELAY_MS + HARD_STOP_MS) / 1_000
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStopS + endS)
  })

  it('connects its parts by labels and names that exist', () => {
    const names = documents.map(({ kind, metadata: { name } }) => `${kind} ${name}`)
    expect(names).toContain(`Service ${set.serviceName}`)
    expect(set.selector.matchLabels).toEqual(metadata.labels)
    for (const service of of('Service')) {
      expect(service.selector).toEqual(metadata.labels)
      for (const { targetPort } of service.ports) expect(portOf(targetPort)).toBeDefined()
    }
    // While the legacy store is away no pod is ready, and draining a node must still be possible.
    expect(of('PodDisruptionBudget').map((spec) => spec.unhealthyPodEvictionPolicy)).toEqual([
      'AlwaysAllow',
    ])
    expect(of('PodDisruptionBudget').map((spec) => spec.selector.matchLabels)).toEqual([
      metadata.labels,
    ])
    expect(of('NetworkPolicy').map((spec) => spec.podSelector.matchLabels)).toEqual([
      metadata.labels,
    ])
  })
})
