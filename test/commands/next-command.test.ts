/** The next command that is suggested: the right one, and quoted for a shell whatever the names are. */
import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextStepOf, toShell, type FinishedImport } from '../../src/commands/import/next-command.ts'

const course = (args: string, more: Partial<FinishedImport> = {}): FinishedImport => ({
  args: args.split(' '),
  file: 'users.csv',
  end: 'finished',
  dryRun: false,
  rejects: undefined,
  ...more,
})

const REJECTS = { rejects: 'users.rejects.csv' }

describe('the next command after', () => {
  it.each<[string, FinishedImport, string]>([
    [
      'a dry run without problems',
      course('import users.csv --dry-run --mode hash', { dryRun: true }),
      'okta-migrate import users.csv --mode hash --limit 10',
    ],
    [
      'one with problems',
      course('import users.csv --dry-run', { dryRun: true, ...REJECTS }),
      'okta-migrate import users.csv --dry-run',
    ],
    [
      'the first ten',
      course('import --limit 10 users.csv --limit=10', { end: 'limit' }),
      'okta-migrate import users.csv',
    ],
    [
      'a stop',
      course('import users.csv --share 10', { end: 'stopped', ...REJECTS }),
      'okta-migrate import users.csv --share 10',
    ],
    [
      'rejects',
      course('import users.csv --journal j --rejects=r --mode hash', REJECTS),
      'okta-migrate import users.rejects.csv --mode hash',
    ],
    [
      'rejects from a database',
      course('import --mode hash', { file: undefined, ...REJECTS }),
      'okta-migrate import users.rejects.csv --mode hash',
    ],
    ['all', course('import users.csv'), 'okta-migrate users list --pending'],
  ])('%s', (_, given, command) => {
    expect(nextStepOf(given).command).toBe(command)
  })
})

describe('quoting for a shell', () => {
  it('returns every word unchanged', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const script = toShell(words).replace(/^okta-migrate/, `printf '%s\\0'`)
        const output = execFileSync('sh', ['-c', script]).toString()
        expect(output.split('\0').slice(0, -1)).toEqual(words)
      }),
      { numRuns: 20 },
    )
  })
})
