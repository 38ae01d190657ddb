/** What the files of deploy/ are compared with: the image, its environment and the server's own rules. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { SERVER } from '../../src/commands/serve/settings.ts'
import { loadSettings } from '../../src/config/load.ts'

export const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

export const DOCKERFILE = read('Dockerfile')
export const OPERATIONS = read('docs/OPERATIONS.md')

export const { version: VERSION } = JSON.parse(read('package.json')) as { version: string }

const imageEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    [...(/^ENV (.+)$/m.exec(DOCKERFILE)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  )

/** The contents of the secret files, by the start of their names. */
const SECRETS: Readonly<Record<string, string>> = {
  'hook.secret': 'x'.repeat(44),
  'hook.secret.previous': '',
  'event.hook.secret': 'e'.repeat(44),
  'ops.token': 'o'.repeat(44),
  'fingerprint.key': 'y'.repeat(44),
  'legacy.db.url': 'postgres://reader:password@legacy.example.com/users?sslmode=verify-full',
  'ledger.db.url': 'postgres://ledger:password@ledger/ledger',
  'legacy.login.bind.password': 'b'.repeat(20),
  'legacy.login.ca': '-----BEGIN CERTIFICATE-----',
  'legacy.login.header': `Authorization: Bearer ${'h'.repeat(20)}`,
  'legacy.login.client.secret': 'c'.repeat(20),
}

/** The environment as the container has it, through the server's own rules. */
export const configure = (env: Record<string, string>, mounts: readonly string[]) => {
  const { values, notices } = loadSettings(SERVER, { ...imageEnvironment(), ...env }, (path) => {
    const mount = mounts.find((dir) => path.startsWith(`${dir}/`))
    const found = Object.entries(SECRETS).find(([name]) => new RegExp(`/${name}$`).test(path))
    if (mount === undefined || !found) throw new Error(`nothing is mounted at ${path}`)
    return found[1]
  })
  expect(notices).toEqual([])
  const known: readonly string[] = SERVER.names
  const unknown = Object.keys(env).filter((name) => {
    return !known.includes(name) && !known.includes(name.replace(/_FILE$/, ''))
  })
  expect(unknown).toEqual([])
  return values
}

/** Directories of the image that belong to its user, so that a new volume there does too. */
export const OWN_DIRECTORIES = [...DOCKERFILE.matchAll(/install -d -o node -g node (\S+)/g)].map(
  ([, path]) => path,
)
