/** A stand-in for `docker compose`: reads the Compose file as the client does, and runs here what a container would. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'

type Variables = Readonly<Record<string, string | undefined>>

interface Compose {
  readonly services: Record<string, { readonly environment?: Record<string, string> }>
  readonly secrets: Record<string, { readonly file: string }>
}

/** Docker's page "Interpolation": the innermost first; `:?` is an error where nothing is set. */
export const interpolate = (text: string, variables: Variables): string => {
  const next = text.replace(
    /\$\{(\w+)(?::([-+?])([^${}]*))?\}/g,
    (_, name: string, kind: string | undefined, other: string) => {
      const value = variables[name] ?? ''
      if (kind === '?' && value === '') throw new Error(`${name} is missing a value: ${other}`)
      if (kind === '+') return value === '' ? '' : other
      return value === '' && kind === '-' ? other : value
    },
  )
  return next === text ? text : interpolate(next, variables)
}

const LINE = /^(\w+)=(.*)$/g

/** The file `.env` next to the Compose file; variables of the shell take precedence. */
const variablesAt = (dir: string): Variables => {
  const path = join(dir, '.env')
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  const given: Record<string, string> = {}
  for (const [, name = '', value = ''] of lines.flatMap((line) => [...line.matchAll(LINE)])) {
    given[name] = value
  }
  return { ...given, ...process.env }
}

const OPTIONS = {
  up: ['build', 'detach', 'wait', 'no-deps', 'force-recreate'],
  exec: ['T'],
  kill: ['s'],
  build: [],
  logs: ['tail'],
} as const

const WITH_VALUE: readonly string[] = ['s', 'tail']

const optionsOf = (names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => {
      const type = WITH_VALUE.includes(name) ? ('string' as const) : ('boolean' as const)
      return [name, { type, ...(name.length === 1 && { short: name }) }]
    }),
  )

const inContainer = (
  { environment }: Compose['services'][string],
  hasTerminal: boolean,
  [program = '', ...args]: readonly string[],
): number => {
  if (hasTerminal && !(isatty(0) && isatty(1))) throw new Error('the input device is not a TTY')
  // The container has none of the host's variables. The test sets where the database really is.
  const database = JSON.parse(process.env['IN_CONTAINER'] ?? '{}') as Record<string, string>
  const env = { ...environment, ...database, PATH: '/usr/bin:/bin' }
  return spawnSync(program, args, { env, stdio: 'inherit' }).status ?? 127
}

/** @throws Error where the client would refuse */
export const compose = ([f, path = '', command = '', ...rest]: readonly string[]): number => {
  if (f !== '-f') throw new Error('the Compose file is not named')
  const text = interpolate(readFileSync(path, 'utf8'), variablesAt(dirname(path)))
  const { services, secrets } = parse(text, { merge: true }) as Compose
  if (!(command in OPTIONS)) throw new Error(`unknown command: ${command}`)
  const names = OPTIONS[command as keyof typeof OPTIONS]
  // In `exec`, the arguments after the service belong to the container.
  const own = command === 'exec' ? rest.findIndex((arg) => !arg.startsWith('-')) + 1 : rest.length
  const { values, positionals } = parseArgs({
    args: rest.slice(0, own),
    options: optionsOf(names),
    allowPositionals: true,
  })
  for (const name of positionals)
    if (!(name in services)) throw new Error(`no such service: ${name}`)
  for (const { file } of command === 'up' ? Object.values(secrets) : [])
    if (!existsSync(join(dirname(path), file))) throw new Error(`${file} does not exist`)
  const service = services[positionals[0] ?? '']
  if (command !== 'exec' || !service) return 0
  return inContainer(service, values['T'] !== true, rest.slice(own))
}
