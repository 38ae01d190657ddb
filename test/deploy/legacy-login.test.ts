/** deploy/legacy-login/: with each of these files the hook of Compose asks a legacy login. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { interpolate } from '../support/documents/compose.ts'
import { configure, read } from '../support/deploy.ts'

interface Hook {
  readonly environment: Readonly<Record<string, string | number>>
  readonly secrets: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Hook>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const PLAIN = { OKTA_ORG_URL: 'https://acme.okta.com' }

const readCompose = (name: string): Compose =>
  parse(interpolate(read(`deploy/${name}`), PLAIN), { merge: true }) as Compose

const KINDS = readdirSync(new URL('../../deploy/legacy-login', import.meta.url))

/** Compose joins the environments of two files, and their lists of secrets ("Merge Compose files"). */
const joined = (kind: string, service: string): Hook => {
  const [usual, more] = [readCompose('compose.yaml'), readCompose(`legacy-login/${kind}`)]
  const [first, second] = [usual.services[service], more.services[service]]
  if (!first || !second) throw new TypeError(`no ${service}`)
  return {
    environment: { ...first.environment, ...second.environment },
    secrets: [...first.secrets, ...second.secrets],
  }
}

describe.each(KINDS)('with %s', (kind) => {
  it.each(['hook-1', 'hook-2'])(
    '%s asks it, and reads only secrets that it is given',
    (service) => {
      const { environment, secrets } = joined(kind, service)
      const env = Object.fromEntries(Object.entries(environment).map(([k, v]) => [k, String(v)]))
      const values = configure(env, ['/run/secrets'])
      expect(values.LEGACY_LOGIN_URL).toMatch(/^(?:https|ldaps):/)
      expect(values.LEGACY_DB_URL).toBeUndefined()
      const paths = Object.values(env).filter((value) => value.startsWith('/run/secrets/'))
      expect(secrets.map((name) => `/run/secrets/${name}`)).toEqual(expect.arrayContaining(paths))
    },
  )

  it('has the file of each secret beside the others', () => {
    const { secrets, services } = readCompose(`legacy-login/${kind}`)
    expect(Object.keys(secrets)).toEqual(services['hook-1']?.secrets)
    for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`./secrets/${name}`)
  })

  it('is described under the heading that it names, with the same variables', () => {
    const [, anchor = ''] =
      /LEGACY-LOGIN\.md#([\w-]+)/.exec(read(`deploy/legacy-login/${kind}`)) ?? []
    const page = read('docs/LEGACY-LOGIN.md')
    const headings = [...page.matchAll(/^##+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(headings).toContain(anchor)
    const { environment = {} } = readCompose(`legacy-login/${kind}`).services['hook-1'] ?? {}
    const names = Object.keys(environment).filter((name) => name !== 'LEGACY_DB_URL_FILE')
    expect(names.filter((name) => !page.includes(`${name}=`))).toEqual([])
  })
})
