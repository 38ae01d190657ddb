/** Updates and undos where other people, other runs and outages come in between. */
import Database from 'better-sqlite3'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeOkta, type FakeOptions } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { tempDir } from '../support/temp.ts'

const HEADER = 'email,firstName,lastName,city,active'
const IMPORTED = { provider: { type: 'IMPORT', name: 'IMPORT' } }

const start = async (rows: readonly string[], options?: FakeOptions) => {
  const okta = await startFakeOkta(options)
  const file = join(tempDir(), 'users.csv')
  const write = (...lines: readonly string[]): void =>
    writeFileSync(file, [HEADER, ...lines, ''].join('\n'))
  write(...rows)
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
  const call = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await runImport([...args, '--json'], env)
    const events = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return { code, stderr, events, summary: events.at(-1) ?? {} }
  }
  const journal = `${file}.journal`
  const org = new URL(okta.url).host
  return {
    okta,
    write,
    run: (...args: string[]) => call([file, '--where-enabled', 'active', ...args]),
    undo: (n: number) => call(['undo', journal, '--yes', `${org}:${n}`]),
    file,
    call,
    query: (sql: string): unknown[] => {
      const db = new Database(journal)
      try {
        return db.prepare(sql).pluck().all()
      } finally {
        db.close()
      }
    },
    exec: (sql: string): void => {
      const db = new Database(journal)
      db.exec(sql)
      db.close()
    },
    /** As another person would create the user, who has not signed in yet. */
    replace: (login: string, profile: Record<string, unknown>): void => {
      okta.users.delete(login)
      okta.seed(login, new Date().toISOString(), profile)
      const user = okta.users.get(login)
      if (user) okta.users.set(login, { ...user, credentials: IMPORTED })
    },
  }
}

const ANN = { email: 'ann@x.example', firstName: 'Ann', lastName: 'Lee', city: 'Paris' }

describe('a user that others created', () => {
  it('is not deleted for having the login of a user that we had created', async () => {
    const { okta, run, undo, replace } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    replace('ann@x.example', ANN)
    await run('--update')
    await undo(1)
    expect([...okta.users.keys()]).toEqual(['ann@x.example'])
  })

  it('is not deleted where an admin has deactivated it, and it has a password in Okta', async () => {
    const { okta, run, undo } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    const credentials = { provider: { type: 'OKTA', name: 'OKTA' } }
    okta.users.forEach((user, key) =>
      okta.users.set(key, { ...user, credentials, status: 'DEPROVISIONED' }),
    )
    expect((await undo(1)).summary).toMatchObject({ kept: 1, failed: 0 })
    expect([...okta.users.keys()]).toEqual(['ann@x.example'])
  })

  it('does not get the attributes of another row that replaced a skipped one', async () => {
    const { okta, run, write } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    write('ann@x.example,Ann,Lee,Paris,n')
    await run('--update')
    write('bob@x.example,Bob,Ray,Rome,y')
    await run('--update')
    expect(okta.users.get('ann@x.example')?.profile).toMatchObject(ANN)
  })

  it('does not get the attributes of another row that replaced a refused one', async () => {
    const { okta, run, write } = await start(['ann@x.example,Ann,Lee,Paris,y'], {
      refuse: ({ city }) => (city === 'Nowhere' ? [400, { errorCode: 'E0000001' }] : undefined),
    })
    await run()
    write('ann@x.example,Ann,Lee,Nowhere,y')
    await run('--update')
    write('bob@x.example,Bob,Ray,Rome,y')
    await run('--update')
    expect(okta.users.get('ann@x.example')?.profile).toMatchObject(ANN)
  })
})

describe('an update that was cut short', () => {
  /** Ends the run by Okta's 401 to this method on a user. */
  const cutAt = async (method: string, rows: readonly string[]) => {
    let isCut = false
    const all = await start(rows, {
      fault: (call) =>
        isCut && call.method === method && call.path.startsWith('/api/v1/users/00u')
          ? '401'
          : 'none',
    })
    const cut = async (): Promise<void> => {
      isCut = true
      expect((await all.run('--update')).code).not.toBe(0)
      isCut = false
    }
    return { ...all, cut }
  }

  it('is not lost by an import without --update in between', async () => {
    const { okta, run, cut, query } = await cutAt('POST', ['ann@x.example,Ann,Lee,London,y'])
    okta.seed('ann@x.example', undefined, ANN)
    await run()
    await cut()
    expect(query('SELECT changed FROM rows')).toEqual(['city'])
    await run()
    await run('--update')
    expect(okta.users.get('ann@x.example')?.profile['city']).toBe('London')
  })

  it('is not lost before its intent either, where the row had been compared before', async () => {
    const { okta, run, write, cut } = await cutAt('GET', ['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    await run('--update')
    write('ann@x.example,Ann,Lee,London,y')
    await cut()
    await run()
    await run('--update')
    expect(okta.users.get('ann@x.example')?.profile['city']).toBe('London')
  })
})

describe('an update', () => {
  it('does not create again a user whom someone deleted in Okta, and reports it', async () => {
    const { okta, run } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    okta.users.clear()
    const { code, summary } = await run('--update')
    expect([code, okta.users.size, summary]).toMatchObject([1, 0, { failed: 1 }])
    expect(JSON.stringify(summary['reasons'])).toContain('was deleted in Okta since')
  })

  it('takes its own change for a change of that user alone', async () => {
    const { run, write, replace } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    write('ann@x.example,Ann,Lee,Rome,y')
    await run('--update')
    replace('ann@x.example', { ...ANN, city: 'Oslo' })
    write('ann@x.example,Ann,Lee,Oslo,y')
    expect((await run('--update')).summary).toMatchObject({ updated: 0, existing: 1 })
  })

  it('counts in this run the rows that were finished in it', async () => {
    const { run } = await start(['ann@x.example,Ann,Lee,Paris,y', 'bob@x.example,,Ray,Rome,y'])
    const first = await run()
    expect(first.summary['thisRun']).toMatchObject({ created: 1, rejected: 1 })
    const second = await run('--update')
    expect(second.summary).toMatchObject({ rejected: 1, thisRun: { created: 0, rejected: 0 } })
  })

  it('counts a user that it has updated once more', async () => {
    const { run, write } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    for (const city of ['Rome', 'Oslo']) {
      write(`ann@x.example,Ann,Lee,${city},y`)
      const { summary } = await run('--update')
      expect(summary).toMatchObject({ changes: { city: 1 }, thisRun: { updated: 1 } })
    }
  })

  it('continues where a row has changed since it was cut short', async () => {
    const { run, write, exec } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    write('ann@x.example,Ann,Lee,Rome,y')
    await run('--update')
    exec("UPDATE rows SET state = 'sending'")
    write('ann@x.example,Ann,Lee,Oslo,y')
    expect(await run('--update')).toMatchObject({ code: 0, summary: { updated: 1 } })
  })

  it('does not silently leave out rows that came from their rejects file', async () => {
    const { okta, file, call, run, write } = await start(['ann@x.example,,Lee,Paris,y'])
    await run()
    const rejects = file.replace(/csv$/, 'rejects.csv')
    writeFileSync(rejects, readFileSync(rejects, 'utf8').replace(',,Lee', ',Ann,Lee'))
    await call([rejects, '--where-enabled', 'active'])
    expect((await run('--update')).summary).toMatchObject({ existing: 1, rejected: 0 })
    write('ann@x.example,Ann,Lee,Rome,y')
    const { code, stderr } = await run('--update')
    const isTold = code !== 0 || stderr !== ''
    expect(isTold || okta.users.get('ann@x.example')?.profile['city'] === 'Rome').toBe(true)
  })
})

describe('an undo', () => {
  it('ends with the row where Okta refuses to deactivate a user whose deletion a crash cut short', async () => {
    const { run, undo, exec } = await start(['ann@x.example,Ann,Lee,Paris,y'], {
      refuseDeactivation: true,
    })
    await run()
    exec("UPDATE rows SET state = 'undoing'")
    await undo(1)
    // Nothing was done to the user, so the import may continue.
    expect(await run()).toMatchObject({ code: 0 })
  })

  it('leaves an empty file as it is', async () => {
    const { file, call } = await start([])
    writeFileSync(`${file}.other`, '')
    await call(['undo', `${file}.other`])
    expect(statSync(`${file}.other`).size).toBe(0)
  })
})

describe('the journal of the previous version', () => {
  it('does not prove who created a user where Okta had answered with a duplicate', async () => {
    const { okta, run, undo, exec } = await start(['ann@x.example,Ann,Lee,Paris,y'])
    await run()
    exec(`
      UPDATE rows SET error_code = 'E0000001';
      ALTER TABLE rows DROP COLUMN made_by; ALTER TABLE rows DROP COLUMN changed;
      ALTER TABLE rows DROP COLUMN person;
      PRAGMA user_version = 1`)
    await undo(1)
    expect(okta.users.size).toBe(1)
  })
})

describe('the start of an undo', () => {
  it.each([
    ['skipped', 'bob@x.example,Bob,Ray,Rome,n'],
    ['rejected', 'bob@x.example,,Ray,Rome,y'],
  ])('counts a user of ours whose row an update has %s', async (_, row) => {
    const { okta, run, write, undo } = await start([
      'ann@x.example,Ann,Lee,Paris,y',
      'bob@x.example,Bob,Ray,Rome,y',
    ])
    await run()
    write('ann@x.example,Ann,Lee,Paris,y', row)
    await run('--update')
    const { events } = await undo(1)
    const { made, unproven, updated } = events[0] as Record<string, number>
    expect(okta.users.size).toBe(1)
    expect((made ?? 0) + (unproven ?? 0) + (updated ?? 0)).toBe(2)
  })
})
