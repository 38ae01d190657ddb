/** --env-file: what a file of variables gives, what the environment keeps, and what is refused. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readText } from '../../src/commands/context.ts'
import { noticeOfMode, withEnvFile } from '../../src/config/env-file.ts'
import type { Environment } from '../../src/config/load.ts'
import { asAppError } from '../../src/errors/errors.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

const write = (text: string): string => {
  const path = join(tempDir(), 'a.env')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const read = (text: string, env: Environment = {}): Environment =>
  withEnvFile(env, write(text), readText)

const refusal = (path: string): string => {
  try {
    withEnvFile({}, path, readText)
    return 'not refused'
  } catch (err) {
    return asAppError(err).detail ?? ''
  }
}

const FORMAT = '$hash:$salt = md5(md5($pass).$salt)'

describe('a file of variables', () => {
  it.each([
    ['without quotes', `LEGACY_HASH_FORMAT=${FORMAT}`, FORMAT],
    ['in single quotes', `LEGACY_HASH_FORMAT='${FORMAT}'`, FORMAT],
    ['in double quotes', `LEGACY_HASH_FORMAT="${FORMAT}"`, FORMAT],
    ['with # in quotes', `LEGACY_HASH_FORMAT='$hash = md5($pass."#")'`, '$hash = md5($pass."#")'],
    ['of two lines', `LEGACY_HASH_FORMAT='a\nb'  # both`, 'a\nb'],
    ['with export and a comment', 'export LEGACY_HASH_FORMAT=wordpress # php', 'wordpress'],
    ['that is empty, before a comment', 'LEGACY_HASH_FORMAT= # none', ''],
    ['with a comment that has quotes', `LEGACY_HASH_FORMAT="x" # it's "x"`, 'x'],
    ['of two lines, the last with =', `LEGACY_HASH_FORMAT="a\nb="`, 'a\nb='],
    ['with Windows line ends and a mark', '\ufeffLEGACY_HASH_FORMAT=x\r\nB=1\r\n', 'x'],
  ])('gives a value %s as it is', (_, text, value) => {
    expect(read(text)['LEGACY_HASH_FORMAT']).toBe(value)
  })

  it('gives a key of several lines', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIB+/w=\nA=b\n-----END PRIVATE KEY-----'
    expect(read(`OKTA_PRIVATE_KEY="${key}"\n`)['OKTA_PRIVATE_KEY']).toBe(key)
  })

  it('is weaker than the environment, in either form of a name', () => {
    const env = { HOOK_SECRET_FILE: '/a', PORT: '', HOST: '::1' }
    const read2 = read('HOOK_SECRET=b\nPORT=1\nHOST=::\nOPS_PORT=2\n', env)
    expect(read2).toEqual({ ...env, PORT: '1', OPS_PORT: '2' })
    expect(read('HOOK_SECRET_FILE=b', { HOOK_SECRET: 'a' })).toEqual({ HOOK_SECRET: 'a' })
  })

  it.each([
    ['HOOK_SECRET: top', 'line 1 is not NAME=VALUE'],
    ['A=1\n\n# c\ntop', 'line 4 is not NAME=VALUE'],
    ['A=1\nHOOK_SECRET=top#secret', 'line 2 has a # in its value; quote the value'],
    ['HOOK_SECRET=t#top', 'line 1 has a # in its value'],
    ['HOOK_SECRET=#top', 'line 1 has a # in its value'],
    ['A=1\nHOOK_SECRET="stop"top', 'line 2 has text after the closing quote'],
    ["A=1\r\nHOOK_SECRET='it's top'", 'line 2 has text after the closing quote'],
    ['HOOK_SECRET="top\nB=2', 'line 1 opens a quote that is not closed'],
  ])('is refused where Node.js would read it as something else: %j', (text, what) => {
    expect(refusal(write(text))).toContain(what)
    expect(refusal(write(text))).not.toContain('top')
  })

  it('is refused where it is not there, or no file', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'd'))
    expect(refusal(join(dir, 'no.env'))).toContain('there is no such file')
    expect(refusal(join(dir, 'd'))).toContain('is not a regular file')
  })

  it('is told of where everybody can read it, except on Windows', () => {
    const path = write('A=1')
    expect(noticeOfMode(path)).toBeUndefined()
    chmodSync(path, 0o644)
    expect(noticeOfMode(path)).toContain(`chmod o-r ${path}`)
    expect(noticeOfMode(path, 'win32')).toBeUndefined()
  })
})

describe('--env-file', () => {
  it.each([
    [['--env-file', 'FILE', 'check'], 'before the command'],
    [['check', '--env-file', 'FILE'], 'after it'],
    [['check', '--env-file=FILE'], 'in one word'],
  ])('%j is read %s', async (args) => {
    const path = write('HOOK_SECRET=short-secret\nNODE_ENV=production\n')
    chmodSync(path, 0o644)
    const given = args.map((arg) => arg.replace('FILE', path))
    const { code, stderr } = await runCommand(given, { LEGACY_DB_URL: 'sqlite:/none' })
    expect(stderr).toContain(`chmod o-r ${path}`)
    expect(stderr).toContain('HOOK_SECRET is too short')
    expect(stderr).not.toContain('LEGACY_DB_URL')
    expect(code).toBe(2)
  })

  it.each([
    [['--env-file', 'FILE', 'check', '--env-file', 'FILE']],
    [['check', '--env-file', 'FILE', '--env-file=FILE']],
    [['--env-file', 'FILE', 'users', '--env-file', 'FILE', 'list']],
  ])('is refused twice: %j', async (args) => {
    const path = write('A=1')
    const given = args.map((arg) => arg.replace('FILE', path))
    const { code, stderr } = await runCommand(given)
    expect(stderr).toContain('Only one --env-file is read, and there are several.')
    expect(code).toBe(2)
  })

  it('ends the command where the file is not there, by Node.js or by us', async () => {
    const args = ['check', '--env-file', '/no/such.env']
    const byNode = await runCommand(args)
    expect(byNode.code).toBeGreaterThan(0)
    expect(byNode.stderr).toContain('/no/such.env')
    const { code, stderr } = await startCommand(args, {}, '', tempDir(), ['--']).ended
    expect(code).toBe(2)
    expect(stderr).toContain('--env-file /no/such.env: there is no such file')
  })
})
