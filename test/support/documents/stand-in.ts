/** Stand-ins for programs that need an engine or a cluster: each checks its input, and reports what is wrong. */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { compose } from './compose.ts'

type StandIn = (args: readonly string[]) => number

const mustExist = (paths: readonly string[]): void => {
  for (const path of paths) if (!existsSync(path)) throw new Error(`${path} does not exist`)
}

const stdin = (): string => readFileSync(0, 'utf8')

const docker: StandIn = ([command, ...args]) => {
  if (command === 'compose') return compose(args)
  const value = { type: 'string', multiple: true } as const
  const { positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'read-only': { type: 'boolean' },
      'cap-drop': value,
      format: value,
      publish: { ...value, short: 'p' },
      volume: { ...value, short: 'v' },
      env: { ...value, short: 'e' },
      tag: { ...value, short: 't' },
    },
  })
  if (command === 'build') mustExist(positionals.map((dir) => `${dir}/Dockerfile`))
  return positionals.length === 1 ? 0 : 1
}

const createSecret = (args: readonly string[]): number => {
  const options = args.flatMap((arg) => [...arg.matchAll(/^--(from-file|cert|key)=(.+)$/g)])
  mustExist(options.map(([, , path = '']) => path.replace(/^[^=]+=/, '')))
  if (args.includes('yaml')) process.stdout.write('kind: Secret\n')
  return 0
}

interface Resource {
  readonly kind?: string
  readonly metadata?: { readonly name: string }
}

const resourcesIn = (text: string): (Resource | null)[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Resource | null)

const hasResource = (type: string | undefined, name: string | undefined): boolean =>
  resourcesIn(readFileSync('deploy/kubernetes.yaml', 'utf8')).some(
    (one) => one?.kind?.toLowerCase() === type && one?.metadata?.name === name,
  )

const kubectl: StandIn = (args) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      namespace: { type: 'string', short: 'n' },
      filename: { type: 'string', short: 'f' },
    },
  })
  const [verb, kind] = positionals
  if (verb === 'create' && kind === 'secret') return createSecret(args)
  if (verb === 'apply') {
    const { filename } = values
    const text = filename === '-' ? stdin() : readFileSync(String(filename), 'utf8')
    const resources = resourcesIn(text)
    return resources.length > 0 && resources.every((one) => one?.kind) ? 0 : 1
  }
  if (verb === 'rollout') return hasResource(positionals[2], positionals[3]) ? 0 : 1
  return verb === 'create' && kind === 'namespace' ? 0 : 1
}

const STAND_INS: Readonly<Record<string, StandIn>> = { docker, kubectl }

const [name = '', ...args] = process.argv.slice(2)
try {
  process.exitCode = STAND_INS[name]?.(args) ?? 127
} catch (err) {
  process.stderr.write(`${name}: ${String(err)}\n`)
  process.exitCode = 1
}
