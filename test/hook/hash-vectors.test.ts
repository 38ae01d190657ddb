/** Every vector of every family through a store, real threads and HTTP: alone, and six at once. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { DEFAULT_HASHES, type HashSettings } from '../../src/passwords/registry.ts'
import type { Outcome } from '../../src/passwords/family.ts'
import { agrees, settingsFor, supportedVectors, type HashVector } from '../support/hash-vectors.ts'
import { startHook, type RunningHook } from '../support/hook.ts'
import { batches } from '../support/vectors.ts'

const loginOf = (at: number): string => `person${at}@example.com`

/** What the hook decided, as the engine would name it. */
const outcomeIn = (status: number, text: string): string => {
  if (status !== 200) return `status ${status}`
  if (text.includes('"VERIFIED"')) return 'match'
  const [, reason] = /"reason":"hash_(\w+)"/.exec(text) ?? []
  return reason ?? 'mismatch'
}

/** A busy machine refuses what it cannot check in time: that is no answer, and the person tries again a little later. */
const MOST_TRIES = 30

const answerTo = async (hook: RunningHook, login: string, password: string) => {
  for (let tries = 1; ; tries++) {
    const reply = await hook.signIn(login, password)
    if (reply.status !== 503 || tries === MOST_TRIES) return reply
    await pause(tries * 50)
  }
}

const signIn = async (hook: RunningHook, vector: HashVector, at: number) => {
  const { status, text } = await answerTo(hook, loginOf(at), vector.password)
  const outcome = outcomeIn(status, text)
  // A hash of the empty password lets nobody in, whatever it is.
  const isRight = vector.password === '' ? outcome !== 'match' : agrees(vector, outcome as Outcome)
  return isRight ? [] : [{ ...vector, outcome }]
}

const limitsOf = ({ maxMib, plain }: HashSettings) => ({ maxMib, ...(plain && { plain }) })

/** A server has one group of settings: a template takes whatever has its shape. */
const groups = Map.groupBy(supportedVectors, (vector) =>
  JSON.stringify({ ...vector.config, ...limitsOf(settingsFor(vector)) }),
)
describe.each([...groups])('a server with the settings %s', (_, vectors) => {
  it('agrees with every vector, alone and six at once', async () => {
    const [first] = vectors
    const hashes = first ? settingsFor(first) : DEFAULT_HASHES
    const rows = vectors.map(({ encoded }, at) => ({ login: loginOf(at), hash: encoded }))
    const hook = await startHook({ rows, settings: { hashes, deadlineMs: 20_000 }, poolSize: 1 })
    const numbered = vectors.map((vector, at) => ({ vector, at }))
    try {
      const wrong: unknown[] = []
      for (const { vector, at } of numbered) wrong.push(...(await signIn(hook, vector, at)))
      for (const batch of batches(numbered, 6)) {
        const found = await Promise.all(batch.map(({ vector, at }) => signIn(hook, vector, at)))
        wrong.push(...found.flat())
      }
      expect(wrong).toEqual([])
    } finally {
      await hook.close()
    }
  })
})
