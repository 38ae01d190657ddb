/** A migration under way, for the commands of the documents: a store, a sandbox, a ledger, and a hook server. */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { JWK } from 'jose'
import { join } from 'node:path'
import { DAY_MS } from '../../../src/clock.ts'
import {
  addMoved,
  addPending,
  decided,
  LEGACY_HASH,
  makeLedger,
  makeLegacyStore,
  oktaOf,
} from '../campaign.ts'
import { startCommand } from '../command.ts'
import { hookBody, startTestSandbox, type TestSandbox } from '../sandbox.ts'

const SECRETS = {
  HOOK_SECRET: 'a-secret-of-the-hook-that-is-long-enough',
  EVENT_HOOK_SECRET: 'a-secret-of-the-events-that-is-long-enough',
}

const LOOKUP = 'SELECT id, login, password_hash, enabled FROM people WHERE lower(login) = :login'

/** Of the account that a reader tries the hook with. */
export const KNOWN_PASSWORD = 'Float on, 2004!'

const KNOWN_LOGIN = 'p11@example.com'

const PEOPLE = Array.from({ length: 12 }, (_, id) => ({
  ...{ id, login: id === 7 ? 'isaac.brock@example.com' : `p${id}@example.com` },
  hash: id === 11 ? hashSync(KNOWN_PASSWORD, 4) : LEGACY_HASH,
  ...{ wave: id % 2 ? 'north' : 'south', seen: '2026-09-01', changed: '2026-08-01' },
}))

/** Files that the documents take for granted. */
const writeFiles = (dir: string): void => {
  const csv = PEOPLE.map(({ login, wave }) => `${login},${LEGACY_HASH},${wave}`).join('\n')
  writeFileSync(join(dir, 'users.csv'), `mail,pw,department\n${csv}\n`)
  const lines = PEOPLE.map(({ login }) => JSON.stringify({ login, password_hash: LEGACY_HASH }))
  writeFileSync(join(dir, 'directory.jsonl'), lines.join('\n'))
  mkdirSync(join(dir, 'reconcile'))
}

/** An app whose public key an admin pastes into Okta when a document has made it. */
const appIn = (dir: string) => ({
  clientId: '0oaXXXXXXXXXXXXXXXXX',
  scopes: ['okta.users.read' as const],
  requiresDpop: false,
  get keys() {
    return [JSON.parse(readFileSync(join(dir, 'okta-public-key.json'), 'utf8')) as JWK]
  },
})

/** Four weeks ago the first three have moved, and the last one is not in Okta. */
const fillOrg = async (org: TestSandbox, hookUrl: string, isUnderWay: boolean) => {
  const { body } = await org.call('GET', '/api/v1/policies?type=PASSWORD')
  const [policy] = body as { id: string }[]
  const token = { recoveryToken: { tokenLifetimeMinutes: 10_080 } }
  const settings = { recovery: { factors: { okta_email: { properties: token } } } }
  await org.call('PUT', `/api/v1/policies/${policy?.id}`, { ...policy, settings })
  const authScheme = { type: 'HEADER', key: 'Authorization', value: SECRETS.HOOK_SECRET }
  const hook = hookBody(`${hookUrl}/hooks/okta/password-import`, { authScheme })
  if (isUnderWay) await org.call('POST', '/api/v1/inlineHooks', hook)
  for (const { id, login } of PEOPLE.slice(0, -1)) {
    await (id < 3 ? addMoved(org, login) : addPending(org, login))
  }
}

/** As `init` writes it. */
export const writeEnvFile = (dir: string, env: Readonly<Record<string, string>>): void => {
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(join(dir, '.env'), lines.join(''), { mode: 0o600 })
}

/**
 * @param dir where the commands run
 * @param isUnderWay Okta has known the hook server for four weeks
 */
export const startStage = async (dir: string, isUnderWay: boolean) => {
  writeFiles(dir)
  const store = makeLegacyStore(dir, PEOPLE)
  const db = new Database(join(dir, 'legacy.sqlite'))
  // One of the documents names its table so.
  db.exec(
    'CREATE TABLE accounts AS SELECT * FROM people; CREATE INDEX by_login ON people (lower(login))',
  )
  db.close()
  const tried = [
    decided('id 7', 'UNVERIFIED'),
    ...[0, 1, 2].map((id) => decided(`id ${id}`, 'VERIFIED')),
  ]
  const ledger = await makeLedger(dir, tried)
  const startedAt = Date.now() - (isUnderWay ? 28 * DAY_MS : 0)
  const org = await startTestSandbox({ startedAt, groups: [{ name: 'north' }], apps: [appIn(dir)] })
  const env: Record<string, string> = {
    ...store,
    LEGACY_LOOKUP_SQL: LOOKUP,
    ...ledger,
    ...SECRETS,
    ...oktaOf(org),
  }
  const server = startCommand(['serve'], { ...env, PORT: '0' })
  const [, hookUrl = ''] = await server.until(/"url":"(http:[^"]+?)\/?"/)
  await fillOrg(org, hookUrl, isUnderWay)
  if (isUnderWay) await org.call('PUT', '/sandbox/clock', { to: new Date().toISOString() })
  const group = org.groups.find(({ profile }) => profile.name === 'north')
  return { env, hookUrl, group: group?.id ?? '' }
}

type Stage = Awaited<ReturnType<typeof startStage>>

/** The id of the only one of its kind, as a reader sees it in Okta. */
export const shownId = (kind: 'inlineHooks' | 'eventHooks'): string =>
  `$(curl -s "$OKTA_ORG_URL/api/v1/${kind}" -H "Authorization: SSWS $OKTA_API_TOKEN" |
    sed 's/^.{"id":"\\([^"]*\\)".*/\\1/')`

/** What a reader writes in place of the names, secrets and ids of the documents. */
export const filledIn = (script: string, { env, hookUrl, group }: Stage): string =>
  script
    .replaceAll('https://hook.example.com', hookUrl)
    .replaceAll('https://acme.okta.com', env['OKTA_ORG_URL'] ?? '')
    .replaceAll(/\b(OKTA_API_TOKEN|HOOK_SECRET|EVENT_HOOK_SECRET)=…/g, (_, name: string) => {
      return `${name}=${env[name]}`
    })
    .replaceAll(/postgres:\/\/\w+:…@ledger\.example\.com\/ledger/g, env['LEDGER_DB_URL'] ?? '')
    .replaceAll('HOST=0.0.0.0', 'HOST=127.0.0.1')
    .replaceAll('test@example.com', KNOWN_LOGIN)
    .replaceAll(' HOOK_ID=…', ` HOOK_ID=${shownId('inlineHooks')}`)
    .replaceAll('EVENT_HOOK_ID=…', `EVENT_HOOK_ID=${shownId('eventHooks')}`)
    .replaceAll('http://127.0.0.1:8081/', `${hookUrl}/hooks/okta/events`)
    .replaceAll('"a secret"', `"${env['EVENT_HOOK_SECRET']}"`)
    .replaceAll('"password": "…"', `"password": "${KNOWN_PASSWORD}"`)
    .replaceAll('00gXXXXXXXXXXXXXXXXX', group)
