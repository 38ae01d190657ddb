/** A cut-off that is closed, with a legacy store and an org, for the tests of a purge. */
import Database from 'better-sqlite3'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { cutoffCommand } from '../../src/commands/cutoff/cutoff.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { openCutOffJournal } from '../../src/cutoff/journal.ts'
import type { Switches } from '../../src/sandbox/switches.ts'
import { makeLegacyStore, oktaOf, type LegacyPerson } from './campaign.ts'
import type { Ended } from './command.ts'
import { runInProcess } from './in-process.ts'
import { hookBody, startTestSandbox, type TestSandbox } from './sandbox.ts'
import { tempDir } from './temp.ts'

const DAY_MS = 86_400_000

export const PURGE_SQL = 'UPDATE people SET password_hash = NULL WHERE id = :id'

interface PurgeWish {
  /** In place of a file of SQLite with these people. */
  readonly store?: Record<string, string>
  readonly people?: readonly LegacyPerson[]
  readonly switches?: Partial<Switches>
  /** Where the hook calls; nobody answers there by default. */
  readonly hookUrl?: string
  readonly sql?: string
  readonly env?: Record<string, string>
}

export const HOOK_URL = 'http://127.0.0.1:9/hooks/okta/password-import'

export const startPurge = async (
  prepare: (org: TestSandbox) => Promise<unknown>,
  {
    store,
    people = [],
    switches = {},
    hookUrl = HOOK_URL,
    sql = PURGE_SQL,
    env: more = {},
  }: PurgeWish = {},
) => {
  const dir = tempDir()
  const org = await startTestSandbox({ switches, faults: { rateLimit: 1_000_000 } })
  await org.call('POST', '/api/v1/inlineHooks', hookBody(hookUrl))
  await prepare(org)
  const env = { ...(store ?? makeLegacyStore(dir, people)), ...oktaOf(org), ...more }
  const path = (name: string): string => join(dir, name)
  const journal = ['--journal', path('cutoff.sqlite')]
  const at = (days: number) => ({
    ...systemClock,
    epochMs: () => systemClock.epochMs() + days * DAY_MS,
  })
  const cutoff = (args: readonly string[], days = 0): Promise<Ended> =>
    runInProcess((perform) => cutoffCommand(perform, at(days)), [...args, ...journal], env)
  const state = ['--state', path('state.sqlite')]
  const close = async (): Promise<void> => {
    expect((await runInProcess(statusCommand, state, env)).code).toBe(0)
    const accept = ['link_short', 'people_missing', 'read_only'].flatMap((each) => [
      '--accept',
      each,
    ])
    const planned = await cutoff(['plan', '--other-apps', 'none', ...accept, ...state])
    expect([planned.code, planned.stdout]).toEqual([0, expect.anything()])
    const { stdout } = await cutoff(['close', '--dry-run', '--json', ...state])
    const { people: count } = JSON.parse(stdout.split('\n')[0] ?? '') as { people: number }
    const yes = `${new URL(org.url).host}:${count}`
    expect((await cutoff(['close', '--yes', yes, ...state])).code).toBe(0)
  }
  const files = ['--out', path('purge.sql'), '--proof', path('proof.json')]
  /** Eight days later, and without the times of changes, unless said otherwise. */
  const run = (args: readonly string[] = [], days = 8, isAccepted = true): Promise<Ended> => {
    const isSaid = !isAccepted || args.includes('--password-changed') || args.includes('--accept')
    const accepted = isSaid ? [] : ['--accept', 'changes_unknown']
    return cutoff(['purge', '--sql', sql, ...files, ...accepted, ...args], days)
  }
  const count = async (args: readonly string[] = [], days = 8) => {
    const ended = await run(['--dry-run', '--json', ...args], days)
    expect([ended.code, ended.stderr]).toEqual([0, expect.anything()])
    return JSON.parse(ended.stdout.split('\n')[0] ?? '') as {
      people: number
      purged: number
      byEvidence: Record<string, number>
      leftOut: Record<string, number>
    }
  }
  return {
    org,
    dir,
    env,
    path,
    cutoff,
    close,
    run,
    count,
    /** Counts, and confirms what was counted. */
    purge: async (args: readonly string[] = [], days = 8): Promise<Ended> => {
      const { purged } = await count(args, days)
      return run([...args, '--yes', `${new URL(org.url).host}:${purged}`], days)
    },
    check: (): Promise<Ended> => cutoff(['purge', '--check', ...files]),
    read: (name: string): string => readFileSync(path(name), 'utf8'),
    steps: () => {
      const opened = openCutOffJournal(path('cutoff.sqlite'), org.url)
      try {
        return opened.steps().map(({ step, state: is, people: n }) => [step, is, n])
      } finally {
        opened.close()
      }
    },
    /** As a run that was killed leaves the journal. */
    beginAnother: (): void => {
      const opened = openCutOffJournal(path('cutoff.sqlite'), org.url)
      const hook = opened.steps().at(-1)?.hook
      if (hook) opened.begin({ step: 'purge', hook, people: 2 }, Date.now())
      opened.close()
    },
    exec: (statements: string): void => {
      const db = new Database(path('legacy.sqlite'))
      db.exec(statements)
      db.close()
    },
    /** The ids whose hash is left. */
    hashed: (): unknown[] => {
      const db = new Database(path('legacy.sqlite'))
      try {
        return db
          .prepare('SELECT id FROM people WHERE password_hash IS NOT NULL ORDER BY rowid')
          .pluck()
          .all()
      } finally {
        db.close()
      }
    },
  }
}
