/** The memory of password checks: what the container leaves, and what a person may ask for. */
import { describe, expect, it } from 'vitest'
import { memoryLimitMib, planMemory } from '../../src/commands/memory-limit.ts'

const GIB = 2 ** 30

describe('the limit of the container', () => {
  it.each([
    [0, undefined],
    [1.8e19, undefined],
    [64 * GIB, undefined],
    [GIB / 2, 512],
    [16 * GIB, 16_384],
  ])('%d bytes on a machine of 16 GiB: %s MiB', (limit, mib) => {
    expect(memoryLimitMib(limit, 16 * GIB)).toBe(mib)
  })
})

describe('the memory of password checks', () => {
  it.each([
    ['no limit', undefined, 4, undefined, { maxMib: 128, hashMemoryMib: 512 }],
    ['a limit with room for some at once', undefined, 4, 512, { maxMib: 128, hashMemoryMib: 312 }],
    ['a limit with room for one small one', undefined, 4, 264, { maxMib: 64, hashMemoryMib: 64 }],
    ['a limit below what the server needs', undefined, 2, 128, { maxMib: 0, hashMemoryMib: 0 }],
    ['a number set by hand', 256, 2, undefined, { maxMib: 256, hashMemoryMib: 512 }],
    ['a number set by hand that fits once', 256, 2, 512, { maxMib: 256, hashMemoryMib: 312 }],
  ] as const)('with %s', (_, requested, workers, limit, plan) => {
    expect(planMemory(requested, workers, limit)).toEqual(plan)
  })

  it('has a problem with a number set by hand that cannot fit, and names both', () => {
    expect(planMemory(312, 2, 512).problem).toBeUndefined()
    expect(planMemory(313, 2, 512).problem).toBe(
      "is 313, but the container's limit of 512 MiB leaves 312 MiB for password checks; give it 513 MiB, or lower HASH_MAX_MIB",
    )
  })
})
