/** A closed cut-off with people who have not moved, and runs of its commands that die, lose answers, and go on. */
import Database from 'better-sqlite3'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSavedReport } from '../../src/campaign/state/saved-report.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { systemClock } from '../../src/clock.ts'
import type { CutOffDeps } from '../../src/commands/cutoff/open.ts'
import { runPlan } from '../../src/commands/cutoff/plan.ts'
import { runReset } from '../../src/commands/cutoff/reset/perform.ts'
import { runClose, runReopen } from '../../src/commands/cutoff/switch.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { openCutOffJournal, type CutOffJournal } from '../../src/cutoff/journal.ts'
import type { ResetLine } from '../../src/cutoff/reset/listed.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { staticToken } from '../../src/okta/auth/credentials.ts'
import { createOktaClient } from '../../src/okta/client/client.ts'
import { createTransport } from '../../src/okta/client/transport.ts'
import { addPending } from './campaign.ts'
import { startFlakyOrg, type OrgFault, type ProxiedCall } from './flaky-org.ts'
import { createHost, runInProcess } from './in-process.ts'
import { createRushingClock } from './rushing-clock.ts'
import { hookBody, startTestSandbox, TOKEN, type TestSandbox } from './sandbox.ts'
import { tempDir } from './temp.ts'

export const OWN_PASSWORD = 'A brand new one 42!'

/** By the person, as "forgot password". */
export const forgetAndChoose = async (org: TestSandbox, login: string): Promise<void> => {
  const post = (path: string, body: object) => org.call('POST', `/api/v1/authn${path}`, body)
  await post('/recovery/password', { username: login, factorType: 'EMAIL' })
  const { body: mails } = await org.call('GET', '/sandbox/mails')
  const mail = (mails as { url: string; login: string; kind: string }[]).findLast(
    (each) => each.login === login && each.kind === 'forgot',
  )
  if (mail) await useLink(mail.url)
}

export const useLink = async (url: string): Promise<number> => {
  const form = new URLSearchParams({ password: OWN_PASSWORD })
  return (await fetch(url, { method: 'POST', body: form })).status
}

const isUserCall = ({ path }: ProxiedCall): boolean => path.startsWith('/api/v1/users/')
const RESET = /^\/api\/v1\/users\/([^/]+)\/lifecycle\/reset_password/

/** @param hookUrl where the hook calls; nobody answers there by default */
export const startResets = async (
  options: SandboxOptions = {},
  hookUrl = 'http://127.0.0.1:9/hooks/okta/password-import',
) => {
  const dir = tempDir()
  const org = await startTestSandbox({
    ...options,
    faults: { rateLimit: 1_000_000, logRateLimit: 1_000_000 },
  })
  await org.call('POST', '/api/v1/inlineHooks', hookBody(hookUrl))
  let faults: OrgFault[] = []
  let [files, deaths, isDead, people] = ['', 0, false, 0]
  const journalPath = (): string => join(dir, `journal${files}.sqlite`)
  const linksPath = (): string => join(dir, 'links.csv')
  let logins: string[] = []
  const ids = new Map<string, string>()
  const refusals = new Map<string, string>()

  /** What a killed process leaves: its files as they are at that moment, and no lock. */
  const die = (): void => {
    isDead = true
    const before = journalPath()
    files = `-${++deaths}`
    for (const suffix of ['', '-wal'])
      if (existsSync(before + suffix)) copyFileSync(before + suffix, journalPath() + suffix)
    if (existsSync(linksPath())) copyFileSync(linksPath(), `${linksPath()}.kept`)
  }
  const revive = (): void => {
    const kept = `${linksPath()}.kept`
    if (isDead && existsSync(kept)) copyFileSync(kept, linksPath())
    isDead = false
  }
  const readCopy = <T>(read: (journal: CutOffJournal) => T): T => {
    const copy = join(dir, 'copy.sqlite')
    for (const suffix of ['', '-wal']) {
      rmSync(copy + suffix, { force: true })
      if (existsSync(journalPath() + suffix)) copyFileSync(journalPath() + suffix, copy + suffix)
    }
    const journal = openCutOffJournal(copy, url)
    try {
      return read(journal)
    } finally {
      journal.close()
    }
  }
  const lines = (): ResetLine[] => readCopy((journal) => [...journal.resets.lines(null)])
  /** Calls without an intent on the disk. */
  const violations: string[] = []
  const sentAt: number[] = []
  let clock = createRushingClock()
  let isWatching = true
  const onCall = (call: ProxiedCall): void => {
    const id = call.method === 'POST' ? RESET.exec(call.path)?.[1] : undefined
    if (id === undefined) return
    sentAt.push(clock.now())
    if (!isWatching) return
    const isIntended = lines().some(({ oktaId, state }) => oktaId === id && state === 'open')
    if (!isIntended) violations.push(call.path)
  }
  const url = await startFlakyOrg({
    target: org.url,
    fault: (call) => (isDead ? 'dropped' : isUserCall(call) ? (faults.shift() ?? 'none') : 'none'),
    onDeath: die,
    onCall,
    refusal: (call) => refusals.get(RESET.exec(call.path)?.[1] ?? ''),
  })
  const env = { OKTA_ORG_URL: url, OKTA_API_TOKEN: TOKEN }
  const state = join(dir, 'state.sqlite')
  const list = join(dir, 'resets.csv')
  const who = join(dir, 'who.csv')
  const host = new URL(url).host
  const seen = { stdout: '', stderr: '' }

  const depsFor = <O extends object>(
    options: O,
  ): CutOffDeps<
    O & { journal: string; state: string; list: string; quiet: true; share: number }
  > => {
    clock = createRushingClock()
    const transport = createTransport({ clock: systemClock, version: '1', fetch: fetchFrom({}) })
    const pacing = {
      share: 0.9,
      maxConcurrency: 10,
      random: Math.random,
      clock: createRushingClock(),
    }
    const credentials = staticToken('SSWS', TOKEN)
    const client = createOktaClient({ orgUrl: url, credentials, transport, ...pacing })
    const okta = { orgUrl: url, auth: { kind: 'token', scheme: 'SSWS', token: TOKEN } } as const
    const print = (words: string, event: object): void => {
      seen.stdout += words + JSON.stringify(event)
    }
    return {
      context: createHost([], env).host,
      options: { journal: journalPath(), state, list, quiet: true, share: 90, ...options },
      ...{ clock, okta, client, org: host, print },
    }
  }
  /** @returns the exit code, the code of the error, or "died" */
  const run = async (
    work: () => Promise<number>,
    planned: readonly OrgFault[] = [],
  ): Promise<string | number> => {
    faults = [...planned]
    const result = await work().catch((err: unknown) => {
      const { code = '', detail = '' } = err as { code?: string; detail?: string }
      seen.stderr += `${code} ${detail}`
      return code
    })
    const was = isDead
    faults = []
    revive()
    return was ? 'died' : result
  }
  const way = (isMailed: boolean) => (isMailed ? { mail: true as const } : { links: linksPath() })
  return {
    ...{ org, dir, url, violations, sentAt, seen, ids, linksPath, lines, state, host, env, who },
    journalPath,
    /** Okta refuses calls to reset this person. */
    refuse: (id: string, code: string): void => {
      if (id === '') refusals.clear()
      else refusals.set(id, code)
    },
    /** In the journal, as if the run before had been killed there. */
    change: (sql: string): void => {
      const db = new Database(journalPath())
      db.exec(sql)
      db.close()
    },
    passed: () => clock.passed(),
    watch: (is: boolean) => void (isWatching = is),
    loginsNow: () => logins,
    /** New people, who have not moved, and a hook that is closed. */
    renew: async (count: number): Promise<void> => {
      await org.call('PUT', '/sandbox/faults', { readOnly: false })
      const { body } = await org.call('GET', '/api/v1/inlineHooks')
      const { id = '' } = (body as { id: string }[])[0] ?? {}
      await org.call('POST', `/api/v1/inlineHooks/${id}/lifecycle/activate`)
      files = `-new-${++deaths}`
      for (const path of [linksPath(), `${linksPath()}.kept`]) rmSync(path, { force: true })
      logins = Array.from({ length: count }, () => `person${++people}@example.com`)
      for (const login of logins) ids.set(login, await addPending(org, login))
      writeFileSync(
        who,
        `login,okta_id\n${logins.map((login) => `${login},${ids.get(login)}`).join('\n')}\n`,
      )
      await runInProcess(statusCommand, ['--state', state], env)
      await runPlan(
        depsFor({ otherApps: 'none', accept: ['link_short'], replica: [], map: new Map() }),
      )
      const notMoved = readSavedReport(state)?.notMoved ?? 0
      await runClose(depsFor({ yes: { org: host, count: notMoved } }))
    },
    reset: (isMailed: boolean, planned: readonly OrgFault[] = [], perHour?: number) => {
      const yes = { org: host, count: logins.length }
      const options = { who, yes, ...way(isMailed), ...(perHour !== undefined && { perHour }) }
      return run(() => runReset(depsFor(options)), planned)
    },
    reopen: (planned: readonly OrgFault[] = []) => run(() => runReopen(depsFor({})), planned),
    links: (): { oktaId: string; link: string }[] => {
      if (!existsSync(linksPath())) return []
      const rows = readFileSync(linksPath(), 'utf8').trim().split('\r\n').slice(1)
      return rows
        .map((row) => row.split(','))
        .map(([, oktaId = '', link = '']) => ({ oktaId, link }))
    },
    user: async (login: string) => {
      const { body } = await org.call('GET', `/api/v1/users/${ids.get(login) ?? ''}`)
      return body as { id: string; status: string; credentials: { provider: { type: string } } }
    },
    /** Mails of an admin's reset, by login. */
    mailsTo: async (login: string): Promise<number> => {
      const { body } = await org.call('GET', '/sandbox/mails')
      return (body as { login: string; kind: string }[]).filter(
        (mail) => mail.login === login && mail.kind === 'reset',
      ).length
    },
    resetEvents: (login: string): number =>
      org
        .events()
        .filter(
          ({ eventType, target }) =>
            eventType === 'user.account.reset_password' &&
            target.some(({ id }) => id === ids.get(login)),
        ).length,
  }
}

export type Resets = Awaited<ReturnType<typeof startResets>>
