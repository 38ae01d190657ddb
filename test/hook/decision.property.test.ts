/** The one promise of the product: VERIFIED exactly when bcryptjs says that the stored hash matches. */
import { compareSync, hashSync } from 'bcryptjs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import Database from 'better-sqlite3'
import { startHook, type RunningHook } from '../support/hook.ts'
import { fc } from '../support/properties.ts'

let hook: RunningHook
beforeAll(async () => {
  // All of these accounts have the same id.
  hook = await startHook({ poolSize: 2, guesses: { limit: 1_000, windowMs: 1_000 } })
})
afterAll(() => hook.close())

/** So few letters that a wrong guess is often close, and lengths on both sides of 72 bytes. */
const letters = fc.constantFrom('a', 'B', 'é', '\0', '\u2028', '🔑', ' ', '\ud800')
const password = fc.oneof(
  fc.string({ minLength: 1, maxLength: 100, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 3, unit: letters }),
  fc.integer({ min: 68, max: 76 }).map((length) => 'x'.repeat(length)),
)
const username = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' })
  .map((s) => `u${s}`)

const account = fc.record({
  login: username,
  password,
  prefix: fc.constantFrom('$2a$', '$2b$', '$2y$'),
  enabled: fc.boolean(),
})

it('VERIFIED exactly when bcryptjs says that the stored hash matches', async () => {
  const db = new Database(hook.legacyPath)
  const insert = db.prepare('INSERT INTO accounts (login, password_hash, enabled) VALUES (?, ?, ?)')
  let verified = 0
  await fc.assert(
    fc.asyncProperty(account, fc.option(password, { freq: 1 }), async (stored, guess) => {
      const login = stored.login.trim().toLowerCase()
      const hash = hashSync(stored.password, 4).replace(/^\$2b\$/, stored.prefix)
      db.exec('DELETE FROM accounts')
      insert.run(login, hash, stored.enabled ? 1 : 0)
      const given = guess ?? stored.password
      const reply = await hook.signIn(stored.login, given)
      // bcrypt takes NULs alone for the empty password, which lets nobody in.
      const isEmpty = /^\0*$/.test(given)
      const may = stored.enabled && !isEmpty && compareSync(given, hash)
      const expected = may ? 'VERIFIED' : 'UNVERIFIED'
      const body = {
        commands: [{ type: 'com.okta.action.update', value: { credential: expected } }],
      }
      expect([reply.status, JSON.parse(reply.text)]).toEqual([200, body])
      if (expected === 'VERIFIED') verified++
    }),
    { numRuns: 500 },
  )
  db.close()
  expect(verified).toBeGreaterThan(50)
}, 180_000)
