/** Whom Okta's list shows as not moved: the same people as a status counts. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openCampaignState } from '../../src/campaign/state/state-file.ts'
import { countPeopleNow } from '../../src/cutoff/people.ts'
import { readUser } from '../../src/okta/api/users.ts'
import { tempDir } from '../support/temp.ts'

async function* usersWith(status: string, type: string) {
  const profile = { login: 'isaac@example.com' }
  yield await Promise.resolve(
    readUser({ id: '1', status, profile, credentials: { provider: { type } } }),
  )
}

it.each([
  ['ACTIVE', 'IMPORT', 1],
  ['RECOVERY', 'OKTA', 1],
  ['STAGED', 'OKTA', 1],
  ['ACTIVE', 'OKTA', 0],
  ['LOCKED_OUT', 'OKTA', 0],
  ['ACTIVE', 'ACTIVE_DIRECTORY', 0],
  ['DEPROVISIONED', 'IMPORT', 0],
])('%s with the provider %s counts %i', async (status, provider, notMoved) => {
  const state = openCampaignState(join(tempDir(), 'state.sqlite'))
  // Nobody is in it: all are new since the status.
  await state.replace(() => Promise.resolve())
  expect((await countPeopleNow(usersWith(status, provider), state)).notMoved).toBe(notMoved)
  state.close()
})
