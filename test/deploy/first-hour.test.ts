/** docs/FIRST-HOUR.md and the README's five minutes, copied into a terminal from top to bottom. */
import { expect, it } from 'vitest'
import {
  linkCheckout,
  makeBin,
  missingLines,
  runSession,
  scriptOf,
} from '../support/documents/session.ts'
import { freePort } from '../support/haproxy.ts'
import { tempDir } from '../support/temp.ts'

/** It would install into the real checkout. */
const NPM = { npm: '[ "$1" = ci ]' }

const play = async (script: string) => {
  const cwd = linkCheckout(tempDir())
  const [okta, hook] = [await freePort(), await freePort()]
  const moved = script
    .replaceAll(':4000', `:${okta}`)
    .replaceAll(':3000', `:${hook}`)
    .replaceAll('--token practice', `--token practice --port ${okta}`)
  const env = { PORT: String(hook) }
  return runSession(moved, { cwd, bin: makeBin(cwd, NPM), env, strict: false })
}

it('the first hour prints what the document shows', async () => {
  const { code, output } = await play(scriptOf('docs/FIRST-HOUR.md'))
  expect(missingLines('docs/FIRST-HOUR.md', output)).toEqual([])
  expect([code, output.match(/SUCCESS|Authentication failed/g)]).toEqual([
    0,
    ['SUCCESS', 'SUCCESS', 'Authentication failed', 'Authentication failed'],
  ])
})

it("the README's five minutes end with users who wait for the hook", async () => {
  const { code, output } = await play(
    scriptOf('README.md', (section) => section === 'Five minutes'),
  )
  expect(output).toMatch(
    /^6 created, 0 already there, 2 rejected, 0 failed, 1 skipped as disabled\.$/m,
  )
  expect([code, output.match(/^ACTIVE +IMPORT/gm)?.length]).toEqual([0, 6])
})
