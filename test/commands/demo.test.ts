/** The whole demo, as `npm run demo` runs it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownCommand } from '../../src/commands/demo/own-command.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

const expectSamples = (stdout: string, stderr: string): void => {
  const words = stderr.split('\n').map((line) => line.split(' ', 1)[0])
  expect(words.slice(0, 7)).toEqual([
    ...['Org', 'Account', 'Mode', 'Rows', 'Duration', 'Journal', 'Rejects'],
  ])
  expect(stdout).toMatch(/^0 failed, 0 warnings, 1 not checked, \d+ ok\.$/m)
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
}

const expectMonths = (stdout: string): void => {
  const months = stdout.slice(stdout.indexOf('Now a company of'))
  const commands = months.match(/^\$ okta-migrate \w+/gm) ?? []
  expect(commands.map((line) => line.split(' ')[2])).toEqual([
    ...['audit', 'register', 'import', 'status', 'who', 'reconcile'],
    ...['import', 'status', 'cutoff', 'cutoff', 'cutoff', 'cutoff', 'cutoff'],
  ])
  expect(months).toContain('2490 created, 0 already there, 0 rejected, 0 failed')
  expect(months).toMatch(/, day 60\. Read 2,491 users/)
  // Moves lie on many days, not on that of the demo.
  expect(months).toMatch(/the last 28 days, at most [1-9]\d? a day/)
  expect(months).toMatch(/come within 90 days after, and must reset/)
  expect(months.match(/UNVERIFIED {2}wrong password$/gm)).toHaveLength(4)
  expect(months).toMatch(/^Decisions +\d+:\d\d .+, GMT\+5:30, /m)
  expect(months).toMatch(/^Now a company of 2,500 people/)
  expect(months).toMatch(/^missing +3 /m)
  expect(months).toMatch(/^leavers +2 /m)
  expect(months).toMatch(/^A page .*: http:\/\/127\.0\.0\.1:\d+\/campaign$/m)
  expect(months).toMatch(/^Deactivated at /m)
  expect(months).toContain('3 of 5 refused people have set a new password themselves.')
  expect(months).toContain('2 reset, 0 left as they are, 0 failed.')
  expect(months).not.toContain('WARNING')
}

it('the demo shows who signs in, and lets a company live through sixty days', async () => {
  const { code, stdout, stderr } = await runCommand(['demo', '--campaign'], {
    TMPDIR: tempDir(),
    TZ: 'Asia/Kolkata',
  })
  expect(code).toBe(0)
  expectSamples(stdout, stderr)
  expectMonths(stdout)
  // Its directory is deleted at the end, so the output must not point to it.
  expect(stdout + stderr).not.toContain('okta-migrate-demo-')
  expect(stdout).toMatch(/^ {2}node \S+src\/cli\.js sandbox$/m)
  expect(stdout).toMatch(/node \S+cli\.js import \S+sample-users\.csv --where-enabled .+\n$/)
})

it('the demo prints events for a program, and each call on standard error', async () => {
  const { code, stdout, stderr } = await runCommand(['demo', '--json', '--verbose'], {
    TMPDIR: tempDir(),
  })
  expect(code).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const steps = lines.filter(({ event }) => event === 'step').map(({ command }) => command)
  expect(steps.slice(0, 4)).toEqual([
    expect.stringMatching(/^okta-migrate register --url http/),
    'okta-migrate doctor --execute --file legacy-db/sample-users.csv',
    'okta-migrate import legacy-db/sample-users.csv --where-enabled enabled',
    'okta-migrate users list',
  ])
  expect(steps).toHaveLength(10)
  expect(lines.filter(({ event }) => event === 'sign-in')).toHaveLength(6)
  expect(lines).toContainEqual(expect.objectContaining({ event: 'summary', created: 6 }))
  expect(lines).toContainEqual(expect.objectContaining({ event: 'months', days: 60 }))
  expect(lines).toContainEqual(expect.objectContaining({ schema: 'okta-migrate/status@1' }))
  expect(stderr.match(/^POST \/api\/v1\/users 200, /gm)).toHaveLength(2_496)
})

it.each([
  ['SIGINT', /hook server at (http:\S+)\./],
  ['SIGTERM', /Now a company of .*[^]*register --url (http:\S+)/],
] as const)('%s ends the demo, its servers and its directory', async (signal, pattern) => {
  const TMPDIR = tempDir()
  const { child, ended, until } = startCommand(['demo'], { TMPDIR })
  const [, hookUrl = ''] = await until(pattern)
  child.kill(signal)
  const { code, stdout } = await ended
  expect(code).toBe(130)
  expect(stdout).toMatch(/Stopped\. .+ are deleted\.\n$/)
  expect(readdirSync(TMPDIR)).toEqual([])
  await expect(fetch(`${hookUrl}/livez`)).rejects.toThrow()
})

it.each(['demo', 'serve'])('%s says which directory it needs', async (command) => {
  const TMPDIR = `${tempDir()}/gone`
  const { code, stderr } = await runCommand([command], { TMPDIR, PORT: '0' })
  expect(code).toBe(2)
  expect(stderr).toContain('cannot make a directory for its files')
  expect(stderr).toContain(`${TMPDIR}: ENOENT`)
  expect(stderr).toContain('Set TMPDIR')
})

it('a reader that has seen enough ends it, too', async () => {
  const TMPDIR = tempDir()
  const { child, until } = startCommand(['demo'], { TMPDIR })
  const [, hookUrl = ''] = await until(/hook server at (http:\S+)\./)
  child.stdout.destroy()
  await new Promise((resolve) => child.once('exit', resolve))
  expect(readdirSync(TMPDIR)).toEqual([])
  await expect(fetch(`${hookUrl}/livez`)).rejects.toThrow()
})

it('the demo ends with commands that can be typed where it runs', () => {
  const installed = join('/srv/node_modules/okta-password-import-hook/dist/cli.js')
  expect(ownCommand(join(process.cwd(), 'src/cli.js'), {})).toEqual(['node', join('src/cli.js')])
  expect(ownCommand(installed, {})).toEqual(['okta-migrate'])
  expect(ownCommand(installed, { npm_command: 'exec' })).toEqual([
    ...['npx', 'okta-password-import-hook'],
  ])
})
