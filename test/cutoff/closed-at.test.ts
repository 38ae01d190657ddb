/** When the hook was closed: for a reset and a watch alike, the earlier of what Okta and the journal say. */
import { expect, it } from 'vitest'
import type { JournalledStep } from '../../src/cutoff/journal.ts'
import { closedAtOf } from '../../src/cutoff/phase.ts'
import type { InlineHook } from '../../src/okta/api/inline-hooks.ts'

const NOON = Date.parse('2026-10-05T12:00:00Z')
const hook = (lastUpdated: string) => ({ lastUpdated }) as InlineHook
const closing = (endedAt: number) => ({ endedAt }) as JournalledStep

it.each([
  ['the hook was renamed an hour after the close', '2026-10-05T13:00:00.000Z', NOON],
  ['our clock is ahead', '2026-10-05T11:58:00.000Z', Date.parse('2026-10-05T11:58:00Z')],
  ['Okta does not say', '', NOON],
])('is right where %s', (_, lastUpdated, expected) => {
  expect(closedAtOf(hook(lastUpdated), closing(NOON))).toBe(expected)
})

it('is long ago where nobody knows: a person who has ever signed in is left alone', () => {
  expect(closedAtOf(hook(''), undefined)).toBe(0)
  expect(closedAtOf(hook('2026-10-05T12:00:00.000Z'), undefined)).toBe(NOON)
})
