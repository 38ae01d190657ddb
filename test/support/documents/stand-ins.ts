/** The only commands of the documents that do not run as they are printed, each with the reason. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

const HERE = join(REPOSITORY, 'test/support/documents')

const inNode = (file: string): string => `exec '${process.execPath}' '${join(HERE, file)}'`

interface StandIn {
  readonly why: string
  /** Runs in place of the program. Where it can, it checks what it is given. */
  readonly script: string
}

/** A script is the first argument of npm, or the second after `run`. */
const NPM = `[ "$1" != run ] || shift
[ "$1" != ci ] || exit 0
[ "$1" != install ] || exec grep -q "^  \\"name\\": \\"$3\\"" package.json
grep -q "^    \\"$1\\": " package.json`

const NPX = `[ "$1" != vitest ] || exec ls -d "${REPOSITORY}$3"
grep -q "^  \\"name\\": \\"$1\\"" package.json && exec okta-migrate "$2" --help > /dev/null`

const INSTALL = '[ "$1" != -d ] || { dirs=-d; shift; }; shift 2; exec /usr/bin/install $dirs "$@"'

export const STAND_INS: Readonly<Record<string, StandIn>> = {
  docker: { why: 'needs an engine', script: `${inNode('stand-in.ts')} docker "$@"` },
  kubectl: { why: 'needs a cluster', script: `${inNode('stand-in.ts')} kubectl "$@"` },
  terraform: {
    why: 'needs a provider and a state',
    script: 'case "$1" in import | plan) ;; *) exit 1 ;; esac',
  },
  chmod: { why: 'only root can write what is read-only', script: 'shift; ls -d "$@" > /dev/null' },
  chown: { why: 'only root can give files away', script: 'shift; ls -d "$@" > /dev/null' },
  install: { why: 'the same: without the owner', script: INSTALL },
  npm: {
    why: 'it would install into the real checkout, and run these tests: see .ci/run',
    script: NPM,
  },
  npx: { why: 'the same', script: NPX },
  date: { why: 'the backup is restored under the day of the document', script: 'echo 2026-11-24' },
  openssl: {
    why: 'the hook server that is under way has its secrets already',
    script: 'echo a-secret-of-the-hook-that-is-long-enough',
  },
}

/** Programs that people have from an installation or a build, from the sources: see okta-migrate.ts. */
export const OURS: Readonly<Record<string, string>> = {
  // A call that is refused ends the test.
  curl: 'exec /usr/bin/curl --fail-with-body "$@"',
  'okta-migrate': `${inNode('okta-migrate.ts')} "$@"`,
  node: `[ "$1" = dist/cli.js ] || exec '${process.execPath}' "$@"; shift; ${inNode('okta-migrate.ts')} "$@"`,
}

interface Elsewhere {
  readonly document: string
  /** All of them, if not given. */
  readonly section?: string
  readonly why: string
}

/** Sections whose commands run in another test, or in none. */
export const ELSEWHERE: readonly Elsewhere[] = [
  { document: 'README.md', section: 'Five minutes', why: 'first-hour.test.ts' },
  {
    document: 'docs/CUT-OVER.md',
    section: 'Days after: reset, only if you must',
    why: '`--who likely` needs a forecast, and that needs 500 people who have moved: cutoff-reset.test.ts',
  },
  { document: 'docs/FIRST-HOUR.md', why: 'first-hour.test.ts' },
  {
    document: 'docs/LEGACY-LOGIN.md',
    section: 'An endpoint of your own',
    why: 'legacy-login-document.test.ts',
  },
  {
    document: 'docs/LEGACY-LOGIN.md',
    section: 'The password grant of OAuth 2.0',
    why: 'legacy-login-document.test.ts',
  },
  {
    document: 'docs/LEGACY-LOGIN.md',
    section: 'Amazon Cognito',
    why: 'needs a user pool; legacy-login.test.ts knows its variables',
  },
  {
    document: 'docs/LEGACY-LOGIN.md',
    section: 'LDAP',
    why: 'needs directories of these names; test/legacy/ldap has a real one',
  },
  { document: 'docs/OPERATIONS.md', section: 'Backup', why: 'real databases: backup.test.ts' },
  { document: 'docs/OPERATIONS.md', section: 'Restore', why: 'real databases: backup.test.ts' },
]

export const isElsewhere = (document: string, section: string): boolean =>
  ELSEWHERE.some(
    (one) => one.document === document && (one.section === undefined || one.section === section),
  )
