/** The whole story, as `npm run demo` tells it. */
import { expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

it('is told offline: who signs in, who does not, and who is left', async () => {
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
  expect(stdout.match(/^ {2}\S+ +(?:signed in|refused) +the hook was (?:not )?asked/gm)).toEqual([
    '  isaac.brock@example.com  signed in  the hook was asked',
    '  isaac.brock              signed in  the hook was not asked',
    '  joan.jett@example.com    refused    the hook was asked',
    '  joan.jett@example.com    signed in  the hook was asked',
    '  gone.person@example.com  refused    the hook was not asked',
    '  cut.off@example.com      refused    the hook was asked',
  ])
  expect(stdout.match(/^ACTIVE +OKTA .+$/gm)).toHaveLength(3)
  expect(stdout.match(/^ACTIVE +IMPORT .+$/gm)).toHaveLength(4)
  expect(stdout).not.toMatch(/^[A-Z]+ .*gone\.person/m)
})
