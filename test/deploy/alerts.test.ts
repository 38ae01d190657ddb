/** deploy/alerts.yaml and docs/OPERATIONS.md: every metric that is exported, and no other. */
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ERRORS } from '../../src/errors.ts'
import { REASONS } from '../../src/hook/decide.ts'
import { createMetrics, PREFIX } from '../../src/ops/metrics.ts'
import { registerReadings } from '../../src/ops/readings.ts'
import { OPERATIONS, read } from '../support/deploy.ts'

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly labels: { readonly severity: string }
    }[]
  }[]
}

const headings = (level: string): string[] =>
  OPERATIONS.split('\n')
    .filter((line) => line.startsWith(`${level} `))
    .map((line) => line.slice(level.length + 1))

describe('metrics and alerts', () => {
  const alerts = (parse(read('deploy/alerts.yaml')) as Rules).groups.flatMap(({ rules }) => rules)
  const expressions = alerts.map(({ expr }) => expr).join('\n')

  const exported = (): string[] => {
    const { registry } = createMetrics({ deadlineMs: 2_500, ends: [] })
    const pool = { alive: 1, size: 1, waiting: 0, lost: 0, engine: { name: 'bcryptjs' } }
    registerReadings(registry, {
      health: {
        legacy: { ping: async () => undefined, state: 'ok', foreignRows: 0 },
        pool,
        isDraining: () => false,
      },
      pool,
      keys: { ready: () => true },
      ledger: {
        status: { database: 'ok', spill: 'ok', waiting: 0, lost: 0 },
        faults: { database: 0, spill: 0, thread: 0 },
      },
      certificateEndsAtMs: () => 0,
    })
    const names = registry.getMetricsAsArray().map(({ name }) => name)
    return names.filter((name) => name.startsWith(PREFIX)).sort()
  }

  it('are made of metrics that are exported', () => {
    const used = [...expressions.matchAll(/okta_migrate_\w+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    )
    expect(used).not.toEqual([])
    expect([...new Set(used)].filter((name) => !exported().includes(name))).toEqual([])
  })

  it('are made of reasons that exist', () => {
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

  it('have a severity, and a section each that says what to do', () => {
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
