/** The alerts of deploy/ and docs/OPERATIONS.md: they use only metrics that are exported, and all of these are documented. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ERRORS } from '../../src/errors/errors.ts'
import { REASONS } from '../../src/hook/decision.ts'
import { PREFIX } from '../../src/ops/metrics.ts'
import { OPERATIONS, read } from '../support/deploy.ts'
import { exportedMetrics } from '../support/exported-metrics.ts'

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly labels: { readonly severity: string }
    }[]
  }[]
}

const FILES = ['deploy/alerts.yaml', 'deploy/alerts-haproxy.yaml']

/** The names in HAProxy 2.6's /metrics and in the blackbox exporter 0.23. */
const FOREIGN = [
  'haproxy_backend_active_servers',
  'haproxy_frontend_http_responses_total',
  'haproxy_server_http_responses_total',
  'probe_ssl_earliest_cert_expiry',
  'probe_success',
]

const headings = (level: string): string[] =>
  OPERATIONS.split('\n')
    .filter((line) => line.startsWith(`${level} `))
    .map((line) => line.slice(level.length + 1))

describe('metrics and alerts', () => {
  const alerts = FILES.flatMap((file) => (parse(read(file)) as Rules).groups).flatMap(
    ({ rules }) => rules,
  )
  const expressions = alerts.map(({ expr }) => expr).join('\n')

  const exported = (): string[] => exportedMetrics().filter((name) => name.startsWith(PREFIX))

  it('use only metrics that are exported', () => {
    const used = [...expressions.matchAll(/okta_migrate_\w+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    )
    expect(used).not.toEqual([])
    expect([...new Set(used)].filter((name) => !exported().includes(name))).toEqual([])
  })

  it("use only metrics that HAProxy and Prometheus's prober export, with labels of parts that exist", () => {
    const others = [...expressions.matchAll(/\b(haproxy|probe)_\w+/g)].map(([name]) => name)
    expect([...new Set(others)].sort()).toEqual(FOREIGN)
    const parts = [...expressions.matchAll(/proxy="(\w+)"/g)].map(([, name]) => name)
    const haproxy = read('deploy/haproxy.cfg')
    for (const part of parts)
      expect(haproxy).toMatch(new RegExp(`^(frontend|backend) ${part}$`, 'm'))
    const [, port = ''] = /^frontend ops\n +bind :(\d+)$/m.exec(haproxy) ?? []
    expect(OPERATIONS).toContain(`targets: ['proxy:${port}']`)
  })

  it('name only jobs that are in the documented configuration of Prometheus', () => {
    const jobs = [...OPERATIONS.matchAll(/^ +- job_name: (\S+)/gm)].map(([, name]) => name)
    const used = [...expressions.matchAll(/job="([^"]+)"/g)].map(([, name]) => name)
    expect(new Set(used)).toEqual(new Set(jobs))
  })

  it('use only reasons that exist', () => {
    const reasons = [...REASONS, ...Object.keys(ERRORS)]
    const used = [...expressions.matchAll(/reason=~?"([^"]+)"/g)].flatMap(([, value = '']) =>
      value.split('|'),
    )
    expect(used.length).toBeGreaterThan(10)
    expect(
      used.filter((pattern) => !reasons.some((name) => new RegExp(`^${pattern}$`).test(name))),
    ).toEqual([])
  })

  it('count every answer of 500 and above as a failure of the server', () => {
    const failures = Object.entries(ERRORS)
      .filter(([, row]) => 'status' in row && row.status >= 500)
      .map(([code]) => code)
    const { expr = '' } = alerts.find(({ alert }) => alert === 'OktaMigrateCallsFail') ?? {}
    const lists = [...expr.matchAll(/reason=~"([^"]+)"/g)].map(([, list = '']) => list.split('|'))
    expect(lists).toEqual([failures, failures])
  })

  it('each have a severity, and a section that says what to do', () => {
    expect(alerts.map(({ labels }) => labels.severity)).toEqual(
      alerts.map(() => expect.stringMatching(/^(page|ticket)$/) as string),
    )
    const sections = headings('###').filter((heading) => heading.startsWith('OktaMigrate'))
    expect(sections).toEqual(alerts.map(({ alert }) => alert))
  })

  it('are documented metric by metric', () => {
    const rows = [...OPERATIONS.matchAll(/^\| `(okta_migrate_\w+)` +\|[^|]+\|[^|]+\|$/gm)]
    expect(rows.map(([, name]) => name).sort()).toEqual(exported())
  })
})

const promtool = (...args: readonly string[]) =>
  spawnSync('promtool', args, { cwd: new URL('.', import.meta.url), encoding: 'utf8' })

const isMissing = promtool('--version').error !== undefined
if (isMissing) console.warn('skipped: the alerts in Prometheus, since promtool is not installed')

describe.skipIf(isMissing)('the alerts in Prometheus', () => {
  it.each([
    ['check', 'rules', ...FILES.map((file) => `../../${file}`)],
    ['test', 'rules', 'alerts.promtool.yaml'],
  ])('pass promtool %s %s', (...args) => {
    const { status, stdout, stderr } = promtool(...args)
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  })
})
