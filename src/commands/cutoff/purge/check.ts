/** Performs `purge --check`: looks in the legacy store for hashes of the people of a purge. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type Database from 'better-sqlite3'
import { readProof, type PurgeProof } from '../../../cutoff/purge/proof.ts'
import { readStatement } from '../../../cutoff/purge/script.ts'
import { readTemplate } from '../../../cutoff/purge/template.ts'
import { AppError, messageOf } from '../../../errors/errors.ts'
import { readLines } from '../../../import/sources/lines.ts'
import { piecesOf } from '../../../import/sources/bytes.ts'
import { openPrivateFile } from '../../../sql/private-file.ts'
import { readText, createPrint, type CommandContext } from '../../context.ts'
import type { PurgeOptions } from './options.ts'
import { purgeSettings } from './settings.ts'
import { kindOfStore, prepareTarget, readTarget } from './read.ts'
import { describeChecked, type CheckedPurge } from './report.ts'

const MAX_PROOF_BYTES = 4 * 1024 * 1024
const FIRST = 10

const TABLE = `
  CREATE TABLE named (hex TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;`

const COUNT = `
  SELECT count(*) AS people, count(*) FILTER (WHERE t.digest = n.digest) AS "left",
         count(*) FILTER (WHERE t.digest <> '' AND t.digest <> n.digest) AS changed,
         count(*) FILTER (WHERE t.id IS NULL AND @mustBeThere) AS missing
    FROM named n LEFT JOIN temp.target t ON t.hex = n.hex`

const FIRST_IDS = `
  SELECT t.id FROM named n JOIN temp.target t ON t.hex = n.hex WHERE t.digest <> '' ORDER BY n.hex LIMIT ${FIRST}`

const refuse = (detail: string, cause?: unknown): never => {
  throw new AppError('purge_unreadable', { detail, cause })
}

/** @returns the SHA-256 of the file */
const readScript = async (path: string, db: Database.Database): Promise<string> => {
  const add = db.prepare('INSERT INTO named VALUES (?, ?)')
  const hash = createHash('sha256')
  async function* bytes() {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      yield chunk
    }
  }
  db.exec('BEGIN')
  for await (const lines of readLines(piecesOf(bytes()))) {
    for (const { text } of lines) {
      const found = readStatement(text)
      if (found) add.run(found.hex, found.digest)
    }
  }
  db.exec('COMMIT')
  return hash.digest('hex')
}

const loadNamed = async (
  { script, counts }: PurgeProof,
  path: string,
  db: Database.Database,
): Promise<void> => {
  const sha256 = await readScript(path, db).catch((err: unknown) =>
    refuse(`${path}: ${messageOf(err)}`, err),
  )
  const count = db.prepare<[], number>('SELECT count(*) FROM named').pluck().get()
  if (sha256 !== script.sha256 || count !== counts.purged)
    refuse(`${path} is not the file that the proof was written with.`)
}

const openProof = (path: string): PurgeProof => {
  const text = (() => {
    try {
      return readText(path, MAX_PROOF_BYTES)
    } catch (err) {
      return refuse(`${path}: ${messageOf(err)}`, err)
    }
  })()
  return readProof(text, path)
}

export const runPurgeCheck = async (
  context: CommandContext,
  options: PurgeOptions,
): Promise<number> => {
  const proof = openProof(options.proof)
  const { store } = purgeSettings({ context })
  if (kindOfStore(store) !== proof.dialect)
    refuse(`The purge is for ${proof.dialect}, and LEGACY_DB_URL is another kind of database.`)
  const template = readTemplate(proof.statement, proof.hashColumn)
  const db = openPrivateFile('', 0, (opened) => void opened.exec(TABLE))
  try {
    await loadNamed(proof, options.out, db)
    await readTarget(store, await prepareTarget(store, template), db)
    // The statement may have set a column of its own condition: those rows are there too.
    if (template.others !== '')
      await readTarget(store, await prepareTarget(store, { ...template, others: '' }), db)
    const mustBeThere = Number(template.left !== undefined)
    const counted = db.prepare<[object], Omit<CheckedPurge, 'firstIds'>>(COUNT).get({ mustBeThere })
    const firstIds = db.prepare<[], string>(FIRST_IDS).pluck().all()
    const checked = { people: 0, left: 0, changed: 0, missing: 0, ...counted, firstIds }
    const words = describeChecked(checked, template.table)
    createPrint(context, options)(words, { event: 'checked', ...checked })
    return checked.left + checked.changed + checked.missing === 0 ? 0 : 1
  } finally {
    db.close()
  }
}
