/** A migration that goes on: people sign in, admins change users, and the ledger and Okta keep what happened. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { statusCommand } from '../../src/commands/status/status.ts'
import { systemClock } from '../../src/clock.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import {
  addPending,
  decided,
  FINGERPRINT_KEY,
  LEGACY_HASH,
  lifecycle,
  makeLegacyStore,
  oktaOf,
} from './campaign.ts'
import { ManualClock } from './clock.ts'
import type { Ended } from './command.ts'
import { runInProcess } from './in-process.ts'
import {
  hookBody,
  profileFor,
  startHookStub,
  startTestSandbox,
  UNVERIFIED,
  VERIFIED,
} from './sandbox.ts'
import { tempDir } from './temp.ts'

export const GO_LIVE = Date.UTC(2026, 9, 5, 8)

const HOUR_MS = 3_600_000

export const loginOfPerson = (id: number): string => `p${id}@example.com`

/** Limits would wait for a clock that stands still. */
const UNLIMITED = { rateLimit: 1_000_000, logRateLimit: 1_000_000 }

/** Of so many people in the legacy store, the first is disabled, the second cannot be verified, and the last is not in Okta. */
export const startLivingOrg = async (count: number, options: SandboxOptions = {}) => {
  const dir = tempDir()
  const clock = new ManualClock()
  const org = await startTestSandbox({ ...options, clock, startedAt: GO_LIVE })
  org.setFaults({ ...UNLIMITED, ...options.faults })
  const ids = Array.from({ length: count }, (_, index) => index)
  const store = makeLegacyStore(
    dir,
    ids.map((id) => ({
      ...{ id, login: loginOfPerson(id), enabled: id === 0 ? 0 : 1 },
      ...{ hash: id === 1 ? LEGACY_HASH.slice(0, 59) : LEGACY_HASH, seen: '2026-09-01' },
    })),
  )
  const users: string[] = []
  for (const id of ids.slice(0, -1)) users.push(await addPending(org, loginOfPerson(id)))
  const hooks = { right: await startHookStub(VERIFIED), wrong: await startHookStub(UNVERIFIED) }
  const { body } = await org.call('POST', '/api/v1/inlineHooks', hookBody(hooks.wrong.url))
  const hook = `/api/v1/inlineHooks/${(body as { id: string }).id}`
  const url = `sqlite:${join(dir, 'ledger.sqlite')}`
  const ledger = openLedgerDatabase({ url })
  await ledger.migrate()
  onTestFinished(() => ledger.close())
  const now = (): number => GO_LIVE + clock.now()
  const record = (id: number, outcome: LedgerEntry['outcome'], more: Partial<LedgerEntry> = {}) =>
    ledger.write([
      decided(`id ${id}`, outcome, { decidedAt: new Date(now()).toISOString(), ...more }),
    ])
  const env = { ...store, ...oktaOf(org), LEDGER_DB_URL: url, FINGERPRINT_KEY }
  const update = (id: number, body: object) => org.call('POST', `/api/v1/users/${users[id]}`, body)
  const run = (variables: Record<string, string>, ...args: string[]): Promise<Ended> => {
    const build: Parameters<typeof runInProcess>[0] = (perform) =>
      statusCommand(perform, { ...systemClock, epochMs: now })
    return runInProcess(build, args, { ...env, ...variables })
  }
  return {
    ...{ org, dir, env, users, record, now },
    wait: (hours: number): void => clock.advance(hours * HOUR_MS),
    /** @returns whether the person got in */
    async signIn(id: number, password: 'right' | 'wrong'): Promise<boolean> {
      await org.call('POST', hook, hookBody(hooks[password].url))
      const before = hooks[password].calls.length
      const { status } = await org.signIn(loginOfPerson(id), `${password} password`)
      const isAsked = hooks[password].calls.length > before
      if (isAsked) await record(id, password === 'right' ? 'VERIFIED' : 'UNVERIFIED')
      return status === 200
    },
    act: (id: number, operation: string) => lifecycle(org, users[id] ?? '', operation),
    update,
    delete: (id: number) => org.call('DELETE', `/api/v1/users/${users[id]}`),
    setPassword: (id: number) =>
      update(id, { credentials: { password: { value: 'Float on, 2004!' } } }),
    /** By the link of an admin's reset. */
    async resetAndChoose(id: number): Promise<void> {
      const { body } = await lifecycle(org, users[id] ?? '', 'reset_password')
      const { resetPasswordUrl } = body as { resetPasswordUrl?: string }
      if (resetPasswordUrl === undefined) return
      const form = new URLSearchParams({ password: 'Good news, 2004!' })
      await fetch(resetPasswordUrl, { method: 'POST', body: form })
    },
    async create(id: number): Promise<void> {
      const credentials = { password: { hook: { type: 'default' } } }
      const { status, body } = await org.create(profileFor(loginOfPerson(id)), { credentials })
      if (status === 200) users[id] = (body as { id: string }).id
    },
    status: (state: string, ...args: string[]) =>
      run({}, '--state', join(dir, state), '--json', ...args),
    statusWith: (variables: Record<string, string>, state: string, ...args: string[]) =>
      run(variables, '--state', join(dir, state), '--json', ...args),
    inWords: (state: string, ...args: string[]) => run({}, '--state', join(dir, state), ...args),
  }
}

export type LivingOrg = Awaited<ReturnType<typeof startLivingOrg>>
