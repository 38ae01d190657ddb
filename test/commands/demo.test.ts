/** The whole demo, as `npm run demo` runs it. */
import { expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

it('the demo shows offline who signs in, who does not, and who is left', async () => {
  const { code, stdout, stderr } = await runCommand(['demo'], { TMPDIR: tempDir() })
  expect(
    stderr
      .split('\n')
      .slice(0, 7)
      .map((line) => line.split(' ', 1)[0]),
  ).toEqual(['Org', 'Account', 'Mode', 'Rows', 'Duration', 'Journal', 'Rejects'])
  expect(code).toBe(0)
  expect(stdout).toContain(
    '6 created, 0 already there, 2 rejected, 0 failed, 1 skipped as disabled.',
  )
  expect(stdout.match(/^ {2}\S+ +(?:signed in|refused) +the hook was (?:not )?called/gm)).toEqual([
    '  isaac.brock@example.com  signed in  the hook was called',
    '  isaac.brock              signed in  the hook was not called',
    '  joan.jett@example.com    refused    the hook was called',
    '  joan.jett@example.com    signed in  the hook was called',
    '  gone.person@example.com  refused    the hook was not called',
    '  cut.off@example.com      refused    the hook was called',
  ])
  expect(stdout.match(/^ACTIVE +OKTA .+$/gm)).toHaveLength(3)
  expect(stdout.match(/^ACTIVE +IMPORT .+$/gm)).toHaveLength(4)
  expect(stdout).not.toMatch(/^[A-Z]+ .*gone\.person/m)
  // Its directory is deleted at the end, so the output must not point to it.
  expect(stdout + stderr).not.toContain('okta-migrate-demo-')
  expect(stdout).toMatch(/okta-migrate import \S+sample-users\.csv --where-enabled .+\n$/)
})

it('the demo prints events for a program, and each call on standard error', async () => {
  const args = ['demo', '--json', '--verbose']
  const { code, stdout, stderr } = await runCommand(args, { TMPDIR: tempDir() })
  expect(code).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.filter(({ event }) => event === 'step').map(({ command }) => command)).toEqual([
    expect.stringMatching(/^okta-migrate register --url http/),
    'okta-migrate import legacy-db/sample-users.csv --where-enabled enabled',
    'okta-migrate users list',
  ])
  expect(lines.filter(({ event }) => event === 'sign-in')).toHaveLength(6)
  expect(lines).toContainEqual(expect.objectContaining({ event: 'summary', created: 6 }))
  expect(stderr.match(/^POST \/api\/v1\/users 200, /gm)).toHaveLength(6)
})
