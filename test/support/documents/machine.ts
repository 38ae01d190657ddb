/** The files that the documents take for granted on a machine, outside of the directory in which the commands run. */
import Database from 'better-sqlite3'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LEGACY_HASH } from '../campaign.ts'
import { makeCertificate } from '../certificate.ts'

const USERS = `CREATE TABLE users (uid INTEGER PRIMARY KEY, email TEXT, pw TEXT, active INTEGER, seen_at TEXT,
    first_name TEXT, last_name TEXT, department TEXT);
  CREATE INDEX users_email ON users (lower(email))`

/** @param root stands for `/` */
export const prepareMachine = (root: string, secrets: Readonly<Record<string, string>>): void => {
  for (const path of ['data', 'tls', 'run/secrets']) {
    mkdirSync(join(root, path), { recursive: true })
  }
  const db = new Database(join(root, 'data/legacy.sqlite'))
  db.exec(USERS)
  const insert = db.prepare('INSERT INTO users VALUES (?, ?, ?, 1, ?, ?, ?, ?)')
  for (let no = 1; no <= 8; no += 1) {
    const wave = no % 2 ? 'north' : 'south'
    insert.run(no, `u${no}@example.com`, LEGACY_HASH, '2026-09-30', 'Una', 'Two', wave)
  }
  db.close()
  const { certFile, keyFile } = makeCertificate(join(root, 'tls'), 'hook')
  renameSync(certFile, join(root, 'tls/fullchain.pem'))
  renameSync(keyFile, join(root, 'tls/privkey.pem'))
  for (const [name, value] of Object.entries(secrets)) {
    writeFileSync(join(root, 'run/secrets', name), `${value}\n`, { mode: 0o600 })
  }
}
