/** Resets under kills, lost answers, refusals and people who move meanwhile: nobody twice, nobody who has moved, and the journal is right. */
import { expect, it } from 'vitest'
import type { OrgFault } from '../support/flaky-org.ts'
import { fc } from '../support/properties.ts'
import { forgetAndChoose, startResets, useLink, type Resets } from '../support/resets.ts'
import { OWN_PASSWORD } from '../support/resets.ts'

const RUNS = Number(process.env['CUTOFF_RUNS'] ?? 8)
const PEOPLE = 5

const KINDS: readonly OrgFault[] = [
  'none',
  'lost',
  'late',
  'dropped',
  'lost 500',
  'dropped 500',
  '429',
  'die before',
  'die after',
]
const fault = fc.oneof(
  { weight: 4, arbitrary: fc.constant<OrgFault>('none') },
  { weight: 3, arbitrary: fc.constantFrom(...KINDS) },
)
const attempt = fc.record({
  faults: fc.array(fault, { maxLength: 16 }),
  /** Who moves before it, by the place on the list. */
  moves: fc.array(fc.nat(PEOPLE - 1), { maxLength: 1 }),
  isReadOnly: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
})
const story = fc.record({
  isMailed: fc.boolean(),
  attempts: fc.array(attempt, { maxLength: 4 }),
  reopenings: fc.array(fc.array(fault, { maxLength: 12 }), { maxLength: 2 }),
  switches: fc.record({
    providerAtReset: fc.constantFrom('IMPORT', 'OKTA'),
    providerAfterReset: fc.constantFrom('OKTA', 'IMPORT'),
    hookSetAgain: fc.constantFrom('RECOVERY', 'ACTIVE'),
  }),
})

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never

/** A call takes effect after the look that follows it. */
const TOO_LATE: Story = {
  isMailed: true,
  attempts: [{ moves: [], isReadOnly: false, faults: ['none', 'late'] }],
  reopenings: [],
  switches: { providerAtReset: 'OKTA', providerAfterReset: 'OKTA', hookSetAgain: 'ACTIVE' },
}

/** So that each run of this test comes to each end, whatever is drawn. */
/** Two looks, and a call. */
const LOST: OrgFault[] = ['none', 'none', 'dropped']
const plain = { moves: [], isReadOnly: false }
const EVERY_END: Story = {
  isMailed: false,
  attempts: [
    { ...plain, faults: ['none', 'lost', 'none', 'none', 'none', 'die after'] },
    { ...plain, faults: [], isReadOnly: true },
    { ...plain, faults: ['none', 'none', 'none', 'dropped', ...LOST, ...LOST] },
  ],
  reopenings: [['none', 'die after']],
  switches: { providerAtReset: 'IMPORT', providerAfterReset: 'OKTA', hookSetAgain: 'ACTIVE' },
}

const hold = async (resets: Resets, moved: ReadonlySet<string>, { isMailed }: Story) => {
  expect(resets.violations).toEqual([])
  const lines = resets.lines()
  for (const login of resets.loginsNow()) {
    const state = lines.find((line) => line.login === login)?.state
    const { status } = await resets.user(login)
    expect([login, await resets.mailsTo(login)]).toEqual([
      login,
      isMailed ? Number(state === 'done') : 0,
    ])
    expect([login, state]).toEqual([login, moved.has(login) ? 'skipped' : 'done'])
    expect([login, status]).toEqual([login, moved.has(login) ? 'ACTIVE' : 'RECOVERY'])
    if (moved.has(login)) expect((await resets.org.signIn(login, OWN_PASSWORD)).status).toBe(200)
  }
  const links = resets.links().map(({ oktaId }) => oktaId)
  const done = lines.filter(({ state }) => state === 'done').map(({ oktaId }) => oktaId)
  expect([...links].sort()).toEqual(isMailed ? [] : [...done].sort())
}

/** @returns who has used the link before the way back */
const useOneLink = async (resets: Resets): Promise<string | undefined> => {
  const [first] = resets.links()
  if (!first) return undefined
  // The link of the file is the newest one.
  expect(await useLink(first.link)).toBeLessThan(400)
  return first.oktaId
}

const goBack = async (resets: Resets, { reopenings, switches }: Story) => {
  const used = await useOneLink(resets)
  for (const faults of [...reopenings, []]) await resets.reopen(faults)
  expect(await resets.reopen()).toBe(0)
  const isGivenBack = switches.providerAtReset === 'IMPORT'
  for (const { oktaId, login, state, restored } of resets.lines()) {
    if (state !== 'done') continue
    const { status, credentials } = await resets.user(login)
    if (oktaId === used) {
      expect((await resets.org.signIn(login, OWN_PASSWORD)).status).toBe(200)
      expect(restored).toBe('kept')
      continue
    }
    const after = isGivenBack ? switches.hookSetAgain : 'RECOVERY'
    expect([login, status]).toEqual([login, after])
    expect(restored).toBe(isGivenBack ? switches.hookSetAgain : 'kept_in_recovery')
    expect(credentials.provider.type).toBe(switches.providerAtReset)
  }
}

it('resets nobody twice, nobody who has moved, and the journal says what the org says', async () => {
  const resets = await startResets()
  const seen = new Set<string | number>()
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      await resets.renew(PEOPLE)
      await resets.org.call('PUT', '/sandbox/switches', given.switches)
      const moved = new Set<string>()
      for (const { faults, moves, isReadOnly } of given.attempts) {
        for (const place of moves) {
          const login = resets.loginsNow()[place] ?? ''
          const isReset = (await resets.user(login)).status === 'RECOVERY'
          if (isReset) continue
          await forgetAndChoose(resets.org, login)
          moved.add(login)
        }
        await resets.org.call('PUT', '/sandbox/faults', { readOnly: isReadOnly })
        seen.add(await resets.reset(given.isMailed, faults))
        await resets.org.call('PUT', '/sandbox/faults', { readOnly: false })
      }
      // The same command goes on until it is done; once it is, another run would begin a new list.
      const isDone = (): boolean =>
        resets.lines().length > 0 &&
        resets.lines().every(({ state }) => !['open', 'waiting'].includes(state))
      if (!isDone()) seen.add(await resets.reset(given.isMailed))
      expect(isDone()).toBe(true)
      await hold(resets, moved, given)
      await goBack(resets, given)
    }),
    { numRuns: RUNS, examples: [[EVERY_END], [TOO_LATE]] },
  )
  for (const result of [0, 'died', 'okta_answer_lost', 'okta_read_only']) {
    expect([...seen], String(result)).toContain(result)
  }
}, 300_000)
