/** `okta-migrate cutoff reset`: what it asks for, its pace, its links, and where it stops. */
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cutoffCommand } from '../../src/commands/cutoff/cutoff.ts'
import { openCutOffJournal } from '../../src/cutoff/journal.ts'
import type { OrgFault } from '../support/flaky-org.ts'
import { runInProcess } from '../support/in-process.ts'
import { forgetAndChoose, startResets, useLink, type Resets } from '../support/resets.ts'

/** Outside of CI, 10,000. */
const MANY = Number(process.env['RESETS'] ?? 500)
const HOUR_MS = 3_600_000

const ANOTHER = 'a file of somebody else, of which nothing may be lost'

const start = async (count: number): Promise<Resets> => {
  const resets = await startResets()
  await resets.renew(count)
  return resets
}

const command = ({ state, journalPath, dir, env }: Resets, ...args: string[]) =>
  runInProcess(
    cutoffCommand,
    [...args, '--state', state, '--journal', journalPath(), '--list', join(dir, 'resets.csv')],
    env,
  )

describe('a reset', () => {
  it('needs to be told whom, how, and how many', async () => {
    const resets = await start(10)
    const { who, host } = resets
    const taken = join(resets.dir, 'taken.csv')
    writeFileSync(taken, ANOTHER)
    const refused = async (code: number, words: RegExp, ...args: string[]) => {
      const ended = await command(resets, 'reset', ...args)
      expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(words)])
    }
    await refused(2, /--who likely/, '--mail')
    await refused(2, /--mail .+ or --links/, '--who', who)
    await refused(2, /no file/, '--who', join(resets.dir, 'none.csv'), '--mail')
    await refused(2, /cannot be foretold/, '--who', 'likely', '--mail')
    await refused(1, /--yes .+:10/, '--who', who, '--mail')
    await refused(1, /--yes .+:10/, '--who', who, '--mail', '--yes', `${host}:11`)
    await refused(2, /is there already/, '--who', who, '--links', taken)
    const dry = await command(resets, 'reset', '--who', who, '--mail', '--dry-run')
    expect(dry.stdout).toMatch(/10 people[^]+"forgot password"[^]+nothing was sent/)
    expect(resets.sentAt).toEqual([])
    expect(resets.lines()).toEqual([])
    await resets.reopen()
    await refused(2, /plan first/, '--who', who, '--mail')
  })

  it('says which lines of the file are left out, and why, and takes Login as login', async () => {
    const resets = await start(2)
    const [login = ''] = resets.loginsNow()
    writeFileSync(resets.who, `Login\n${login}\nnobody@example.com\nnobody2@example.com\n`)
    const dry = ['reset', '--who', resets.who, '--mail', '--dry-run']
    const { stdout } = await command(resets, ...dry)
    expect(stdout).toMatch(
      /1 person [^]+2 rows .+ left out:\n {2}not in the newest status: lines 3, 4/,
    )
    const json = (await command(resets, ...dry, '--json')).stdout.split('\n')[0] ?? ''
    expect(JSON.parse(json)).toMatchObject({
      leftOut: 2,
      leftOutLines: [
        { line: 3, reason: 'absent' },
        { line: 4, reason: 'absent' },
      ],
    })
    writeFileSync(resets.who, 'LOGIN\nnobody@example.com\n')
    const none = await command(resets, ...dry)
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('status: line 2')])
    writeFileSync(resets.who, 'Login,LOGIN\na,b\n')
    expect((await command(resets, ...dry)).stderr).toContain('more than one column "login"')
  })

  it('begins anew with another list, and leaves alone who waits on the one before', async () => {
    const resets = await start(3)
    expect(await resets.reset(true, ['none', 'none', 'none', 'die before'])).toBe('died')
    writeFileSync(resets.who, `login\n${resets.loginsNow()[0] ?? ''}\n`)
    const ended = await command(
      resets,
      'reset',
      '--who',
      resets.who,
      '--mail',
      '--yes',
      `${resets.host}:1`,
    )
    expect(ended.stdout).toMatch(/0 reset, 1 left as they are[^]+1 in RECOVERY already/)
    expect(resets.lines().map(({ state }) => state)).toEqual(['done', 'open', 'dropped', 'skipped'])
  })

  it(
    `keeps its pace and goes on after kills, with ${MANY} people`,
    { timeout: 600_000 },
    async () => {
      const resets = await start(MANY)
      resets.watch(false)
      const perHour = 100
      const [first, second] = resets.loginsNow().slice(-2)
      await forgetAndChoose(resets.org, first ?? '')
      const dying = (calls: number): OrgFault[] => [
        ...Array<OrgFault>(calls).fill('none'),
        'die after',
      ]
      expect(await resets.reset(true, dying(MANY / 2 + 1), perHour)).toBe('died')
      await forgetAndChoose(resets.org, second ?? '')
      const before = resets.sentAt.length
      expect(await resets.reset(true, [], perHour)).toBe(0)
      expect(resets.sentAt).toHaveLength(MANY - 2)
      for (const [from, to] of [
        [0, before],
        [before, MANY - 2],
      ]) {
        const times = resets.sentAt.slice(from, to)
        const inAnHour = times.map(
          (time) => times.filter((other) => other >= time && other < time + HOUR_MS - 5_000).length,
        )
        expect(Math.max(...inAnHour)).toBeLessThanOrEqual(perHour)
        expect(Math.max(...inAnHour)).toBeGreaterThan(perHour / 2)
      }
      const lines = resets.lines()
      expect(lines.filter(({ state }) => state === 'done')).toHaveLength(MANY - 2)
      expect(lines.filter(({ reason }) => reason === 'moved')).toHaveLength(2)
      for (const login of resets.loginsNow().slice(0, 50))
        expect(await resets.mailsTo(login)).toBe(1)
    },
  )

  it('stops at once where it is not permitted, and after five refusals in a row', async () => {
    const resets = await start(8)
    for (const login of resets.loginsNow().slice(0, 6)) {
      const id = resets.ids.get(login) ?? ''
      resets.refuse(id, 'E0000038')
    }
    expect(await resets.reset(true)).toBe('resets_refused')
    expect(resets.seen.stderr).not.toContain('example.com')
    expect(resets.lines().filter(({ state }) => state === 'failed')).toHaveLength(5)
    resets.refuse(resets.ids.get(resets.loginsNow()[6] ?? '') ?? '', 'E0000006')
    expect(await resets.reset(true)).toBe('okta_forbidden')
    expect(
      resets
        .lines()
        .map(({ state }) => state)
        .slice(5),
    ).toEqual(['failed', 'open', 'waiting'])
    resets.refuse('', '')
    expect(await resets.reset(true)).toBe(1)
    expect(
      resets
        .lines()
        .map(({ state }) => state)
        .slice(5),
    ).toEqual(['failed', 'done', 'done'])
  })
})

describe('the file of links', () => {
  it('is the only place that has them, and is readable for its owner alone', async () => {
    const resets = await start(3)
    expect(await resets.reset(false, ['none', 'lost', 'none', 'none', 'none', 'die after'])).toBe(
      'died',
    )
    expect(await resets.reset(false)).toBe(0)
    expect(statSync(resets.linksPath()).mode & 0o777).toBe(0o600)
    const links = resets.links()
    expect(links).toHaveLength(3)
    const files = readdirSync(resets.dir)
      .filter((name) => name.startsWith('journal'))
      .map((name) => readFileSync(join(resets.dir, name), 'latin1'))
    expect(files.length).toBeGreaterThan(1)
    const list = readFileSync(join(resets.dir, 'resets.csv'), 'utf8')
    const shown = [resets.seen.stdout, resets.seen.stderr, list, ...files].join('')
    for (const { link } of links) {
      const token = link.split('/').at(-1) ?? ''
      expect(token.length).toBeGreaterThan(10)
      expect(shown).not.toContain(token)
      expect(await useLink(link)).toBeLessThan(400)
    }
    expect(readFileSync(resets.linksPath(), 'utf8')).toMatch(
      /^login,okta_id,link,expires\r\n.+Z\r\n/,
    )
    expect(await resets.mailsTo(resets.loginsNow()[0] ?? '')).toBe(0)
  })

  /** A run that was killed between the file and the journal. */
  const leaveOpen = async (resets: Resets): Promise<void> => {
    expect(await resets.reset(false)).toBe(0)
    const journal = openCutOffJournal(resets.journalPath(), resets.url)
    const [step] = journal.steps().filter(({ step: name }) => name === 'reset')
    journal.close()
    resets.change(
      `UPDATE resets SET state = 'open' WHERE number = 2; UPDATE resets SET state = 'waiting', sent_at = NULL, intended_at = NULL WHERE number > 2;
       UPDATE steps SET state = 'open' WHERE number = ${step?.number ?? 0}`,
    )
  }

  it('says who has a link already, also where the journal does not', async () => {
    const resets = await start(2)
    await leaveOpen(resets)
    const before = resets.links()
    expect(await resets.reset(false)).toBe(0)
    expect(resets.links()).toEqual(before)
  })

  it('gets a new link in place of half a line, and the one that was lost works no more', async () => {
    const resets = await start(2)
    await leaveOpen(resets)
    const [first, lost] = resets.links()
    truncateSync(resets.linksPath(), statSync(resets.linksPath()).size - 20)
    expect(await resets.reset(false)).toBe(0)
    const after = resets.links()
    expect(after.map(({ oktaId }) => oktaId)).toEqual([first?.oktaId, lost?.oktaId])
    expect(after[0]).toEqual(first)
    expect(await useLink(lost?.link ?? '')).toBeGreaterThanOrEqual(400)
    expect(await useLink(after[1]?.link ?? '')).toBeLessThan(400)
  })

  it('is no fault where its list is done, and the file is taken for no other list', async () => {
    const resets = await start(2)
    expect(await resets.reset(false)).toBe(0)
    const before = resets.links()
    const sent = resets.sentAt.length
    const again = ['reset', '--who', resets.who, '--links', resets.linksPath()]
    const ended = await command(resets, ...again)
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringMatching(/is done, and nothing is left to do[^]+2 reset, 0 left as they are/),
    ])
    const json = JSON.parse((await command(resets, ...again, '--json')).stdout) as object
    expect(json).toMatchObject({ event: 'summary', done: 2, waiting: 0 })
    expect([resets.links(), resets.sentAt.length]).toEqual([before, sent])
    writeFileSync(resets.who, `login\n${resets.loginsNow()[0] ?? ''}\n`)
    const other = await command(resets, ...again)
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is there already')])
  })

  it('must be in its place where a reset goes on', async () => {
    const resets = await start(2)
    await leaveOpen(resets)
    writeFileSync(resets.linksPath(), ANOTHER)
    expect(await resets.reset(false)).toBe('links_unusable')
    expect(readFileSync(resets.linksPath(), 'utf8')).toBe(ANOTHER)
    rmSync(resets.linksPath())
    expect(await resets.reset(false)).toBe('links_unusable')
  })
})
