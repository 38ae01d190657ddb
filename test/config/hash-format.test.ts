/** LEGACY_HASH_FORMAT and its pepper: what a server makes of them, and what it says about those it cannot use. */
import { describe, expect, it } from 'vitest'
import { SERVE } from '../../src/commands/serve/settings.ts'
import { loadSettings, type Environment } from '../../src/config/load.ts'
import { AppError } from '../../src/errors/errors.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { compileTemplates } from '../../src/passwords/templates/templates.ts'
import { read } from '../support/deploy.ts'

const SERVER = {
  HOOK_SECRET: 'Basic b2t0YTpvbmx5LWZvci10ZXN0cw==',
  LEGACY_DB_URL: 'sqlite:/data/legacy.sqlite',
}

const templatesOf = (env: Environment, files: Readonly<Record<string, string>> = {}) => {
  const { settings } = loadSettings(SERVE, { ...SERVER, ...env }, (path) => files[path] ?? '')
  return settings.kind === 'server' ? settings.hashes.templates : []
}

const complaint = (env: Environment): string => {
  try {
    templatesOf(env)
    return 'none'
  } catch (err) {
    if (err instanceof AppError && err.code === 'config_invalid') return err.detail ?? ''
    throw err
  }
}

describe('LEGACY_HASH_FORMAT', () => {
  it('can be left out', () => {
    expect(templatesOf({})).toEqual([])
    expect(templatesOf({ LEGACY_HASH_FORMAT: '' })).toEqual([])
  })

  it('has several lines, and can be a file, as the pepper can', () => {
    const files = {
      '/format': '$hash = bcrypt($pass.$pepper)\n$hash:$salt = md5($pass.$salt)\n',
      '/pepper': ' pep per\n',
    }
    const env = { LEGACY_HASH_FORMAT_FILE: '/format', LEGACY_HASH_PEPPER_FILE: '/pepper' }
    const templates = templatesOf(env, files)
    const row = `$2b$04$${'.'.repeat(53)}`
    expect(templates).toHaveLength(2)
    expect(inspect(row, { ...DEFAULT_HASHES, templates })).toMatchObject({
      input: { of: [{ op: 'password' }, { bytes: new TextEncoder().encode(' pep per') }] },
    })
  })

  it('that cannot be used is named with line and column, and with a good example', () => {
    const said = complaint({ LEGACY_HASH_FORMAT: '\n$hash = md5($salt)' })
    expect(said).toContain('LEGACY_HASH_FORMAT cannot be used: line 2, column 9: $pass is missing')
    expect(said).toContain('such as: $hash:$salt = md5(md5($pass).$salt)')
    const without = complaint({ LEGACY_HASH_FORMAT: '$hash = bcrypt($pass.$pepper)' })
    expect(without).toContain('line 1, column 22: $pepper needs LEGACY_HASH_PEPPER')
  })

  it('is reported with the problems of other variables, also where a demo would start', () => {
    const both = complaint({ LEGACY_HASH_FORMAT: 'md5', PORT: 'x' })
    expect(both).toMatch(/PORT is not valid[^]*LEGACY_HASH_FORMAT|LEGACY_HASH_FORMAT[^]*PORT/)
    const demo = { HOOK_SECRET: undefined, LEGACY_DB_URL: undefined, LEGACY_HASH_FORMAT: 'md5' }
    expect(complaint(demo)).toContain('LEGACY_HASH_FORMAT')
  })

  it.each([undefined, '$hash = bcrypt($pass)'])(
    'without $pepper leaves no pepper: %s',
    (format) => {
      const said = complaint({ LEGACY_HASH_FORMAT: format, LEGACY_HASH_PEPPER: 'hunter2' })
      expect(said).toContain(
        'LEGACY_HASH_PEPPER is set, but LEGACY_HASH_FORMAT does not use $pepper',
      )
      expect(said).not.toContain('hunter2')
    },
  )
})

const EXAMPLES = [...read('docs/HASHES.md').matchAll(/^\| [^|`]+\| `([^`]+)` +\|$/gm)]
  .map(([, example = '']) => example)
  .filter((example) => example.startsWith('$') || /^(wordpress|phpbb)$/.test(example))

describe('docs/HASHES.md', () => {
  it('has examples', () => expect(EXAMPLES.length).toBeGreaterThan(10))

  it.each(EXAMPLES)('has an example that can be used: %s', (example) => {
    const settings = { bounds: DEFAULT_HASHES, pepper: 'pepper' }
    expect(compileTemplates(example, settings)).toHaveLength(1)
  })
})
