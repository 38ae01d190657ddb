/** Files of earlier versions, made by those versions: this version continues with each of them. */
import Database from 'better-sqlite3'
import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openHistory } from '../src/ledger/database/history.ts'
import { startFakeOkta } from './support/fake-okta.ts'
import { makeForwarder } from './support/forwarder.ts'
import { runImport } from './support/import.ts'
import { runSql } from './support/ledger-sql.ts'
import { tempDir } from './support/temp.ts'

const FOLDER = join(import.meta.dirname, 'vectors/earlier')
const REVISIONS = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const take = (revision: string, name: string, path: string): string => {
  copyFileSync(join(FOLDER, revision, name), path)
  return path
}

/** Okta's stand-in has another port now than when the journal was made. */
const moveOrg = (journal: string, url: string): void => {
  const db = new Database(journal)
  db.prepare("UPDATE settings SET value = ? WHERE name = 'the org'").run(url)
  db.close()
}

const statesIn = (journal: string): unknown[] => {
  const db = new Database(journal, { readonly: true })
  try {
    return db.prepare('SELECT state FROM rows ORDER BY number').pluck().all()
  } finally {
    db.close()
  }
}

it('files of three versions are there', () => {
  expect(REVISIONS.length).toBeGreaterThanOrEqual(3)
})

describe.each(REVISIONS)('with the files of %s', (revision) => {
  it('the journal of a killed import is continued, and no user is created twice', async () => {
    const dir = tempDir()
    const okta = await startFakeOkta()
    const now = new Date().toISOString()
    for (const name of ['ada', 'bob', 'dora']) {
      okta.seed(`${name}@example.com`, now, { email: `${name}@example.com` })
    }
    const file = join(dir, 'users.csv')
    copyFileSync(join(FOLDER, 'users.csv'), file)
    const journal = take(revision, 'journal.sqlite', join(dir, 'journal'))
    moveOrg(journal, okta.url)
    const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
    const { code, stderr } = await runImport([file, '--journal', journal, '--json'], env)
    expect([code, stderr]).toEqual([1, ''])
    // Dora may have been sent, and is there. Eve was not sent.
    const created = okta.creates().map(({ body }) => (body?.['profile'] as { login: string }).login)
    expect(created).toEqual(['eve@example.com'])
    expect(statesIn(journal)).toEqual([
      'created',
      'rejected',
      'existing',
      'failed',
      'created',
      'created',
    ])
  })

  it('the ledger takes what waits in a spill file, and each decision is there once', async () => {
    const dir = tempDir()
    const url = `sqlite:${take(revision, 'ledger.sqlite', join(dir, 'ledger.sqlite'))}`
    take(revision, 'spill.sqlite', join(dir, 'okta-migrate-spill.sqlite'))
    const { forwarder } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    await forwarder.close()
    expect(
      await runSql(
        url,
        `SELECT coalesce(okta_event_id, event_id) AS event, outcome, reason, hash_cost
           FROM ledger_decisions ORDER BY id`,
      ),
    ).toEqual([
      { event: 'one', outcome: 'VERIFIED', reason: 'match', hash_cost: 4 },
      { event: 'two', outcome: 'UNVERIFIED', reason: 'mismatch', hash_cost: 4 },
      { event: 'three', outcome: 'UNVERIFIED', reason: 'unknown_login', hash_cost: null },
      { event: 'four', outcome: 'VERIFIED', reason: 'match', hash_cost: 4 },
      { event: 'five', outcome: 'UNVERIFIED', reason: 'mismatch', hash_cost: 4 },
    ])
    const history = openHistory({ url }, false)
    onTestFinished(() => history.close())
    expect(await history.isCurrent()).toBe(true)
    expect(await history.newest({ limit: 10 })).toHaveLength(5)
    const [account = ''] = (await history.newest({ limit: 1 })).map((row) => row.account)
    const by = { actor: 'olga', note: 'called back', replica: 'desk' }
    const at = new Date().toISOString()
    expect(await history.unlock({ ...by, at, person: 'p', accounts: [account] })).toBe(1)
  })
})
