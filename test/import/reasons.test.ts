/** Why rows failed, by kind. */
import { expect, it } from 'vitest'
import { createReasons } from '../../src/import/report/reasons.ts'

it('the summary counts each reason of a row, the most frequent first, with the first lines', () => {
  const reasons = createReasons()
  for (const line of [2, 3, 4, 5]) reasons.add(line, { reason: 'firstName is missing' })
  reasons.add(6, { reason: 'firstName is missing; email is missing' })
  reasons.add(7, { reason: 'login is the same as that of line 2' })
  reasons.add(8, { reason: 'login is the same as that of line 5' })
  reasons.add(9, { reason: undefined })
  reasons.add(10, { reason: 'team: is odd', errorCode: 'E0000001' })
  expect(reasons.list()).toEqual([
    { reason: 'firstName is missing', count: 5, lines: [2, 3, 4] },
    { reason: 'login is the same as that of line …', count: 2, lines: [7, 8] },
    { reason: 'email is missing', count: 1, lines: [6] },
    { reason: 'no reason given', count: 1, lines: [9] },
    { reason: 'E0000001 team: is odd', count: 1, lines: [10] },
  ])
})

it('the summary keeps at most a hundred kinds of reasons, and no address', () => {
  const reasons = createReasons()
  for (let line = 1; line <= 1_000; line++)
    reasons.add(line, { reason: `user${line}@x.example is odd` })
  expect(reasons.list()).toEqual([{ reason: '… is odd', count: 1_000, lines: [1, 2, 3] }])
  for (let line = 1; line <= 1_000; line++)
    reasons.add(line, { reason: `problem ${'x'.repeat(line)}` })
  expect(reasons.list()).toHaveLength(101)
  expect(reasons.list()[1]).toMatchObject({ reason: 'other reasons', count: 901 })
})
