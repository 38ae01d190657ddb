/** The file of people who were there already: who they are in Okta, and whether they can use the hook. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runImport } from '../support/import.ts'
import { HOOK_PASSWORD, profileFor, startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const PEOPLE = ['open', 'gone', 'staged', 'own', 'reset', 'new', 'more']

const start = async () => {
  const sandbox = await startTestSandbox()
  const make = async (name: string, more: object, query = ''): Promise<string> => {
    const { body } = await sandbox.create(profileFor(`${name}@x.example`), more, query)
    return (body as { id: string }).id
  }
  const ids = {
    open: await make('Open', HOOK_PASSWORD),
    gone: await make('gone', HOOK_PASSWORD),
    staged: await make('staged', HOOK_PASSWORD, '?activate=false'),
    own: await make('own', { credentials: { password: { value: 'Float on, 2004!' } } }),
    reset: await make('reset', HOOK_PASSWORD),
    more: await make('more', HOOK_PASSWORD),
  }
  await sandbox.call('POST', `/api/v1/users/${ids.gone}/lifecycle/deactivate`)
  await sandbox.call('POST', `/api/v1/users/${ids.reset}/lifecycle/reset_password?sendEmail=false`)
  const dir = tempDir()
  const file = join(dir, 'users.csv')
  const rows = PEOPLE.map((name) => `${name}@x.example,A,B\n`)
  writeFileSync(file, `email,firstName,lastName\n${rows.join('')}`)
  const env = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: TOKEN }
  const run = (...args: string[]) => runImport([file, ...args], env)
  const existing = join(dir, 'users.existing.csv')
  return { ids, run, dir, existing }
}

const HEAD = 'import_line,login,okta_id,status,provider,can_use_hook,why,changed'

describe('people who were there already', () => {
  it('are listed with their status in Okta, and whether they can use the hook', async () => {
    const { run, existing, ids } = await start()
    const { code, stdout } = await run('--limit', '6')
    expect(code).toBe(0)
    const lines = [
      HEAD,
      `2,Open@x.example,${ids.open},ACTIVE,IMPORT,yes,,`,
      `3,gone@x.example,${ids.gone},DEPROVISIONED,IMPORT,no,deactivated in Okta: cannot sign in,`,
      `4,staged@x.example,${ids.staged},STAGED,IMPORT,no,not activated in Okta yet: cannot sign in,`,
      `5,own@x.example,${ids.own},ACTIVE,OKTA,no,Okta has a password of its own,`,
      `6,reset@x.example,${ids.reset},RECOVERY,IMPORT,no,the password is being reset: only the link in the mail leads on,`,
    ]
    expect(readFileSync(existing, 'utf8').trimEnd().split('\r\n')).toEqual(lines)
    expect(statSync(existing).mode & 0o777).toBe(0o600)
    expect(stdout).toContain('Already there: 2 ACTIVE, 1 DEPROVISIONED, 1 STAGED, 1 RECOVERY.')
    expect(stdout).toContain(
      '1 of them is deactivated in Okta (DEPROVISIONED) and cannot sign in until an admin activates them there.',
    )
    rmSync(existing)
    const again = await run('--json')
    expect(JSON.parse(again.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      existing: 6,
      existingByStatus: { ACTIVE: 3, DEPROVISIONED: 1, STAGED: 1, RECOVERY: 1 },
    })
    expect(readFileSync(existing, 'utf8').trimEnd().split('\r\n')).toEqual([
      ...lines,
      `8,more@x.example,${ids.more},ACTIVE,IMPORT,yes,,`,
    ])
  })

  it('leave no file where there are none, not even the file of another import', async () => {
    const { run, existing, dir } = await start()
    const none = join(dir, 'none.csv')
    writeFileSync(none, 'email,firstName,lastName\nnobody@x.example,A,B\n')
    await run('--dry-run')
    expect(existsSync(existing)).toBe(false)
    writeFileSync(existing, 'of another import')
    await run('--limit', '1', '--journal', join(dir, 'j'), '--existing', join(dir, 'other.csv'))
    expect(readFileSync(existing, 'utf8')).toBe('of another import')
    await run('--dry-run')
    expect(readFileSync(existing, 'utf8')).toBe('of another import')
  })

  it('end the run where their file cannot be written, with what to do', async () => {
    const { run, dir } = await start()
    const { code, stderr } = await run('--existing', join(dir, 'not', 'there.csv'))
    expect(code).toBe(1)
    expect(stderr).toContain('The output cannot be written.')
    expect(stderr).toContain('there.csv')
  })
})
