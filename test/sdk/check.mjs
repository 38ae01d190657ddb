/** Drives the sandbox with Okta's own SDK: if the SDK cannot do something, the sandbox is wrong. */
import { Client, DefaultRequestExecutor } from '@okta/okta-sdk-nodejs'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { startSandbox } from './sandbox.mjs'

/** Loopback has no https, which the SDK otherwise requires; its cache would answer in place of the sandbox. */
const OPTIONS = { testing: { disableHttpsCheck: true }, cacheMiddleware: null }

const sandbox = await startSandbox('--dpop')
const { orgUrl, token, clientId, privateKey } = sandbox

const executor = new DefaultRequestExecutor()
const { userApi, inlineHookApi, eventHookApi, systemLogApi, policyApi } = new Client({
  ...OPTIONS,
  orgUrl,
  token,
  requestExecutor: executor,
})

const profileFor = (name) => ({
  login: `${name}@example.com`,
  email: `${name}@example.com`,
  firstName: 'Isaac',
  lastName: 'Brock',
})

const create = (name, credentials, query = {}) =>
  userApi.createUser({ body: { profile: profileFor(name), credentials }, ...query })

const setFaults = (faults) =>
  fetch(`${orgUrl}/sandbox/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  })

const VERIFIED = {
  commands: [{ type: 'com.okta.action.update', value: { credential: 'VERIFIED' } }],
}

const startHook = () =>
  new Promise((resolve) => {
    const secrets = []
    const server = createServer((req, res) => {
      secrets.push(req.headers.authorization)
      req.resume().on('end', () => {
        res.setHeader('content-type', 'application/json')
        res.end(JSON.stringify(VERIFIED))
      })
    })
    server.listen(0, '127.0.0.1', () => {
      resolve({ uri: `http://127.0.0.1:${server.address().port}/`, secrets, server })
    })
  })

/** Answers the verification of an event hook, and keeps what is delivered. */
const startReceiver = () =>
  new Promise((resolve) => {
    const deliveries = []
    let onDelivery
    const next = new Promise((done) => (onDelivery = done))
    const server = createServer((req, res) => {
      if (req.method === 'GET') {
        const verification = req.headers['x-okta-verification-challenge']
        res.end(JSON.stringify({ verification }))
        return
      }
      let text = ''
      req.on('data', (chunk) => (text += chunk))
      req.on('end', () => {
        deliveries.push({ secret: req.headers.authorization, body: JSON.parse(text) })
        res.writeHead(204).end()
        onDelivery()
      })
    })
    server.listen(0, '127.0.0.1', () => {
      resolve({ uri: `http://127.0.0.1:${server.address().port}/`, deliveries, next, server })
    })
  })

const hookFor = (uri) => ({
  name: 'Legacy passwords',
  type: 'com.okta.user.credential.password.import',
  version: '1.0.0',
  channel: {
    type: 'HTTP',
    version: '1.0.0',
    config: {
      uri,
      method: 'POST',
      authScheme: { type: 'HEADER', key: 'Authorization', value: 'Basic c2VjcmV0' },
    },
  },
})

/** bcrypt of "password" by Perl's crypt. */
const BCRYPT = {
  algorithm: 'BCRYPT',
  workFactor: 4,
  salt: 'QOzx3rv/ZSfYEF0IsyJzr.',
  value: 'KpohHFl6jdLlYRWHOm4FB4pqqr3hxTS',
}
/** SHA-256 of "password" by openssl dgst. */
const SHA256 = { algorithm: 'SHA-256', value: 'XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=' }
/** Of "password" by openssl kdf. */
const PBKDF2 = {
  algorithm: 'PBKDF2',
  salt: 'TmFDbA==',
  iterationCount: 4096,
  keySize: 32,
  digestAlgorithm: 'SHA256_HMAC',
  value: 'FGgSaancNV2YcsRMPqKQo2n4BLT9Ky9xx747ItvVuJg=',
}
const QUESTION = { recovery_question: { question: 'Which band?', answer: 'Modest Mouse' } }
const VALUE = { password: { value: 'Float on, 2004!' } }
const HOOK = { password: { hook: { type: 'default' } } }
const FEDERATION = { provider: { type: 'FEDERATION', name: 'FEDERATION' } }
const SOCIAL = { provider: { type: 'SOCIAL', name: 'GOOGLE' } }

const FORMS = [
  ['none', undefined, {}, 'PROVISIONED', 'OKTA'],
  ['question', QUESTION, {}, 'PROVISIONED', 'OKTA'],
  ['password', VALUE, {}, 'ACTIVE', 'OKTA'],
  ['password-staged', VALUE, { activate: false }, 'STAGED', 'OKTA'],
  ['password-expired', VALUE, { nextLogin: 'changePassword' }, 'PASSWORD_EXPIRED', 'OKTA'],
  ['password-question', { ...VALUE, ...QUESTION }, {}, 'ACTIVE', 'OKTA'],
  ['bcrypt', { password: { hash: BCRYPT } }, {}, 'ACTIVE', 'IMPORT'],
  ['sha256', { password: { hash: SHA256 } }, {}, 'ACTIVE', 'IMPORT'],
  ['pbkdf2', { password: { hash: PBKDF2 } }, {}, 'ACTIVE', 'IMPORT'],
  ['hook', HOOK, {}, 'ACTIVE', 'IMPORT'],
  ['hook-staged', HOOK, { activate: false }, 'STAGED', 'IMPORT'],
  ['federation', FEDERATION, { provider: true }, 'ACTIVE', 'FEDERATION'],
  ['social', SOCIAL, { provider: true }, 'ACTIVE', 'SOCIAL'],
]

const signIn = (username, password) =>
  fetch(`${orgUrl}/api/v1/authn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })

const collect = async (collection) => {
  const items = []
  await collection.each((item) => {
    items.push(item)
  })
  return items
}

const CHECKS = [
  ...FORMS.map(([name, credentials, query, status, provider]) => [
    `creates a user: ${name}`,
    async () => {
      const user = await create(name, credentials, query)
      assert.match(user.id, /^00u\w{17}$/)
      assert.equal(user.status, status)
      assert.equal(user.credentials.provider.type, provider)
      assert.ok(user.created instanceof Date)
    },
  ]),
  [
    'is refused a duplicate, with its cause',
    () =>
      assert.rejects(create('HOOK', HOOK), (err) => {
        assert.equal(err.status, 400)
        assert.equal(err.errorCode, 'E0000001')
        assert.match(err.errorCauses[0].errorSummary, /^login: An object with this field already/)
        return true
      }),
  ],
  [
    'gets a user by login, short name and id',
    async () => {
      const { id } = await userApi.getUser({ userId: 'hook@example.com' })
      for (const userId of ['hook', 'HOOK@example.com', id]) {
        assert.equal((await userApi.getUser({ userId })).id, id)
      }
      await assert.rejects(userApi.getUser({ userId: 'nobody' }), { status: 404 })
    },
  ],
  [
    'lists all users over several pages',
    async () => {
      const logins = []
      await (
        await userApi.listUsers({ limit: 3 })
      ).each((user) => {
        logins.push(user.profile.login)
      })
      const expected = FORMS.map(([name]) => `${name}@example.com`)
      assert.deepEqual(logins, ['admin@sandbox.example', ...expected])
    },
  ],
  [
    'searches',
    async () => {
      const found = []
      const search = 'status eq "STAGED" and created gt "2020-01-01T00:00:00.000Z"'
      await (
        await userApi.listUsers({ search })
      ).each((user) => {
        found.push(user.profile.login)
      })
      assert.deepEqual(found, ['password-staged@example.com', 'hook-staged@example.com'])
    },
  ],
  [
    'updates, deactivates and deletes a user',
    async () => {
      const userId = 'none@example.com'
      const user = await userApi.updateUser({ userId, user: { profile: { city: 'Issaquah' } } })
      assert.equal(user.profile.city, 'Issaquah')
      await userApi.deleteUser({ userId })
      assert.equal((await userApi.getUser({ userId })).status, 'DEPROVISIONED')
      await userApi.deleteUser({ userId })
      await assert.rejects(userApi.getUser({ userId }), { status: 404 })
    },
  ],
  [
    'registers a hook, tries it, and a user signs in by it',
    async () => {
      const { uri, secrets, server } = await startHook()
      const inlineHook = await inlineHookApi.createInlineHook({ inlineHook: hookFor(uri) })
      assert.equal(inlineHook.status, 'ACTIVE')
      assert.equal(inlineHook.channel.config.authScheme.value, undefined)
      const { id: inlineHookId } = inlineHook
      const answer = await inlineHookApi.executeInlineHook({
        inlineHookId,
        payloadData: { eventType: 'com.okta.user.credential.password.import', data: {} },
      })
      assert.equal(answer.commands[0].value.credential, 'VERIFIED')
      assert.equal((await signIn('hook', 'Float on')).status, 200)
      const user = await userApi.getUser({ userId: 'hook' })
      assert.equal(user.credentials.provider.type, 'OKTA')
      assert.deepEqual(secrets, ['Basic c2VjcmV0', 'Basic c2VjcmV0'])
      server.close()
    },
  ],
  [
    'lists, deactivates and deletes hooks',
    async () => {
      const hooks = []
      const type = 'com.okta.user.credential.password.import'
      await (
        await inlineHookApi.listInlineHooks({ type })
      ).each((hook) => {
        hooks.push(hook)
      })
      assert.equal(hooks.length, 1)
      const [{ id: inlineHookId }] = hooks
      await assert.rejects(inlineHookApi.deleteInlineHook({ inlineHookId }), { status: 400 })
      await inlineHookApi.deactivateInlineHook({ inlineHookId })
      await inlineHookApi.deleteInlineHook({ inlineHookId })
      await assert.rejects(inlineHookApi.getInlineHook({ inlineHookId }), { status: 404 })
    },
  ],
  [
    'registers an event hook, verifies it, gets events, and deletes it',
    async () => {
      const { uri, deliveries, next, server } = await startReceiver()
      const event = 'user.lifecycle.suspend'
      const condition = { expression: "event.outcome.result eq 'SUCCESS'", version: null }
      const eventHook = {
        name: 'Suspended people',
        events: {
          type: 'EVENT_TYPE',
          items: [event],
          filter: { type: 'EXPRESSION_LANGUAGE', eventFilterMap: [{ event, condition }] },
        },
        channel: {
          type: 'HTTP',
          version: '1.0.0',
          config: {
            uri,
            authScheme: { type: 'HEADER', key: 'Authorization', value: 'Basic ZXZlbnRz' },
          },
        },
      }
      const created = await eventHookApi.createEventHook({ eventHook })
      const { id: eventHookId } = created
      assert.equal(created.verificationStatus, 'UNVERIFIED')
      assert.equal(created.channel.config.authScheme.value, undefined)
      assert.ok(created.created instanceof Date)
      const verified = await eventHookApi.verifyEventHook({ eventHookId })
      assert.equal(verified.verificationStatus, 'VERIFIED')
      const replaced = await eventHookApi.replaceEventHook({
        eventHookId,
        eventHook: { ...eventHook, description: 'Who was suspended' },
      })
      assert.deepEqual(
        [replaced.description, replaced.verificationStatus, replaced.events.items],
        ['Who was suspended', 'VERIFIED', [event]],
      )
      const userId = 'bcrypt@example.com'
      await userApi.suspendUser({ userId })
      await userApi.unsuspendUser({ userId })
      await next
      const [{ secret, body }] = deliveries
      assert.equal(secret, 'Basic ZXZlbnRz')
      assert.equal(body.source, `${orgUrl}/api/v1/eventHooks/${eventHookId}`)
      assert.deepEqual(
        body.data.events.map(({ eventType, target }) => [eventType, target[0].alternateId]),
        [[event, userId]],
      )
      await assert.rejects(eventHookApi.deleteEventHook({ eventHookId }), { status: 400 })
      assert.equal((await eventHookApi.deactivateEventHook({ eventHookId })).status, 'INACTIVE')
      assert.equal((await eventHookApi.activateEventHook({ eventHookId })).status, 'ACTIVE')
      const listed = await collect(await eventHookApi.listEventHooks())
      assert.deepEqual(
        listed.map(({ id }) => id),
        [eventHookId],
      )
      await eventHookApi.deactivateEventHook({ eventHookId })
      await eventHookApi.deleteEventHook({ eventHookId })
      await assert.rejects(eventHookApi.getEventHook({ eventHookId }), { status: 404 })
      server.close()
    },
  ],
  [
    'imports as a service app with private_key_jwt and DPoP',
    async () => {
      const client = new Client({
        ...OPTIONS,
        orgUrl,
        authorizationMode: 'PrivateKey',
        clientId,
        scopes: ['okta.users.manage', 'okta.users.read'],
        privateKey,
      })
      const body = { profile: profileFor('service'), credentials: HOOK }
      assert.equal((await client.userApi.createUser({ body })).status, 'ACTIVE')
      const users = await client.userApi.listUsers({ limit: 1 })
      assert.ok((await users.next()).value.id)
      await assert.rejects(client.inlineHookApi.getInlineHook({ inlineHookId: 'x' }), {
        status: 403,
      })
    },
  ],
  [
    'suspends, unsuspends, and resets the password of a user, whose link works once',
    async () => {
      const userId = 'password@example.com'
      const statusOf = async () => (await userApi.getUser({ userId })).status
      await userApi.suspendUser({ userId })
      assert.equal(await statusOf(), 'SUSPENDED')
      await userApi.unsuspendUser({ userId })
      const [policy] = await collect(await policyApi.listPolicies({ type: 'PASSWORD' }))
      const { properties } = policy.settings.recovery.factors.okta_email
      assert.equal(properties.recoveryToken.tokenLifetimeMinutes, 60)
      const reset = await userApi.generateResetPasswordToken({ userId, sendEmail: false })
      assert.equal(await statusOf(), 'RECOVERY')
      await assert.rejects(userApi.forgotPassword({ userId }), { errorCode: 'E0000034' })
      const open = () =>
        fetch(reset.resetPasswordUrl, { method: 'POST', body: 'password=Good+news%2C+2004%21' })
      assert.deepEqual([(await open()).status, (await open()).status], [200, 403])
      assert.equal(await statusOf(), 'ACTIVE')
      assert.equal((await signIn(userId, 'Good news, 2004!')).status, 200)
      assert.ok((await userApi.forgotPassword({ userId, sendEmail: false })).resetPasswordUrl)
    },
  ],
  [
    'reads the System Log: a definite time to its end, and then what is new',
    async () => {
      const since = new Date(Date.now() - 3_600_000).toISOString()
      const until = new Date(Date.now() + 3_600_000).toISOString()
      const filter = 'target.id eq "' + (await userApi.getUser({ userId: 'password' })).id + '"'
      const query = { since, filter, limit: 2 }
      const bounded = await collect(await systemLogApi.listLogEvents({ ...query, until }))
      const types = bounded.map(({ eventType }) => eventType)
      assert.deepEqual(types, [
        'user.lifecycle.create',
        'user.lifecycle.suspend',
        'user.lifecycle.unsuspend',
        'user.account.reset_password',
        'user.account.update_password',
        'user.session.start',
      ])
      assert.ok(bounded.every(({ published }) => published instanceof Date))
      // Without `until` there is always another page, so this list has no end.
      const followed = await systemLogApi.listLogEvents(query)
      for (const { uuid } of bounded) assert.equal((await followed.next()).value.uuid, uuid)
    },
  ],
  [
    'waits after a 429 as long as Reset and Date say, and then succeeds',
    async () => {
      await setFaults({ rateLimit: 0 })
      const realSetTimeout = globalThis.setTimeout
      const waits = []
      executor.once('backoff', (request, response, requestId, delayMs) => {
        assert.equal(response.status, 429)
        assert.ok(requestId)
        // The next timer is the wait itself; waiting a whole minute would prove nothing more.
        globalThis.setTimeout = (run) => {
          globalThis.setTimeout = realSetTimeout
          waits.push(delayMs)
          return setFaults({ rateLimit: 600 }).then(run)
        }
      })
      assert.equal((await create('patient', HOOK)).status, 'ACTIVE')
      assert.equal(waits.length, 1)
      assert.ok(waits[0] > 0 && waits[0] <= 62_000, `waited ${waits[0]} ms`)
    },
  ],
]

let failed = 0
for (const [name, check] of CHECKS) {
  try {
    await check()
    console.log(`ok      ${name}`)
  } catch (err) {
    failed += 1
    console.log(`FAILED  ${name}\n${err.stack}`)
  }
}
await sandbox.end()
console.log(`${CHECKS.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
