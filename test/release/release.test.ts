/** What must not be published: each guard of `npm run release`, and of a bare `npm publish`. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../support/temp.ts'

const ROOT = join(import.meta.dirname, '../..')

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
    ...{ cwd, encoding: 'utf8' },
  })

const put = (dir: string, name: string, text: string): void => writeFileSync(join(dir, name), text)

const MANIFEST = { name: 'package-of-a-test', version: '1.2.3', type: 'module' }

/** A checkout that may be published. */
const makeCheckout = (): string => {
  const dir = tempDir()
  mkdirSync(join(dir, 'node_modules/.cache'), { recursive: true })
  mkdirSync(join(dir, 'tools'))
  cpSync(join(ROOT, 'tools/release.ts'), join(dir, 'tools/release.ts'))
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { release: string; prepublishOnly: string }
  }
  const { release, prepublishOnly } = scripts
  put(dir, 'package.json', JSON.stringify({ ...MANIFEST, scripts: { release, prepublishOnly } }))
  put(dir, '.gitignore', 'node_modules/\n')
  put(dir, 'CHANGELOG.md', '# Changelog\n\n## 1.2.3 (2026-01-31)\n\n## 1.2.2 (2025-01-31)\n')
  git(dir, 'init', '--quiet')
  commit(dir)
  return dir
}

/** As if `.ci/run` had passed. */
const commit = (dir: string): void => {
  git(dir, 'add', '.')
  git(dir, 'commit', '--quiet', '--message', 'all')
  put(dir, 'node_modules/.cache/ci-passed', git(dir, 'rev-parse', 'HEAD'))
}

const run = (cwd: string, program: string, ...args: readonly string[]) => {
  // Only a name and an address that the test gives: a machine may have none.
  const who = { name: 'test', email: 'test@example.com' }
  const env = { ...process.env, GIT_COMMITTER_NAME: who.name, GIT_COMMITTER_EMAIL: who.email }
  const shell = process.platform === 'win32'
  return spawnSync(program, args, { cwd, env, shell, encoding: 'utf8' })
}

const release = (dir: string) => run(dir, process.execPath, 'tools/release.ts')

describe('npm run release', () => {
  it('makes the tag of a checkout that is ready', () => {
    const dir = makeCheckout()
    const { status, stdout, stderr } = release(dir)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe('The tag v1.2.3 is made. To publish it: git push origin v1.2.3\n')
    expect(git(dir, 'tag')).toBe('v1.2.3\n')
  })

  it.each<[string, RegExp, (dir: string) => void]>([
    [
      'a placeholder',
      /^- These files have a PLACEHOLDER.: SECURITY\.md\. /m,
      (dir) => {
        put(dir, 'SECURITY.md', `Write to ${['PLACEHOLDER', 'CONTACT'].join('-')}.\n`)
        commit(dir)
      },
    ],
    [
      'a private package',
      /^- package\.json says "private"\. /m,
      (dir) => {
        put(dir, 'package.json', JSON.stringify({ ...MANIFEST, private: true }))
        commit(dir)
      },
    ],
    ...['1.2.3 (unreleased)', '1.2.4 (2026-01-31)', '1.2.3 (2026-13-31)', '1.2.3 (2999-01-01)'].map(
      (heading): [string, RegExp, (dir: string) => void] => [
        `the changelog's heading ${heading}`,
        /^- The first heading of CHANGELOG\.md is not 1\.2\.3 \(YEAR-MONTH-DAY\)\. /m,
        (dir) => {
          put(dir, 'CHANGELOG.md', `# Changelog\n\n## ${heading}\n\n## 1.2.3 (2025-01-31)\n`)
          commit(dir)
        },
      ],
    ),
    [
      'changes without a commit',
      /^- There are changes without a commit\. /m,
      (dir) => put(dir, 'CHANGELOG.md', '# Changelog\n\n## 1.2.3 (2026-01-30)\n'),
    ],
    [
      'a commit that was not tested',
      /^- This commit has not passed \.ci\/run here\. /m,
      (dir) => git(dir, 'commit', '--quiet', '--allow-empty', '--message', 'more'),
    ],
  ])('refuses %s', (_, message, change) => {
    const dir = makeCheckout()
    change(dir)
    const { status, stdout, stderr } = release(dir)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr.match(/^- /gm)).toHaveLength(1)
    expect(stderr).toMatch(message)
    expect(git(dir, 'tag')).toBe('')
  })
})

describe('npm publish', () => {
  it('asks the same guards', () => {
    const dir = makeCheckout()
    git(dir, 'commit', '--quiet', '--allow-empty', '--message', 'more')
    const { status, stderr } = run(dir, 'npm', 'publish', '--dry-run')
    expect(status).not.toBe(0)
    expect(stderr).toContain('Nothing is published:\n- This commit has not passed .ci/run here.')
  })
})
