/** `okta-migrate cutoff watch`: whom it counts, whichever way Okta's log answers what is not documented. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cutoffCommand } from '../../src/commands/cutoff/cutoff.ts'
import { runWatch } from '../../src/commands/cutoff/watch.ts'
import { connectCutOff } from '../../src/commands/cutoff/open.ts'
import { openCutOffJournal } from '../../src/cutoff/journal.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import type { Clock } from '../../src/clock.ts'
import { addMoved, addPending, oktaOf } from '../support/campaign.ts'
import { ManualClock } from '../support/clock.ts'
import { createHost, runInProcess } from '../support/in-process.ts'
import { hookBody, startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const HOOK = 'https://hook.example.com/hooks/okta/password-import'

const setPassword = async (org: TestSandbox, login: string): Promise<void> => {
  const post = (path: string, body: object) => org.call('POST', `/api/v1/authn${path}`, body)
  await post('/recovery/password', { username: login, factorType: 'EMAIL' })
  const { body: mails } = await org.call('GET', '/sandbox/mails')
  const { url } = (mails as { url: string }[]).at(-1) ?? { url: '' }
  const recoveryToken = url.split('/').at(-1)
  const { body } = await post('/recovery/token', { recoveryToken })
  const { stateToken } = body as { stateToken: string }
  await post('/credentials/reset_password', { stateToken, newPassword: 'A brand new one 42!' })
}

const startClosed = async (switches: object = {}) => {
  const dir = tempDir()
  const org = await startTestSandbox()
  await org.call('PUT', '/sandbox/switches', switches)
  await org.call('POST', '/api/v1/inlineHooks', hookBody(HOOK))
  for (const name of ['b', 'c', 'd']) await addPending(org, `${name}@example.com`)
  await addMoved(org, 'a@example.com')
  // What happens before the close counts nowhere.
  await org.signIn('d@example.com', 'Float on')
  const env = oktaOf(org)
  const files = ['--state', join(dir, 'state.sqlite'), '--journal', join(dir, 'cutoff.sqlite')]
  const cutoff = (...args: string[]) => runInProcess(cutoffCommand, [...args, ...files], env)
  await runInProcess(statusCommand, files.slice(0, 2), env)
  await cutoff('plan', '--other-apps', 'none', '--accept', 'link_short')
  const closed = await cutoff('close', '--yes', `${new URL(org.url).host}:3`)
  expect([closed.code, closed.stderr]).toEqual([0, ''])
  const options = { state: files[1] ?? '', journal: files[3] ?? '' }
  return { org, env, cutoff, options }
}

const eventsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; refused?: number })

const summaryOf = (stdout: string) => eventsOf(stdout).find(({ event }) => event === 'summary')

describe('a watch', () => {
  it.each([
    [{ inactiveHook: 'failed-session', importTarget: 'user' }, 0],
    [{ inactiveHook: 'failed-import', importTarget: 'user' }, 0],
    [{ inactiveHook: 'failed-import', importTarget: 'nobody' }, 4],
  ])('counts each person once with %j', async (switches, unnamed) => {
    const { org, cutoff } = await startClosed(switches)
    for (let i = 0; i < 3; i++) await org.signIn('b@example.com', 'Float on')
    await org.signIn('c@example.com', 'Float on')
    // Who has moved types a wrong password, and then the right one.
    await org.signIn('a@example.com', 'wrong')
    await org.signIn('a@example.com', 'Float on, 2004!')
    await setPassword(org, 'c@example.com')
    await org.signIn('c@example.com', 'A brand new one 42!')
    const ended = await cutoff('watch', '--once', '--json')
    expect([ended.code, ended.stderr]).toEqual([0, ''])
    expect(summaryOf(ended.stdout)).toMatchObject({
      ...{ refused: 2, refusedAndSet: 1, set: 1, signedIn: 2, lockedOut: 0, hookCalls: 0, unnamed },
    })
    const intervals = eventsOf(ended.stdout).filter(({ event }) => event === 'interval')
    const refused = intervals.reduce((all, each) => all + (each.refused ?? 0), 0)
    expect(refused).toBeLessThanOrEqual(2 * intervals.length)
    const words = (await cutoff('watch', '--once')).stdout
    expect(words).toMatch(/1 of 2 refused people have set a new password themselves/)
    expect(words.includes('name nobody')).toBe(unnamed > 0)
  })

  it('shows lock-outs, and warns where the hook is called', async () => {
    const { org, cutoff } = await startClosed()
    for (let i = 0; i < 10; i++) await org.signIn('a@example.com', 'wrong')
    const { body } = await org.call('GET', '/api/v1/inlineHooks')
    const { id } = (body as { id: string }[])[0] ?? { id: '' }
    await org.call('POST', `/api/v1/inlineHooks/${id}/lifecycle/activate`)
    await org.signIn('d@example.com', 'Float on')
    const ended = await cutoff('watch', '--once')
    expect(ended.stdout).toMatch(/ 1 +1\n[^]*WARNING: the hook was called once,/)
    const earlier = await cutoff('watch', '--once', '--since', '1h')
    expect(earlier.stdout).toContain('the hook was called 2 times')
  })

  it('refuses a state of which nobody knows who has not moved', async () => {
    const { cutoff, options, env } = await startClosed()
    const other = join(tempDir(), 'other.sqlite')
    const elsewhere = await startTestSandbox()
    await runInProcess(statusCommand, ['--state', other], { ...env, ...oktaOf(elsewhere) })
    const empty = join(tempDir(), 'empty.sqlite')
    writeFileSync(empty, '')
    for (const state of [other, empty]) {
      const journal = ['--journal', options.journal]
      const args = ['watch', '--once', ...journal, '--state', state]
      const ended = await runInProcess(cutoffCommand, args, env)
      expect([ended.code, ended.stderr]).toEqual([
        1,
        expect.stringMatching(/not known well enough/),
      ])
    }
    expect((await cutoff('watch', '--once')).code).toBe(0)
  })

  it('comes after a close', async () => {
    const { cutoff } = await startClosed()
    await cutoff('reopen')
    expect(await cutoff('watch', '--once')).toMatchObject({ code: 2 })
  })

  it('prints what it has counted before it fails', async () => {
    const { org, env, options } = await startClosed()
    const manual = new ManualClock()
    const clock: Clock = {
      now: () => manual.now(),
      epochMs: () => Date.now() + manual.now(),
      after: (ms, run) => manual.after(ms, run),
    }
    const { host, written } = createHost([], env)
    await org.signIn('b@example.com', 'Float on')
    const ended = runWatch(connectCutOff(host, { ...options, json: true }, clock)).catch(
      (err: unknown) => (err as { code: string }).code,
    )
    await until('it waits', () => manual.pending.length === 1)
    await org.call('PUT', '/sandbox/faults', { answer: 'block-page' })
    manual.advance(60_000)
    expect(await ended).toMatch(/^okta_/)
    expect(summaryOf(written.stdout)).toMatchObject({ refused: 1 })
  })

  it('runs beside a process that has the journal, which a reopening names', async () => {
    const { org, cutoff, options } = await startClosed()
    const free = await cutoff('watch', '--once')
    expect(free.stderr).toBe('')
    const held = openCutOffJournal(options.journal, org.url)
    await org.signIn('b@example.com', 'Float on')
    const beside = await cutoff('watch', '--once', '--json')
    expect([beside.code, beside.stderr]).toEqual([
      0,
      expect.stringMatching(/Another process uses .+ not recorded/),
    ])
    expect(summaryOf(beside.stdout)).toMatchObject({ refused: 1 })
    const reopened = await cutoff('reopen')
    expect([reopened.code, reopened.stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`process ${process.pid} .+kill -INT ${process.pid}\\.`)),
    ])
    const { body } = await org.call('GET', '/api/v1/inlineHooks')
    const { id } = (body as { id: string }[])[0] ?? { id: '' }
    await org.call('POST', `/api/v1/inlineHooks/${id}/lifecycle/activate`)
    expect(await cutoff('watch', '--once')).toMatchObject({ code: 2 })
    held.close()
    expect(existsSync(`${options.journal}.pid`)).toBe(false)
    expect((await cutoff('reopen')).code).toBe(0)
  })

  it('goes on for ever at one call a minute, leaves the journal free, and ends with the totals', async () => {
    const { org, env, options, cutoff } = await startClosed()
    const manual = new ManualClock()
    const clock: Clock = {
      now: () => manual.now(),
      epochMs: () => Date.now() + manual.now(),
      after: (ms, run) => manual.after(ms, run),
    }
    let stop = (): void => undefined
    const { host, written } = createHost([], env)
    const context = {
      ...host,
      onSignal: (listener: (signal: 'SIGINT') => void) => void (stop = () => listener('SIGINT')),
    }
    const watching = runWatch(connectCutOff(context, { ...options, json: true }, clock))
    const waits = (): Promise<void> => until('it waits', () => manual.pending.length === 1)
    await waits()
    expect(manual.pending).toEqual([60_000])
    await org.signIn('b@example.com', 'Float on')
    manual.advance(60_000)
    await waits()
    for (let minute = 0; minute < 20; minute++) {
      manual.advance(60_000)
      await waits()
    }
    // One is over, or two: that depends on the time of day.
    const over = eventsOf(written.stdout).filter(({ event }) => event === 'interval')
    expect(over.map(({ refused }) => refused)).toContain(1)
    expect(over.length).toBeLessThanOrEqual(2)
    expect((await cutoff('reopen')).code).toBe(0)
    stop()
    expect(await watching).toBe(0)
    expect(summaryOf(written.stdout)).toMatchObject({ refused: 1, refusedAndSet: 0 })
  })
})
