/** The files of `okta-migrate audit`: which ones it replaces, and which it leaves behind. */
import { hashSync } from 'bcryptjs'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peopleStore, runAudit } from '../support/audit.ts'
import { tempDir } from '../support/temp.ts'

const HASH = hashSync('Float on', 4)
const store = () => peopleStore(['login', 'password_hash'], [['ann@example.com', HASH]])

describe('a file that is there already', () => {
  it.each(['users.csv', 'users.csv.new', 'users.csv.notes.new'])(
    'and is no list of an audit is kept (%s)',
    async (name) => {
      const dir = tempDir()
      writeFileSync(join(dir, name), 'login,password_hash\n')
      const { code, stderr } = await runAudit(store(), '--routes', join(dir, 'users.csv'))
      expect(stderr).toContain('is there already, is not a list of this kind, and is not replaced')
      expect(stderr).toContain('Give another name for the output')
      expect(readFileSync(join(dir, name), 'utf8')).toBe('login,password_hash\n')
      expect([code, readdirSync(dir)]).toEqual([1, [name]])
    },
  )

  it('is kept where it is the store itself', async () => {
    const env = store()
    const path = env['LEGACY_DB_URL']?.slice('sqlite:'.length) ?? ''
    const before = readFileSync(path)
    expect((await runAudit(env, '--blocked', path)).code).toBe(1)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('is replaced where it is a list, or the rest of a run that was killed', async () => {
    const dir = tempDir()
    const path = join(dir, 'routes.csv')
    const env = store()
    expect((await runAudit(env, '--routes', path)).code).toBe(0)
    const list = readFileSync(path)
    writeFileSync(`${path}.new`, list)
    writeFileSync(`${path}.notes.new`, `${'-'.repeat(16)}0 ["row 1",""]\n`)
    expect((await runAudit(env, '--routes', path)).code).toBe(0)
    expect(readdirSync(dir)).toEqual(['routes.csv'])
  })
})

describe('a list that cannot be written', () => {
  it.each(['nowhere/blocked.csv', 'folder'])(
    'ends the audit before it reads, and leaves no file (%s)',
    async (name) => {
      const dir = tempDir()
      mkdirSync(join(dir, 'folder'))
      const args = ['--routes', join(dir, 'routes.csv'), '--blocked', join(dir, name)]
      const { code, stdout } = await runAudit(store(), ...args)
      expect([code, stdout, readdirSync(dir)]).toEqual([1, '', ['folder']])
    },
  )
})
