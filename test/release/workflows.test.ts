/** What .github/ says of this repository must be true: Node.js versions, npm scripts, rights, warnings. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { read } from '../support/deploy.ts'

interface Step {
  readonly run?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly 'timeout-minutes': number
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: { readonly node: readonly string[] } }
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly permissions: object
  readonly jobs: Readonly<Record<string, Job>>
}

const load = (name: string): Workflow => parse(read(`.github/workflows/${name}`)) as Workflow
const NAMES = ['ci.yml', 'release.yml']
const jobs = NAMES.flatMap((name) => Object.values(load(name).jobs))
const steps = jobs.flatMap((job) => job.steps)

const manifest = JSON.parse(read('package.json')) as {
  engines: { node: string }
  scripts: Record<string, string>
}

describe('the workflows', () => {
  it('are these', () => {
    const found = globSync('*.yml', { cwd: join(import.meta.dirname, '../../.github/workflows') })
    expect(found.sort()).toEqual(NAMES)
  })

  it('test the oldest Node.js that the package allows, and the newest of each line', () => {
    const lines = manifest.engines.node.split(' || ').map((range) => range.slice(1))
    const newest = lines.map((line) => line.split('.')[0])
    const oldest = lines.filter((line) => line.includes('.'))
    const { node = [] } = load('ci.yml').jobs['test']?.strategy?.matrix ?? {}
    expect([...node].sort()).toEqual([...oldest, ...newest].sort())
  })

  it('call only npm scripts that exist', () => {
    const calls = steps.flatMap(({ run = '' }) => [
      ...run.matchAll(/\bnpm (?:run (?:--silent )?)?([\w:]+)/g),
    ])
    const names = calls.map(([, name = '']) => name)
    const own = ['ci', 'publish']
    expect(names).toContain('test')
    expect(names.filter((name) => !own.includes(name) && !manifest.scripts[name])).toEqual([])
  })

  it('may only read, but for what publishes', () => {
    for (const name of NAMES) expect(load(name).permissions).toEqual({ contents: 'read' })
    expect(Object.values(load('ci.yml').jobs).map((job) => job.permissions)).toEqual([
      ...[undefined, undefined],
    ])
    const { package: npm, image } = load('release.yml').jobs
    expect(npm?.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    expect(Object.keys(image?.permissions ?? {})).not.toContain('actions')
  })

  it('end at some time, use actions of a known version, and leave no token in the checkout', () => {
    expect(jobs.filter((job) => !(job['timeout-minutes'] <= 60))).toEqual([])
    const actions = steps.flatMap(({ uses }) => uses ?? [])
    expect(actions.filter((name) => !/^(?:actions|docker)\/[\w-]+@v\d+$/.test(name))).toEqual([])
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts).toHaveLength(jobs.length)
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
  })

  it('publish after all tests, with provenance, and run no text of a stranger', () => {
    const commands =
      load('release.yml').jobs['package']?.steps.flatMap(({ run }) => run ?? []) ?? []
    expect(commands).toContain('npm publish --provenance --access public')
    expect(commands.indexOf('.ci/run')).toBeGreaterThan(-1)
    expect(commands.indexOf('.ci/run')).toBeLessThan(commands.length - 1)
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([])
  })
})

describe('the forms for issues', () => {
  it.each(['bug.yml', 'question.yml'])('%s says first what must not be pasted', (name) => {
    const form = parse(read(`.github/ISSUE_TEMPLATE/${name}`)) as {
      body: { type: string; attributes: { value?: string } }[]
    }
    expect(form.body[0]?.type).toBe('markdown')
    expect(form.body[0]?.attributes.value).toMatch(/^\*\*Never paste passwords, hashes, tokens/)
  })
})
