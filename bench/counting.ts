/** Measures `status` and `reconcile` as a whole: a store, a ledger and an org that is called over HTTP. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createNamers } from '../src/commands/fingerprints.ts'
import { openLedgerDatabase } from '../src/ledger/database/database.ts'
import { entry } from '../test/support/ledger-entry.ts'
import { makeStore, STATEMENTS } from './campaign.ts'
import { inDirectory, runBuilt, watchPeak } from './import.ts'
import type { Table } from './report.ts'

const SIZES = [100_000, 1_000_000]
const PAGE = 200
const BATCH = 500
const DAY_MS = 86_400_000
const DAYS = 50
const KEY = 'a-key-only-for-measuring'

const NOW = Date.now()
const GO_LIVE = new Date(NOW - DAYS * DAY_MS).toISOString().slice(0, 10)

/** Two in five have moved, on days that the ledger and the org agree on. */
const hasMoved = (i: number): boolean => i % 5 < 2
const movedAt = (i: number): string =>
  new Date(NOW - ((i * 7_919) % (DAYS * 86_400)) * 1000).toISOString()

const userAt = (i: number): object => {
  const login = `person.${i}@example.com`
  const changed = hasMoved(i) ? movedAt(i) : null
  return {
    id: `00u${String(i).padStart(17, '0')}`,
    status: 'ACTIVE',
    created: `${GO_LIVE}T00:00:00.000Z`,
    passwordChanged: changed,
    lastLogin: changed,
    profile: { login, email: login, firstName: `First${i}`, lastName: `Last${i}` },
    credentials: { provider: { type: hasMoved(i) ? 'OKTA' : 'IMPORT', name: 'OKTA' } },
  }
}

/** An org of so many users, which answers at once. */
const startOrg = async (count: number) => {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`)
    const from = Number(url.searchParams.get('after') ?? 0)
    // The list of the deactivated, of whom there are none.
    const size = url.searchParams.has('filter') ? 0 : Math.min(PAGE, count - from)
    const users = Array.from({ length: size }, (_, at) => userAt(from + at))
    url.searchParams.set('after', String(from + PAGE))
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-okta-request-id': 'bench',
      'x-rate-limit-limit': '1000000000',
      'x-rate-limit-remaining': '1000000000',
      'x-rate-limit-reset': String(Math.floor(Date.now() / 1000) + 60),
      ...(from + PAGE < count && size > 0 && { link: `<${url.href}>; rel="next"` }),
    })
    response.end(JSON.stringify(users))
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() }
}

const fillLedger = async (url: string, count: number): Promise<void> => {
  const { namePerson, nameLogin } = createNamers({
    key: KEY,
    isDerived: false,
    logins: 'fingerprint',
  })
  const ledger = openLedgerDatabase({ url })
  await ledger.migrate()
  for (let from = 0; from < count; from += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, at) => from + at)
    await ledger.write(
      numbers.map((i) =>
        entry({
          person: namePerson(`id ${i + 1}`),
          account: nameLogin(`person.${i}@example.com`),
          outcome: hasMoved(i) ? 'VERIFIED' : 'UNVERIFIED',
          reason: hasMoved(i) ? 'match' : 'mismatch',
          decidedAt: movedAt(i),
        }),
      ),
    )
  }
  await ledger.close()
}

const COMMANDS = [
  [
    'status',
    ['--go-live', GO_LIVE, '--cut-off', new Date(NOW + 30 * DAY_MS).toISOString().slice(0, 10)],
  ],
  ['reconcile', []],
] as const

const measureCommand = async (
  [name, args]: (typeof COMMANDS)[number],
  dir: string,
  env: Record<string, string>,
): Promise<string[]> => {
  const outputs =
    name === 'status' ? ['--state', join(dir, 'state.sqlite')] : ['--out', join(dir, 'lists')]
  const began = performance.now()
  const child = runBuilt([name, ...args, ...outputs, '--json', '--quiet'], env)
  child.stdout?.resume()
  const peak = watchPeak(child)
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`${name} ended with ${code}`)
  return [((performance.now() - began) / 1000).toFixed(0), peak().toFixed(0)]
}

const measureSize = (count: number): Promise<string[]> =>
  inDirectory(async (dir) => {
    const store = join(dir, 'store.sqlite')
    const ledger = `sqlite:${join(dir, 'ledger.sqlite')}`
    makeStore(store, count)
    await fillLedger(ledger, count)
    const org = await startOrg(count)
    const env = {
      ...STATEMENTS,
      LEGACY_DB_URL: `sqlite:${store}`,
      LEDGER_DB_URL: ledger,
      FINGERPRINT_KEY: KEY,
      OKTA_ORG_URL: org.url,
      OKTA_API_TOKEN: 'only-for-measuring',
    }
    const cells = [count.toLocaleString('en-US')]
    for (const command of COMMANDS) cells.push(...(await measureCommand(command, dir, env)))
    org.close()
    return cells
  })

export const measureCounting = async (): Promise<Table> => {
  const rows: string[][] = []
  for (const size of SIZES) rows.push(await measureSize(size))
  return {
    title: 'status and reconcile, as a whole',
    note: 'A SQLite store with profiles, a SQLite ledger with one decision for each account, and an org that is called over HTTP and answers at once, 200 users a page: a real org allows about 300 pages a minute, so there a million users take 17 minutes.',
    head: ['accounts', 'status: seconds', 'peak MiB', 'reconcile: seconds', 'peak MiB'],
    rows,
  }
}
