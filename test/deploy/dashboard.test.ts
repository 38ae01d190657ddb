/** The dashboard of deploy/: each query of its panels is about metrics, labels and reasons that exist. */
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/errors/errors.ts'
import { REASONS } from '../../src/hook/decision.ts'
import { read } from '../support/deploy.ts'
import { exportedMetrics } from '../support/exported-metrics.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly instant?: boolean
  }[]
}

const { panels } = JSON.parse(read('deploy/grafana-dashboard.json')) as { panels: Panel[] }
const shown = panels.filter(({ type }) => type !== 'row')
const queries = shown.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
)

/** Of a series of a histogram. */
const metricOf = (series: string): string => series.replace(/_(?:bucket|sum|count)$/, '')

const failures = Object.entries(ERRORS)
  .filter(([, row]) => 'status' in row && row.status >= 500)
  .map(([code]) => code)

describe('the dashboard', () => {
  it('has panels that say what they show, each once', () => {
    expect(shown.length).toBeGreaterThan(10)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { description = '', targets = [] } of shown) {
      expect(description).toMatch(/^[A-Z].*\.$/)
      expect(targets.length).toBeGreaterThan(0)
    }
  })

  it.each(queries)('"$title" asks for metrics that are exported: $expr', ({ expr }) => {
    const used = [...expr.matchAll(/\b(?:okta_migrate|process)_\w+/g)].map(([name]) => name)
    expect(used).not.toEqual([])
    expect(used.map(metricOf).filter((name) => !exportedMetrics().includes(name))).toEqual([])
    // Of this job alone: other programs export process_… too.
    const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, labels = '']) => labels)
    expect(selectors.length).toBe(used.length)
    for (const labels of selectors) expect(labels).toContain('job="okta-migrate"')
  })

  it('has figures of now: of no replica 0, and of no call none in place of NaN', () => {
    const targets = panels
      .filter(({ type }) => type === 'stat')
      .flatMap((stat) => stat.targets ?? [])
    for (const { expr, instant } of targets) {
      expect(instant).toBe(true)
      if (/ \/ |quantile/.test(expr)) expect(expr).toMatch(/ >= 0$/)
    }
    expect(targets[0]?.expr).toMatch(/ or vector\(0\)$/)
  })

  it('names reasons and outcomes that exist, and all failures of the server as failed', () => {
    const all = queries.map(({ expr }) => expr).join('\n')
    const lists = [...all.matchAll(/reason=~?"([^"]+)"/g)].map(([, list = '']) => list.split('|'))
    const known: string[] = [...REASONS, ...Object.keys(ERRORS)]
    expect(lists.flat().filter((reason) => !known.includes(reason))).toEqual([])
    expect(lists).toContainEqual(failures)
    const outcomes = [...all.matchAll(/outcome!?="([^"]+)"/g)].map(([, name]) => name)
    expect(new Set(outcomes)).toEqual(new Set(['FAILED', 'VERIFIED']))
  })
})
