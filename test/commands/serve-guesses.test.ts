/** The guesses that a start reads from the ledger: for which login and person each of them counts. */
import { pino } from 'pino'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { SERVER, type ServerSettings } from '../../src/commands/serve/settings.ts'
import { startLedger } from '../../src/commands/serve/start-ledger.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { GuessLimiter } from '../../src/hook/guess-limit.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { openHistory } from '../../src/ledger/database/history.ts'
import { entry } from '../support/ledger-entry.ts'
import { tempDir } from '../support/temp.ts'

const configFor = (url: string): ServerSettings =>
  loadSettings(
    SERVER,
    { HOOK_SECRET: 'a secret', LEGACY_DB_URL: 'sqlite:x', LEDGER_DB_URL: url },
    () => '',
  ).settings

it('a guess counts for the person too, but only where it was made at an existing account of that person', async () => {
  const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
  const database = openLedgerDatabase({ url })
  await database.migrate()
  const decidedAt = new Date().toISOString()
  const reasons = ['mismatch', 'disabled', 'empty_password', 'unknown_login', 'ambiguous_login']
  const refused = ['too_many_account_guesses', 'too_many_guesses']
  const rows = [...reasons, ...refused].map((reason) =>
    entry({ reason, account: reason, person: `who ${reason}`, decidedAt }),
  )
  const desk = openHistory({ url }, false)
  const request = { person: 'isaac', accounts: ['isaac', 'i.brock'], at: decidedAt }
  await desk.unlock({ ...request, actor: 'olga', note: 'called back', replica: 'desk' })
  await desk.close()
  await database.write([...rows, entry({ account: 'old', person: null, decidedAt })])
  await database.close()
  const counted: string[] = []
  const guessLimiter: GuessLimiter = {
    run: (_, decide) => decide(),
    countRemote: (subject) => void counted.push(subject),
    renew: (subject) => void counted.push(`renewed ${subject}`),
  }
  const log = pino({ level: 'silent' })
  const ledger = await startLedger(
    configFor(url),
    { guessLimiter, windowMs: 60_000 },
    log,
    systemClock,
  )
  onTestFinished(() => ledger?.close())
  await expect.poll(() => counted).toContain('login old')
  const renewed = counted.filter((subject) => subject.startsWith('renewed '))
  expect(new Set(renewed)).toEqual(
    new Set(['renewed login isaac', 'renewed login i.brock', 'renewed person isaac']),
  )
  expect(counted.filter((subject) => subject.startsWith('login '))).toEqual(
    [...reasons, 'too_many_account_guesses', 'old'].map((name) => `login ${name}`),
  )
  expect(counted.filter((subject) => subject.startsWith('person '))).toEqual(
    ['mismatch', 'disabled', 'empty_password'].map((name) => `person who ${name}`),
  )
})
