/** An unlock at two real servers that share a ledger: locked at both, unlocked at both, and nobody else is. */
import { hashSync } from 'bcryptjs'
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { makeLegacyDb, payload, SECRET } from '../support/hook.ts'
import { tempDir } from '../support/temp.ts'

const RIGHT = 'open sesame'
const WRONG = 'open barley'
const KEY = 'a key that both have'

const startServer = async (env: Record<string, string>) => {
  const server = startCommand(['serve'], env)
  const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
  /** @returns what the hook says, or why it refuses to look */
  return async (username: string, password: string): Promise<string> => {
    const response = await fetch(base + HOOK_PATH, {
      method: 'POST',
      headers: { authorization: SECRET, 'content-type': 'application/json' },
      body: JSON.stringify(payload(username, password, { eventId: randomUUID() })),
    })
    const text = await response.text()
    if (text.includes('too_many_guesses')) return 'too_many_guesses'
    return text.includes('"VERIFIED"') ? 'VERIFIED' : 'UNVERIFIED'
  }
}

await describeEach(ALL_KINDS, 'an unlock over a ledger', (kind) => {
  it('lets the person in at every server, under each spelling, and nobody else', async () => {
    const hash = hashSync(RIGHT, 4)
    const rows = ['isaac@example.com', 'joan@example.com'].map((login) => ({ login, hash }))
    const ledger = await freshDatabase(kind)
    const common = {
      FINGERPRINT_KEY: KEY,
      LEDGER_DB_URL: ledger,
      GUESS_LIMIT: '3',
    }
    const signIns = await Promise.all(
      [tempDir(), tempDir()].map((dir) =>
        startServer({
          ...common,
          PORT: '0',
          HOOK_SECRET: SECRET,
          LEGACY_DB_URL: `sqlite:${makeLegacyDb(dir, rows)}`,
          LEDGER_SPILL_DIR: dir,
        }),
      ),
    )
    const everywhere = (login: string, password: string): Promise<string[]> =>
      Promise.all(signIns.map((signIn) => signIn(login, password)))
    const locked = ['too_many_guesses', 'too_many_guesses']
    // By its short name too: that is another login to count under, of the same person.
    for (const login of ['isaac@example.com', 'isaac', 'joan@example.com']) {
      await expect
        .poll(() => everywhere(login, WRONG), { timeout: 20_000, interval: 200 })
        .toEqual(locked)
      expect(await everywhere(login, RIGHT)).toEqual(locked)
    }
    // A help desk: neither the legacy store nor the secret of the hook.
    const args = ['who', 'Isaac@Example.com', '--unlock', '--reason', 'called back, ticket 4711']
    const refused = await runCommand(args, common)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('--yes')
    const { code, stdout, stderr } = await runCommand([...args, '--yes'], common)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /0 of 3 in 15 minutes; the next .*\n.*--unlock[^]*Unlocked by \S+, 1 of 3/,
    )
    for (const login of ['isaac@example.com', 'isaac']) {
      await expect
        .poll(() => everywhere(login, RIGHT), { timeout: 5_000, interval: 100 })
        .toEqual(['VERIFIED', 'VERIFIED'])
    }
    expect(await everywhere('joan@example.com', RIGHT)).toEqual(locked)
    // The limit is there as before.
    await expect
      .poll(() => everywhere('isaac@example.com', WRONG), { timeout: 20_000, interval: 200 })
      .toEqual(locked)
    const after = await runCommand(['decisions', '--reason', 'unlocked', '--json'], common)
    const lines = after.stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'decision', outcome: 'UNLOCKED', note: 'called back, ticket 4711' },
      { event: 'decision', outcome: 'UNLOCKED', note: 'called back, ticket 4711' },
    ])
  })
})
