/** `import --update`: a user who exists gets the attributes of the row, once, and nothing else from it. */
import Database from 'better-sqlite3'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeOkta, type FakeOptions } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { tempDir } from '../support/temp.ts'

const HEADER = 'email,firstName,lastName,city,title'
const BEFORE = { email: 'ann@x.example', firstName: 'Ann', lastName: 'Lee', city: 'Paris' }

const start = async (rows: readonly string[], options?: FakeOptions) => {
  const okta = await startFakeOkta(options)
  const dir = tempDir()
  const file = join(dir, 'users.csv')
  const write = (...lines: readonly string[]): void =>
    writeFileSync(file, [HEADER, ...lines, ''].join('\n'))
  write(...rows)
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runImport([file, '--json', ...args], env)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return { code, stderr, events, summary: events.at(-1) ?? {} }
  }
  const read = (name: string): string => readFileSync(join(dir, name), 'utf8')
  const profileOf = (login: string) => okta.users.get(login)?.profile
  return { okta, dir, file, env, write, run, read, profileOf }
}

describe('an update', () => {
  it('sends what differs and nothing else, and creates users who are missing', async () => {
    const { okta, run, read, profileOf } = await start([
      'ann@x.example,Ann,Lee,London,Boss',
      'bob@x.example,Bob,Ray,Rome,',
      'cid@x.example,Cid,Fox,,',
    ])
    okta.seed('ann@x.example', undefined, { ...BEFORE, nickName: 'Annie' })
    okta.seed('Cid@X.example', undefined, {
      email: 'cid@x.example',
      firstName: 'Cid',
      lastName: 'Fox',
      city: 'Oslo',
    })
    const { code, summary } = await run('--update')
    expect(summary).toMatchObject({ created: 1, updated: 1, existing: 1, failed: 0, unsettled: 0 })
    expect(summary).toMatchObject({ changes: { city: 1, title: 1 } })
    expect(code).toBe(0)
    expect(okta.updates()).toMatchObject([
      { path: '/api/v1/users/00u0', body: { profile: { city: 'London', title: 'Boss' } } },
    ])
    expect(Object.keys(okta.updates()[0]?.body ?? {})).toEqual(['profile'])
    expect(profileOf('ann@x.example')).toMatchObject({ city: 'London', nickName: 'Annie' })
    expect(profileOf('cid@x.example')).toMatchObject({ login: 'Cid@X.example', city: 'Oslo' })
    expect(read('users.existing.csv').trimEnd().split('\r\n').slice(1)).toEqual([
      '2,ann@x.example,00u0,ACTIVE,OKTA,no,Okta has a password of its own,"city, title"',
      '4,Cid@X.example,00u1,ACTIVE,OKTA,no,Okta has a password of its own,',
    ])
  })

  it('compares each row once, and again after it has changed', async () => {
    const { okta, run, write, profileOf } = await start(['ann@x.example,Ann,Lee,Paris,'])
    await run()
    expect((await run('--update')).summary).toMatchObject({
      ...{ created: 1, updated: 0 },
      thisRun: { created: 0, updated: 0, existing: 1 },
    })
    const asked = okta.calls.length
    // Every start requests these: whether Okta answers, the schema, and whose token it is.
    await run('--update')
    const perStart = okta.calls.length - asked
    write('ann@x.example,Ann,Lee,London,')
    expect((await run()).code).toBe(2)
    expect((await run('--update')).summary).toMatchObject({
      created: 0,
      updated: 1,
      thisRun: { created: 0, updated: 1 },
    })
    expect(profileOf('ann@x.example')?.['city']).toBe('London')
    const before = okta.calls.length
    await run('--update')
    expect(okta.calls.length - before).toBe(perStart)
    write('ann@x.example,Ann,Lee,Paris,')
    expect((await run('--update')).summary).toMatchObject({ updated: 1, changes: { city: 1 } })
  })

  it('does not look up users that it has created itself, and finds users who were renamed in Okta', async () => {
    const { okta, run, write } = await start(['ann@x.example,Ann,Lee,Paris,'])
    await run('--update')
    const before = okta.calls.length
    await run('--update')
    const aboutAnn = okta.calls.slice(before).filter(({ path }) => /ann%40|00u/.test(path))
    expect(aboutAnn).toEqual([])
    for (const [key, user] of [...okta.users]) {
      okta.users.delete(key)
      okta.users.set('new@x.example', {
        ...user,
        profile: { ...user.profile, login: 'new@x.example' },
      })
    }
    write('ann@x.example,Ann,Lee,Rome,')
    expect((await run('--update')).summary).toMatchObject({ updated: 1, created: 0 })
    expect(okta.users.get('new@x.example')?.profile).toMatchObject({ city: 'Rome' })
  })

  it('reports a changed input where a row is another person now', async () => {
    const { run, write, okta } = await start(['ann@x.example,Ann,Lee,,', 'bob@x.example,Bob,Ray,,'])
    await run()
    write('new@x.example,New,One,,', 'ann@x.example,Ann,Lee,,', 'bob@x.example,Bob,Ray,,')
    const { code, stderr } = await run('--update')
    expect([code, stderr]).toEqual([2, expect.stringContaining('Row 1 (line 2) has changed since')])
    expect(okta.updates()).toEqual([])
  })

  it('respects --limit among rows that were processed before, and continues', async () => {
    const rows = (city: string): string[] => [1, 2, 3, 4].map((n) => `u${n}@x.example,A,B,${city},`)
    const { run, write } = await start(rows('Paris'))
    await run()
    write(...rows('Rome'), 'u5@x.example,A,B,Rome,')
    const seen = []
    for (const limit of ['1', '2', '2', '9']) {
      const { summary } = await run('--update', '--limit', limit)
      seen.push([summary['updated'], summary['created'], summary['end']])
    }
    expect(seen).toEqual([
      [1, 3, 'limit'],
      [3, 1, 'limit'],
      [4, 1, 'limit'],
      [4, 1, 'finished'],
    ])
  })

  it('leaves deactivated people unchanged, and says so', async () => {
    const { okta, run } = await start(['ann@x.example,Ann,Lee,Rome,'])
    okta.seed('ann@x.example', undefined, BEFORE)
    for (const [key, user] of okta.users) okta.users.set(key, { ...user, status: 'DEPROVISIONED' })
    expect((await run('--update')).summary).toMatchObject({
      ...{ created: 0, updated: 0, existing: 1 },
      existingByStatus: { DEPROVISIONED: 1 },
    })
    expect(okta.updates()).toEqual([])
  })

  it('skips people whom the row now disables, and leaves their users unchanged', async () => {
    const { okta, run, write } = await start(['ann@x.example,Ann,Lee,Paris,yes'])
    await run('--where-enabled', 'title')
    write('ann@x.example,Ann,Lee,Rome,no')
    const { code, summary } = await run('--where-enabled', 'title', '--update')
    expect([code, summary]).toMatchObject([0, { created: 0, updated: 0, skipped: 1 }])
    write('ann@x.example,Ann,Lee,Rome,yes')
    expect((await run('--where-enabled', 'title', '--update')).summary).toMatchObject({
      ...{ created: 0, updated: 1, existing: 0, skipped: 0 },
    })
    expect(okta.updates()).toHaveLength(1)
  })

  it('continues where it was cut off, and distinguishes its own changes from those of others', async () => {
    const { okta, file, run } = await start(['ann@x.example,Ann,Lee,London,'])
    okta.seed('ann@x.example', undefined, BEFORE)
    await run('--update')
    // As a crash between the update and its outcome leaves it.
    const db = new Database(`${file}.journal`)
    db.exec("UPDATE rows SET state = 'sending', request_id = NULL")
    db.close()
    expect((await run('--update')).summary).toMatchObject({ updated: 1, existing: 0, created: 0 })
    expect(okta.updates()).toHaveLength(1)
  })
})

describe('an update that Okta does not carry out', () => {
  it('is repeated where its answer was lost, after a lookup in Okta', async () => {
    let lost = 0
    const { okta, run, profileOf } = await start(['ann@x.example,Ann,Lee,London,'], {
      fault: ({ method }) => (method === 'POST' && lost++ < 1 ? 'dropped' : 'none'),
    })
    okta.seed('ann@x.example', undefined, BEFORE)
    expect((await run('--update')).summary).toMatchObject({ updated: 1, failed: 0 })
    expect(okta.updates()).toHaveLength(2)
    expect(profileOf('ann@x.example')?.['city']).toBe('London')
  })

  it('fails if the user is deleted during it', async () => {
    const { okta, run, read } = await start(['ann@x.example,Ann,Lee,London,'], {
      fault: ({ method }) => {
        if (method !== 'POST') return 'none'
        okta.users.clear()
        return 'dropped'
      },
    })
    okta.seed('ann@x.example', undefined, BEFORE)
    expect((await run('--update')).summary).toMatchObject({ failed: 1 })
    expect(read('users.rejects.csv')).toContain('was deleted in Okta during the update')
  })

  it('is not repeated where only its answer was lost and a lookup shows that it was done', async () => {
    let lost = 0
    const { okta, run } = await start(['ann@x.example,Ann,Lee,London,'], {
      fault: ({ method }) => (method === 'POST' && lost++ < 1 ? 'lost' : 'none'),
    })
    okta.seed('ann@x.example', undefined, BEFORE)
    expect((await run('--update')).summary).toMatchObject({ updated: 1, failed: 0 })
    expect(okta.updates()).toHaveLength(1)
  })

  it('is a reject with Okta’s sentence, and is processed once the row is corrected', async () => {
    const { okta, run, read, write } = await start(['ann@x.example,Ann,Lee,Nowhere,'], {
      refuse: ({ city }) =>
        city === 'Nowhere'
          ? [400, { errorCode: 'E0000001', errorCauses: [{ errorSummary: 'city: no such place' }] }]
          : undefined,
    })
    okta.seed('ann@x.example', undefined, BEFORE)
    expect((await run('--update')).summary).toMatchObject({ updated: 0, failed: 1 })
    expect(read('users.rejects.csv')).toContain('2,city: no such place,E0000001,')
    write('ann@x.example,Ann,Lee,Rome,')
    expect((await run('--update')).summary).toMatchObject({ updated: 1, failed: 0 })
  })

  it('counts as failed where Okta answers but leaves an attribute as it was', async () => {
    const { okta, run, read } = await start(['ann@x.example,Ann,Lee,London,Boss'], {
      readOnly: ['city'],
    })
    okta.seed('ann@x.example', undefined, BEFORE)
    expect((await run('--update')).summary).toMatchObject({ updated: 0, failed: 1 })
    expect(read('users.rejects.csv')).toContain(
      'Okta has answered the update, and city is as before',
    )
  })
})

describe('a dry run of an update', () => {
  const ROWS = [
    'ann@x.example,Ann,Lee,London,',
    'bob@x.example,Bob,Ray,Rome,',
    'cid@x.example,C,F,,',
  ]

  const seeded = async () => {
    const all = await start(ROWS)
    all.okta.seed('ann@x.example', undefined, BEFORE)
    all.okta.seed('cid@x.example', undefined, {
      email: 'cid@x.example',
      firstName: 'C',
      lastName: 'F',
    })
    return all
  }

  it('shows each difference, and changes nothing', async () => {
    const { okta, run, file, env } = await seeded()
    const { events, summary, code } = await run('--update', '--dry-run')
    expect(events.filter(({ event }) => event === 'difference')).toEqual([
      {
        ...{ event: 'difference', line: 2, login: 'ann@x.example' },
        ...{ method: 'POST', path: '/api/v1/users/00u0' },
        ...{ body: { profile: { city: 'London' } }, was: { city: 'Paris' } },
      },
    ])
    expect(summary).toMatchObject({ created: 1, updated: 1, existing: 1, changes: { city: 1 } })
    expect([code, okta.creates()]).toEqual([0, []])
    const { stdout } = await runImport([file, '--update', '--dry-run'], env)
    expect(stdout).toContain(
      'Line 2, ann@x.example (00u0) would change:\n  city: "Paris" -> "London"\n',
    )
    expect(stdout).toContain(
      '1 can be sent, 1 would be updated, 1 already there and the same, 0 rejected.',
    )
    expect(stdout).toContain('Would change: city 1.')
  })

  it('needs an org, since only Okta knows which users differ', async () => {
    const { file } = await seeded()
    const { code, stderr } = await runImport([file, '--update', '--dry-run'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('OKTA_ORG_URL')])
  })
})
