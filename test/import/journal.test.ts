/** The journal: intents before outcomes, each row once, through any crash; one process at a time. */
import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { openJournal, type Journal } from '../../src/import/journal/journal.ts'
import type { Candidate, RowOutcome } from '../../src/import/journal/row.ts'
import { fc } from '../support/properties.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { makeTempDir, removeDir, tempDir } from '../support/temp.ts'

const SETTINGS = { '--mode': 'hook' }

const open = (path: string): Journal => openJournal(path, SETTINGS)

const candidate = (number: number, login?: string, digest = `digest ${number}`): Candidate => ({
  number,
  line: number + 1,
  digest: Buffer.from(digest),
  login,
  rejection: login === undefined ? 'email is missing' : undefined,
})

/** A journal as a crash leaves it: whatever is on the disk, under another name. */
const crash = (path: string, to: string): string => {
  for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, to + end)
  return to
}

const refusal = (run: () => unknown): AppError => {
  try {
    run()
  } catch (err) {
    if (err instanceof AppError) return err
    throw err
  }
  throw new Error('nothing was refused')
}

describe('a row', () => {
  it('is recorded on the disk as being sent before it may be sent', () => {
    const dir = tempDir()
    const journal = open(join(dir, 'a'))
    expect(journal.admit([candidate(1, 'a@x')], 77)).toMatchObject([
      { state: 'sending', isNew: true, intendedAt: 77 },
    ])
    const after = open(crash(join(dir, 'a'), join(dir, 'b')))
    expect(after.admit([candidate(1, 'a@x')], 99)).toMatchObject([
      { state: 'sending', isNew: false, intendedAt: 77 },
    ])
    after.close()
    journal.close()
  })

  it('keeps its outcome, and what a person needs to correct it', () => {
    const path = join(tempDir(), 'a')
    const journal = open(path)
    journal.admit([candidate(1, 'a@x'), candidate(2)], 1)
    const outcome = {
      state: 'failed',
      errorCode: 'E0000080',
      requestId: 'r1',
      reason: 'no',
    } as const
    journal.recordOutcome(1, outcome)
    journal.flush()
    journal.close()
    const again = open(path)
    expect(again.admit([candidate(1, 'a@x'), candidate(2)], 2)).toMatchObject([
      { ...outcome, isNew: false },
      { state: 'rejected', reason: 'email is missing', isNew: false },
    ])
    expect(again.counts).toMatchObject({ sending: 0, created: 0, rejected: 1, failed: 1 })
    again.close()
  })

  it('with the login of an earlier one is rejected, and the reason names that one', () => {
    const journal = open('')
    const entries = journal.admit([candidate(1, 'a@x'), candidate(2), candidate(3, 'a@x')], 1)
    expect(entries[2]).toMatchObject({
      state: 'rejected',
      reason: 'login is the same as that of line 2',
    })
    expect(journal.admit([candidate(4, 'a@x')], 1)[0]).toMatchObject({ state: 'rejected' })
    journal.close()
  })

  it('that has changed since is refused, and nothing of its batch is written', () => {
    const journal = open('')
    journal.admit([candidate(1, 'a@x')], 1)
    const changed = [candidate(1, 'a@x', 'other'), candidate(2, 'b@x')]
    expect(refusal(() => journal.admit(changed, 1))).toMatchObject({
      code: 'journal_mismatch',
      detail: 'Row 1 (line 2) has changed since it was first read.',
    })
    expect(journal.last).toBe(1)
    journal.close()
  })
})

describe('a row that is compared with its user', () => {
  const ofAnn = (digest: string, person = 'a@x'): Candidate => ({
    ...candidate(1, person, digest),
    person,
  })

  const settled = (path: string, outcome: RowOutcome): void => {
    const journal = open(path)
    journal.admit([ofAnn('first')], 1)
    journal.recordOutcome(1, outcome)
    journal.flush()
    journal.close()
  }

  const CREATED: RowOutcome = { state: 'created', oktaId: '00u1', requestId: 'r1', madeBy: 'r1' }

  it('is processed again with what is known of the user, and is on the disk before the user is changed', () => {
    const dir = tempDir()
    const path = join(dir, 'a')
    settled(path, CREATED)
    const journal = openJournal(path, SETTINGS, Infinity)
    expect(journal.admit([ofAnn('second')], 9)).toMatchObject([
      { state: 'sending', isNew: true, intendedAt: 9, oktaId: '00u1', madeBy: 'r1', changed: null },
    ])
    expect([journal.reopened, journal.counts]).toMatchObject([1, { created: 0, sending: 1 }])
    journal.recordIntent(1, '00u1', 'city')
    const another = open(crash(path, join(dir, 'c')))
    another.recordIntent(1, '00u2', 'city')
    expect(another.admit([ofAnn('second')], 10)).toMatchObject([{ oktaId: '00u2', madeBy: null }])
    another.close()
    const after = open(crash(path, join(dir, 'b')))
    expect(after.admit([ofAnn('second')], 10)).toMatchObject([
      { state: 'sending', isNew: false, intendedAt: 9, oktaId: '00u1', changed: 'city' },
    ])
    after.close()
    journal.close()
  })

  it('never counts as created by us where its user is another one, whom others may have created', () => {
    const path = join(tempDir(), 'a')
    settled(path, CREATED)
    const journal = openJournal(path, SETTINGS, Infinity)
    journal.admit([ofAnn('second')], 9)
    journal.recordOutcome(1, { state: 'created', oktaId: '00u2' })
    journal.flush()
    expect(journal.admit([ofAnn('second')], 9)).toMatchObject([{ oktaId: '00u2', madeBy: null }])
    journal.close()
  })

  it.each([
    ['without an update', 0, ofAnn('second')],
    ['with the row of another person', Infinity, ofAnn('second', 'b@x')],
  ])('may not have changed %s', (_, updates, row) => {
    const path = join(tempDir(), 'a')
    settled(path, CREATED)
    const journal = openJournal(path, SETTINGS, updates)
    expect(refusal(() => journal.admit([row], 9))).toMatchObject({ code: 'journal_mismatch' })
    journal.close()
  })

  it('stays as it is once it was compared, and where too many were', () => {
    const path = join(tempDir(), 'a')
    settled(path, { ...CREATED, changed: '' })
    const compared = openJournal(path, SETTINGS, Infinity)
    expect(compared.admit([ofAnn('first')], 9)).toMatchObject([{ state: 'created' }])
    compared.close()
    const full = openJournal(path, SETTINGS, 1)
    expect(full.admit([ofAnn('second')], 9)).toMatchObject([{ state: 'sending' }])
    full.recordOutcome(1, { ...CREATED, changed: '' })
    expect(full.admit([ofAnn('third')], 9)).toMatchObject([{ state: 'created' }])
    full.close()
  })
})

/** As the previous version wrote it: no status, no provider, and states that SQLite checks. */
const OLD_SCHEMA = `
  PRAGMA application_id = 0x4f4d494a;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    digest BLOB NOT NULL,
    login TEXT UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('sending', 'created', 'existing', 'rejected', 'failed')),
    intended_at INTEGER NOT NULL,
    okta_id TEXT,
    error_code TEXT,
    request_id TEXT,
    reason TEXT
  ) STRICT;
  INSERT INTO settings VALUES ('--mode', 'hook');
  INSERT INTO rows VALUES
    (1, 2, CAST('digest 1' AS BLOB), 'a@x', 'created', 5, '00u1', NULL, 'r1', NULL),
    (2, 3, CAST('digest 2' AS BLOB), 'b@x', 'existing', 5, NULL, 'E0000001', 'r2', NULL),
    (3, 4, CAST('digest 3' AS BLOB), NULL, 'rejected', 0, NULL, NULL, NULL, 'email is missing'),
    (4, 5, CAST('digest 4' AS BLOB), 'd@x', 'sending', 6, NULL, NULL, NULL, NULL);`

describe('a row that is skipped', () => {
  const skipped = (number: number, digest?: string): Candidate => ({
    ...candidate(number, undefined, digest),
    rejection: undefined,
    isSkipped: true,
  })

  it('blocks no other row, and is processed again once it has changed', () => {
    const path = join(tempDir(), 'a')
    const journal = open(path)
    const first = journal.admit([skipped(1), skipped(2), candidate(3, 'a@x')], 5)
    expect(first.map(({ state }) => state)).toEqual(['skipped', 'skipped', 'sending'])
    expect(journal.counts).toMatchObject({ skipped: 2, sending: 1 })
    journal.close()
    const again = open(path)
    const now = [candidate(1, 'b@x', 'changed'), skipped(2), candidate(3, 'a@x')]
    expect(again.admit(now, 9)).toMatchObject([
      { state: 'sending', isNew: true, intendedAt: 9 },
      { state: 'skipped', isNew: false },
      { state: 'sending', isNew: false, intendedAt: 5 },
    ])
    expect(again.counts).toMatchObject({ skipped: 1, sending: 2 })
    expect(again.admit([candidate(2, 'a@x', 'changed')], 9)).toMatchObject([
      { state: 'rejected', reason: 'login is the same as that of line 4' },
    ])
    expect(again.counts).toMatchObject({ skipped: 0, sending: 2, rejected: 1 })
    expect(refusal(() => again.admit([skipped(1, 'changed again')], 9))).toMatchObject({
      code: 'journal_mismatch',
    })
    again.close()
  })
})

describe('settings', () => {
  it('that the previous version had no option for are as without the option', () => {
    const path = join(tempDir(), 'a')
    const journal = open(path)
    journal.admit([candidate(1, 'a@x')], 1)
    journal.close()
    openJournal(path, { ...SETTINGS, '--disabled': '' }).close()
    const now = { ...SETTINGS, '--disabled': 'staged' }
    expect(refusal(() => openJournal(path, now))).toMatchObject({
      detail: expect.stringContaining('  --disabled: none, and now staged') as string,
    })
  })
})

describe('a journal of the previous version', () => {
  it("continues: each row keeps its state, and Okta's status of users is recorded from then on", () => {
    const path = join(tempDir(), 'old')
    const old = new Database(path)
    old.exec(OLD_SCHEMA)
    old.close()
    for (const time of ['first', 'second']) {
      const journal = open(path)
      const rows = [candidate(1, 'a@x'), candidate(2, 'b@x'), candidate(3), candidate(4, 'd@x')]
      expect(journal.admit(rows, 9), time).toMatchObject([
        { state: 'created', requestId: 'r1', isNew: false },
        { state: 'existing', errorCode: 'E0000001', isNew: false },
        { state: 'rejected', reason: 'email is missing', isNew: false },
        { state: time === 'first' ? 'sending' : 'existing', intendedAt: 6, isNew: false },
      ])
      journal.recordOutcome(4, {
        state: 'existing',
        oktaId: '00u4',
        oktaLogin: 'D@x',
        status: 'STAGED',
      })
      journal.flush()
      expect([...journal.rowsIn('existing')]).toMatchObject([
        { line: 3, login: 'b@x', oktaId: null, oktaLogin: null, status: null },
        { line: 5, login: 'd@x', oktaId: '00u4', oktaLogin: 'D@x', status: 'STAGED' },
      ])
      expect(journal.admit([candidate(5, 'a@x')], 9)[0]).toMatchObject({
        reason: 'login is the same as that of line 2',
      })
      journal.close()
    }
  })

  it('records from then on which users our own calls created', () => {
    const path = join(tempDir(), 'old')
    const journal = open(path)
    journal.admit([candidate(1, 'a@x'), candidate(2, 'b@x'), candidate(3, 'c@x')], 1)
    journal.recordOutcome(1, { state: 'created', oktaId: '00u1', requestId: 'r1', madeBy: 'r1' })
    journal.recordOutcome(2, { state: 'created', oktaId: '00u2' })
    journal.recordOutcome(3, { state: 'existing', oktaId: '00u3', requestId: 'r3' })
    journal.flush()
    journal.close()
    const old = new Database(path)
    for (const column of ['made_by', 'changed', 'person']) {
      old.exec(`ALTER TABLE rows DROP COLUMN ${column}`)
    }
    old.pragma('user_version = 1')
    old.close()
    const again = open(path)
    const rows = [candidate(1, 'a@x'), candidate(2, 'b@x'), candidate(3, 'c@x')]
    expect(again.admit(rows, 2).map(({ madeBy }) => madeBy)).toEqual(['r1', null, null])
    again.close()
  })

  it('of a later version is refused, and left as it is', () => {
    const path = join(tempDir(), 'later')
    open(path).close()
    const db = new Database(path)
    db.pragma('user_version = 99')
    db.close()
    expect(refusal(() => open(path))).toMatchObject({
      code: 'journal_unusable',
      detail: `${path} was written by a later version of this program. Use that version.`,
    })
  })
})

describe('any sequence of intents, outcomes and crashes', () => {
  const STATES = ['created', 'existing', 'failed'] as const

  interface Row {
    state: string
    /** How often the row was changed in place, and its content when it was taken up. */
    version: number
    taken: number
  }

  interface Model {
    /** What a crash would leave, and what is recorded along with it. */
    readonly kept: Map<number, Row>
    readonly noted: Map<number, string>
  }

  interface Real {
    journal: Journal
    path: string
    readonly dir: string
    crashes: number
  }

  const reopen = (real: Real): void => {
    const path = crash(real.path, join(real.dir, `after-${++real.crashes}`))
    real.journal.close()
    real.path = path
    real.journal = open(path)
  }

  const applyNoted = ({ kept, noted }: Model): void => {
    for (const [number, state] of noted) Object.assign(kept.get(number) ?? {}, { state })
    noted.clear()
  }

  /** Logins are few, so many rows share one; every fifth row cannot be sent. */
  const loginOf = (number: number, version: number): string | undefined =>
    (number + version) % 5 === 0 ? undefined : `login ${(number * 3 + version) % 7}`

  /** Every seventh row is left out. */
  const isSkipped = (number: number, version: number): boolean => (number + 2 * version) % 7 === 0

  const candidateOf = (number: number, { version }: Row): Candidate =>
    isSkipped(number, version)
      ? { ...candidate(number, undefined, `${number} ${version}`), isSkipped: true }
      : candidate(number, loginOf(number, version), `${number} ${version}`)

  const isOpen = ({ state, version, taken }: Row): boolean =>
    state === 'rejected' || (['failed', 'skipped'].includes(state) && version !== taken)

  /** The expected outcome for a row that is read, while the rows that are not open keep their logins. */
  const takeUp = ({ kept }: Model, number: number, isNew: boolean): void => {
    const row = kept.get(number)
    if (!row || !(isNew || isOpen(row))) return
    const taken = [...kept]
      .filter(([n, { state }]) => n !== number && !['rejected', 'skipped', 'new'].includes(state))
      .map(([n, { taken: version }]) => loginOf(n, version))
    const login = loginOf(number, row.version)
    row.state = login !== undefined && !taken.includes(login) ? 'sending' : 'rejected'
    if (isSkipped(number, row.version)) row.state = 'skipped'
    row.taken = row.version
  }

  class Admit implements fc.Command<Model, Real> {
    readonly #count: number
    constructor(count: number) {
      this.#count = count
    }
    check = (): boolean => true
    run(model: Model, { journal }: Real): void {
      const first = model.kept.size + 1
      const rows = Array.from({ length: this.#count }, (_, i) => first + i)
      applyNoted(model)
      journal.admit(
        rows.map((n) => candidateOf(n, { state: '', version: 0, taken: 0 })),
        first,
      )
      for (const n of rows) model.kept.set(n, { state: 'new', version: 0, taken: 0 })
      for (const n of rows) takeUp(model, n, true)
      expect(journal.last).toBe(model.kept.size)
    }
    toString = (): string => `admit(${this.#count})`
  }

  class Settle implements fc.Command<Model, Real> {
    readonly #pick: number
    readonly #state: RowOutcome['state']
    constructor(pick: number, state: RowOutcome['state']) {
      this.#pick = pick
      this.#state = state
    }
    #open = ({ kept, noted }: Model): number[] =>
      [...kept].filter(([n, { state }]) => state === 'sending' && !noted.has(n)).map(([n]) => n)
    check = (model: Model): boolean => this.#open(model).length > 0
    run(model: Model, { journal }: Real): void {
      const open = this.#open(model)
      const number = open[this.#pick % open.length] ?? 0
      journal.recordOutcome(number, { state: this.#state })
      model.noted.set(number, this.#state)
    }
    toString = (): string => `recordOutcome(${this.#pick}, ${this.#state})`
  }

  class Flush implements fc.Command<Model, Real> {
    check = (): boolean => true
    run(model: Model, { journal }: Real): void {
      journal.flush()
      applyNoted(model)
    }
    toString = (): string => 'flush()'
  }

  class Crash implements fc.Command<Model, Real> {
    check = (): boolean => true
    run(model: Model, real: Real): void {
      reopen(real)
      model.noted.clear()
      const rows = [...model.kept]
      const before = rows.map(([, { state }]) => state)
      const entries = real.journal.admit(
        rows.map(([n, row]) => candidateOf(n, row)),
        0,
      )
      for (const [n] of rows) takeUp(model, n, false)
      expect(entries.map(({ state }) => state)).toEqual(rows.map(([, { state }]) => state))
      // Only for rejected and skipped rows is it certain that nothing was sent.
      const wasUnsent = (i: number): boolean => ['rejected', 'skipped'].includes(before[i] ?? '')
      expect(entries.map(({ isNew }) => isNew)).toEqual(
        rows.map(([, { state }], i) => state === 'sending' && wasUnsent(i)),
      )
      const counted = rows.filter(([, { state }]) => state === 'created').length
      expect(real.journal.counts.created).toBe(counted)
      expect(Object.values(real.journal.counts).reduce((a, b) => a + b)).toBe(rows.length)
    }
    toString = (): string => 'crash()'
  }

  /** A person corrects a row that did not become a user. */
  class Change implements fc.Command<Model, Real> {
    readonly #pick: number
    constructor(pick: number) {
      this.#pick = pick
    }
    #unsent = ({ kept, noted }: Model): Row[] =>
      [...kept]
        .filter(([, { state }]) => ['rejected', 'failed', 'skipped'].includes(state))
        .filter(([n]) => !noted.has(n))
        .map(([, row]) => row)
    check = (model: Model): boolean => this.#unsent(model).length > 0
    run(model: Model): void {
      const rows = this.#unsent(model)
      const row = rows[this.#pick % rows.length]
      if (row) row.version++
    }
    toString = (): string => `change(${this.#pick})`
  }

  it('keeps every intent, every flushed outcome, and counts each row once', () => {
    const commands = fc.commands(
      [
        fc.integer({ min: 1, max: 6 }).map((count) => new Admit(count)),
        fc
          .tuple(fc.nat(), fc.constantFrom(...STATES))
          .map(([pick, state]) => new Settle(pick, state)),
        fc.nat().map((pick) => new Change(pick)),
        fc.constant(new Flush()),
        fc.constant(new Crash()),
      ],
      { maxCommands: 25 },
    )
    fc.assert(
      fc.property(commands, (sequence) => {
        const dir = makeTempDir()
        const path = join(dir, 'journal')
        const real: Real = { dir, path, journal: open(path), crashes: 0 }
        const model: Model = { kept: new Map(), noted: new Map() }
        try {
          fc.modelRun(() => ({ model, real }), [...sequence, new Crash()])
        } finally {
          real.journal.close()
          removeDir(dir)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('the file', () => {
  it('belongs to one run at a time, and to none once that run is killed', async () => {
    const path = join(tempDir(), 'journal')
    const module = new URL('../../src/import/journal/journal.ts', import.meta.url).href
    const script = `import { openJournal } from '${module}'
      openJournal('${path}', { '--mode': 'hook' }); console.log('open'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    onTestFinished(() => void child.kill('SIGKILL'))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(refusal(() => open(path))).toMatchObject({ code: 'journal_locked' })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    open(path).close()
  })

  it('is readable and writable for its owner alone', () => {
    const path = join(tempDir(), 'journal')
    open(path).close()
    expect(statSync(path).mode & 0o077).toBe(0)
  })

  it('of other settings is refused, and what has changed is reported', () => {
    const path = join(tempDir(), 'journal')
    const journal = open(path)
    journal.admit([candidate(1, 'a@x')], 1)
    journal.close()
    const other = refusal(() => openJournal(path, { '--mode': 'staged' }))
    expect(other).toMatchObject({
      code: 'journal_mismatch',
      detail: expect.stringContaining('--mode: hook, and now staged') as string,
    })
  })

  it('of other settings is started again where none of its rows is in Okta', () => {
    const path = join(tempDir(), 'journal')
    const journal = open(path)
    journal.admit([candidate(1, 'a@x'), candidate(2)], 1)
    journal.recordOutcome(1, { state: 'existing', oktaId: '00u1' })
    journal.flush()
    journal.close()
    const other = openJournal(path, { '--mode': 'staged' })
    expect([other.last, other.counts]).toMatchObject([0, { existing: 0, rejected: 0 }])
    other.close()
  })

  it('that is not a journal is left as it is', () => {
    const dir = tempDir()
    const csv = join(dir, 'users.csv')
    writeFileSync(csv, 'email,firstName\n'.repeat(100))
    const database = join(dir, 'legacy.sqlite')
    const db = new Database(database)
    db.exec('CREATE TABLE users (id)')
    db.close()
    for (const path of [csv, database, dir, join(dir, 'not', 'there')]) {
      const before = existsSync(path) && path !== dir ? readFileSync(path) : undefined
      expect(refusal(() => open(path))).toMatchObject({ code: 'journal_unusable' })
      if (before) expect(readFileSync(path).equals(before)).toBe(true)
    }
  })

  it('on a disk that fills keeps what it has, and takes up nothing more', (context) => {
    const dir = mountSmallDisk(512)
    if (dir === undefined) return context.skip('a small disk cannot be mounted here')
    const journal = open(join(dir, 'journal'))
    let admitted = 0
    const admitMore = (): void => {
      for (;;) {
        journal.admit([candidate(admitted + 1, `login ${admitted} ${'x'.repeat(200)}`)], 1)
        admitted++
      }
    }
    expect(refusal(admitMore)).toMatchObject({ code: 'journal_unwritable' })
    expect(admitted).toBeGreaterThan(10)
    expect(journal.last).toBe(admitted)
    journal.close()
    const kept = open(crash(join(dir, 'journal'), join(tempDir(), 'kept')))
    expect(kept.counts.sending).toBe(admitted)
    kept.close()
  })
})
