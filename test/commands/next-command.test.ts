/** The next command that is suggested: the right one, and quoted for a shell whatever the names are. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { HOOK_ADVICE } from '../../src/import/rows/modes.ts'
import { nextStepOf, toShell, type FinishedImport } from '../../src/commands/import/next-command.ts'
import { fc } from '../support/properties.ts'

const course = (args: string, more: Partial<FinishedImport> = {}): FinishedImport => ({
  args: args.split(' '),
  file: 'users.csv',
  end: 'finished',
  dryRun: false,
  rejects: undefined,
  reasons: [],
  areWhole: true,
  ...more,
})

const because = (...reasons: readonly string[]): Partial<FinishedImport> => ({
  rejects: 'users.rejects.csv',
  reasons: reasons.map((reason) => ({ reason, count: 1, lines: [2] })),
})

const REJECTS = because('firstName is missing')
const FOR_HOOK = `password_hash is cut off: ${HOOK_ADVICE}`

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
    [
      'rejects that have no secrets, where the mode needs them',
      course('import users.csv --mode hash', { ...REJECTS, areWhole: false }),
      'okta-migrate import users.csv --mode hash',
    ],
    [
      'rejects for the hook',
      course('import users.csv --mode hash --journal j --map password_hash=pw --map email=mail', {
        ...because(FOR_HOOK),
        areWhole: false,
      }),
      'okta-migrate import users.rejects.csv --map email=mail --mode hook',
    ],
    [
      'rejects of which some are for the hook',
      course(
        'import --mode=hash --map=password_hash=h,email=e,password_salt=s users.csv',
        because('x', FOR_HOOK),
      ),
      'okta-migrate import --map=email=e users.rejects.csv --mode hook',
    ],
    [
      'rejects for the hook that have the hashes in a column of another name',
      course(
        'import users.csv --mode hash --rejects-with-secrets --map password_hash=crypt',
        because(FOR_HOOK),
      ),
      'okta-migrate import users.rejects.csv --rejects-with-secrets --mode hook --ignore crypt',
    ],
    [
      'a dry run whose rejects are all for the hook',
      course('import users.csv --mode hash --dry-run', { dryRun: true, ...because(FOR_HOOK) }),
      'okta-migrate import users.csv --mode hash --limit 10',
    ],
    [
      'a dry run of whose rejects some are for the hook',
      course('import users.csv --mode hash --dry-run', { dryRun: true, ...because('x', FOR_HOOK) }),
      'okta-migrate import users.csv --mode hash --dry-run',
    ],
    ['all', course('import users.csv'), 'okta-migrate users list --pending'],
  ])('%s', (_, given, command) => {
    expect(nextStepOf(given).command).toBe(command)
  })

  it('rejects for the hook says whether there is something to correct', () => {
    const whatOf = (...reasons: string[]): string =>
      nextStepOf(course('import users.csv --mode hash', because(...reasons))).what
    expect(whatOf(FOR_HOOK)).toBe('Import users.rejects.csv with the hook')
    expect(whatOf(FOR_HOOK, 'x')).toMatch(/^Correct users.rejects.csv where .* with the hook$/)
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
