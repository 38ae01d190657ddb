/** The demo mode of the server: a legacy store and a secret for one run, and the calls to try. */
import Database from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../errors/errors.ts'
import { packageFile } from '../../files.ts'
import { HOOK_PATH } from '../../hook/app.ts'
import { codeOf } from '../../sql/failures.ts'

/** One of the sample accounts in `legacy-db/`, whose passwords are no secrets. */
const SAMPLE = { username: 'isaac.brock@example.com', password: 'Float on, 2004!' }

const readSql = (name: string): string => readFileSync(packageFile(`legacy-db/${name}`), 'utf8')

/** @throws AppError `demo_unwritable` */
export const makeDemoDirectory = (parent: string): string => {
  try {
    return mkdtempSync(join(parent, 'okta-migrate-demo-'))
  } catch (cause) {
    throw new AppError('demo_unwritable', { detail: `${parent}: ${codeOf(cause)}`, cause })
  }
}

/**
 * @param parent the directory in which it makes one for the store
 * @throws as `makeDemoDirectory`
 */
export const createDemo = (parent = tmpdir()) => {
  const dir = makeDemoDirectory(parent)
  const path = join(dir, 'legacy.sqlite')
  const db = new Database(path)
  db.exec(readSql('schema.sql'))
  db.exec(readSql('sample-accounts.sql'))
  db.close()
  return {
    secret: randomBytes(24).toString('base64url'),
    legacyDbUrl: `sqlite:${path}`,
    remove: (): void => rmSync(dir, { recursive: true, force: true }),
  }
}

const curlFor = (url: string, secret: string, password: string): string => {
  const payload = {
    eventId: randomBytes(8).toString('hex'),
    eventType: 'com.okta.user.credential.password.import',
    data: { context: { credential: { username: SAMPLE.username, password } } },
  }
  return [
    `curl -sS -w '\\n' ${url}${HOOK_PATH}`,
    `-H 'authorization: ${secret}'`,
    `-H 'content-type: application/json'`,
    `-d '${JSON.stringify(payload)}'`,
  ].join(' ')
}

/** For a script that tries a call on the demo. */
export const demoEvent = (url: string, secret: string): object => ({
  event: 'demo',
  url: url + HOOK_PATH,
  secret,
  ...SAMPLE,
})

export const announceDemo = (url: string, secret: string): string =>
  `
  DEMO MODE: sample accounts and a secret for this run, on this machine only.
  Do not use it for real users. To serve real users, set HOOK_SECRET and LEGACY_DB_URL.

  A right password, answered VERIFIED:

${curlFor(url, secret, SAMPLE.password)}

  A wrong password, answered UNVERIFIED:

${curlFor(url, secret, 'not the password')}

  More accounts to try are in docs/SANDBOX.md. Ctrl-C ends the demo.

`
