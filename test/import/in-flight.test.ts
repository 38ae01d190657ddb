/** How an import waits for room: it fills half of what may be in flight at once, and never waits for long. */
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createInFlight } from '../../src/import/run/in-flight.ts'
import { ManualClock } from '../support/clock.ts'

const GATHER_MS = 8

/** Some operations in flight of at most four, and a wait for room. */
const waiting = async (operations: number, gatherMs = GATHER_MS) => {
  const clock = new ManualClock()
  const inFlight = createInFlight(4, gatherMs, clock)
  const ends: (() => void)[] = []
  for (let i = 0; i < operations; i++) {
    inFlight.add(new Promise<void>((resolve) => ends.push(resolve)))
  }
  let room: number | undefined
  void inFlight.room().then((found) => (room = found))
  const settle = async (): Promise<number | undefined> => {
    for (let turn = 0; turn < 5; turn++) await setImmediate()
    return room
  }
  await settle()
  return { clock, settle, end: () => ends.pop()?.() }
}

it('takes all there is when nothing is in flight', async () => {
  const { clock, settle } = await waiting(0)
  expect(await settle()).toBe(4)
  expect(clock.pending).toEqual([])
})

it('waits until half of the operations have ended', async () => {
  const { clock, settle, end } = await waiting(4)
  end()
  expect(await settle()).toBeUndefined()
  expect(clock.pending).toEqual([GATHER_MS])
  end()
  expect(await settle()).toBe(2)
  expect(clock.pending).toEqual([])
})

it('waits no longer than its time once there is room', async () => {
  const { clock, settle, end } = await waiting(4)
  clock.advance(GATHER_MS)
  expect(await settle()).toBeUndefined()
  end()
  expect(await settle()).toBeUndefined()
  clock.advance(GATHER_MS)
  expect(await settle()).toBe(1)
})

it('without such a time takes what room there is', async () => {
  const { clock, settle } = await waiting(3, 0)
  expect(await settle()).toBe(1)
  expect(clock.pending).toEqual([])
})
