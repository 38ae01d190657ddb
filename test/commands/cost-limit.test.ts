/** The highest bcrypt cost: a setting that is too high for this machine is refused, with the cost that the machine can manage. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_HASHES } from '../../src/passwords/registry.ts'
import { costInTime, warnAbove } from '../../src/commands/serve/cost-limit.ts'
import type { AppError } from '../../src/errors/errors.ts'
import { ManualClock } from '../support/clock.ts'
import { runCommand } from '../support/command.ts'
import { makeLegacyDb } from '../support/hook.ts'
import { tempDir } from '../support/temp.ts'

/** A machine on which checks of cost 10 take this long, one after the other. */
const machine = (...msAtTen: number[]) => {
  let tried = 0
  const checker: Parameters<typeof costInTime>[1] & { expected: number } = {
    expected: Infinity,
    expectedMs: (kind) => checker.expected * 2 ** (kind.cost - 10),
    mayAdmit: () => true,
    check: (plan) => {
      expect(plan).toMatchObject({ variant: '2b', kind: { name: 'bcrypt', cost: 10 } })
      const runMs = msAtTen[Math.min(tried++, msAtTen.length - 1)] ?? 0
      return Promise.resolve({ outcome: 'mismatch', waitMs: 0, runMs, lanes: 1 })
    },
  }
  const warnings: unknown[][] = []
  const warn = (...args: unknown[]): void => void warnings.push(args)
  const ask = (maxBcryptCost?: number, deadlineMs = 2_500) =>
    costInTime({ maxBcryptCost, deadlineMs }, checker, new ManualClock(), { warn })
  return { ask, warnings, tried: () => tried, expect: (ms: number) => (checker.expected = ms) }
}

describe('without BCRYPT_MAX_COST', () => {
  it.each([
    [60, 2_500, 14],
    [130, 2_500, 14],
    [131, 2_500, 13],
    [300, 2_500, 12],
    [60, 500, 12],
    [1_400, 2_500, 10],
  ])('%d ms at cost 10 and a deadline of %d ms make it %d', async (ms, deadlineMs, cost) => {
    const { ask, warnings } = machine(ms)
    expect(await ask(undefined, deadlineMs)).toBe(cost)
    expect(warnings).toHaveLength(cost === 14 ? 0 : 1)
    if (cost < 14)
      expect(warnings[0]?.[0]).toEqual({ cost, checkMs: ms * 2 ** (cost - 10), deadlineMs })
  })

  it('a machine that is known to be fast enough is not tried, and any other is', async () => {
    const fast = machine(60)
    fast.expect(60)
    expect(await fast.ask()).toBe(14)
    expect(fast.tried()).toBe(0)
    const unsure = machine(60)
    unsure.expect(300)
    expect(await unsure.ask()).toBe(14)
    expect(unsure.tried()).toBe(1)
  })

  it('the best of the trials decides, even where a later one is slower', async () => {
    expect(await machine(300, 900).ask()).toBe(12)
  })

  it('a machine that is too slow for any cost gets a warning', async () => {
    const { ask, warnings } = machine(2_400)
    expect(await ask()).toBe(10)
    expect(warnings[0]?.[1]).toMatch(/THIS MACHINE IS TOO SLOW/)
  })
})

describe('BCRYPT_MAX_COST', () => {
  it('that is low enough is accepted at the first trial', async () => {
    const { ask, warnings, tried } = machine(60)
    expect(await ask(15)).toBe(15)
    expect([warnings, tried()]).toEqual([[], 1])
  })

  it('that is too high is refused with the measured time', async () => {
    const { ask } = machine(70)
    const refused = await ask(16).catch((err: unknown) => err as AppError)
    expect(refused).toMatchObject({
      code: 'config_invalid',
      detail: expect.stringMatching(/BCRYPT_MAX_COST .*cost 16 takes 4480 ms .*is 2500/) as string,
    })
  })

  it('is not refused because the machine was busy: the best of eight trials counts', async () => {
    const { ask, tried } = machine(300, 900, 300, 400, 300, 300, 70)
    expect(await ask(14)).toBe(14)
    expect(tried()).toBe(7)
    await expect(machine(300, 600, 300, 400, 300, 300, 300, 300, 70).ask(14)).rejects.toThrow()
  })

  it('is tried for three seconds at most, on a machine that is much too slow', async () => {
    const { ask, tried } = machine(1_400)
    await expect(ask(14)).rejects.toThrow()
    expect(tried()).toBe(3)
  })

  it('is refused by the command itself', async () => {
    const ended = await runCommand(['serve'], {
      PORT: '0',
      HOOK_SECRET: 'a secret of more than thirty-two characters',
      LEGACY_DB_URL: `sqlite:${makeLegacyDb(tempDir(), [])}`,
      BCRYPT_MAX_COST: '16',
      HOOK_DEADLINE_MS: '100',
    })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(/cost 16 takes \d+ ms on this machine/)
  })
})

it('accounts above the limit are counted where there is a sample', () => {
  const warnings: string[] = []
  const log = { warn: (text: string) => void warnings.push(text) }
  const cheap = hashSync('open sesame', 4)
  const costly = cheap.replace('$04$', '$13$')
  warnAbove([], DEFAULT_HASHES, 12, log)
  warnAbove([cheap, 'no hash'], DEFAULT_HASHES, 12, log)
  warnAbove([cheap, costly, costly, 'no hash'], DEFAULT_HASHES, 12, log)
  expect(warnings).toEqual([
    '2 of 4 sampled accounts have a bcrypt cost above 12: these people cannot sign in through the hook',
  ])
})

it('a checkout without WebAssembly, which Node.js needs for TypeScript, fails with one sentence', async () => {
  const ended = await runCommand(['serve'], { NODE_OPTIONS: '--jitless' })
  expect([ended.code, ended.stdout]).toEqual([2, ''])
  expect(ended.stderr).toMatch(
    /^okta-migrate: this Node\.js forbids WebAssembly .*dist\/cli\.js\n$/,
  )
})
