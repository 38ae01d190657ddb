/** The start of an import: what it prints before it creates any user, and when it asks for confirmation. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { CommandContext } from '../../src/commands/context.ts'
import type { ImportOptions } from '../../src/commands/import/options.ts'
import {
  describeStart,
  confirmStart,
  secondsFor,
  type Start,
} from '../../src/commands/import/start-report.ts'
import { guessRows } from '../../src/import/sources/file.ts'
import { createScreen } from '../support/screen.ts'
import { tempDir } from '../support/temp.ts'

const START: Start = {
  orgUrl: 'https://acme.okta.com',
  account: 'jane@example.com',
  mode: 'hook',
  rows: 12_400,
  known: 0,
  isResumed: false,
  update: false,
  limit: undefined,
  callsPerMinute: 600,
  share: 50,
  paths: {
    journal: 'users.csv.journal',
    rejects: 'users.rejects.csv',
    existingFile: 'users.existing.csv',
  },
}

const STARTS: Readonly<Record<string, Start>> = {
  'a file': START,
  'a run that goes on': { ...START, known: 400, isResumed: true, limit: 10 },
  'an update': { ...START, known: 12_400, update: true },
  'standard input, an org without limits': {
    ...START,
    account: undefined,
    rows: undefined,
    callsPerMinute: undefined,
  },
}

describe('the start', () => {
  it('is readable at every width', async () => {
    const shown: string[] = []
    for (const [name, start] of Object.entries(STARTS)) {
      for (const columns of [60, 80, 120]) {
        const screen = createScreen(columns)
        screen.stream.write(describeStart(start))
        shown.push(`${name}, ${columns} columns:\n${await screen.shown()}\n`)
      }
    }
    await expect(shown.join('\n')).toMatchFileSnapshot('snapshots/start.txt')
  })

  it.each<[Partial<Start>, number | undefined]>([
    [{}, 2_480],
    [{ known: 12_100 }, 60],
    [{ limit: 10 }, 2],
    [{ rows: undefined, limit: 10 }, 2],
    [{ rows: undefined }, undefined],
    [{ callsPerMinute: undefined }, undefined],
    [{ callsPerMinute: 1, rows: 2 }, 120],
  ])('with %j takes %j seconds', (more, seconds) => {
    expect(secondsFor({ ...START, ...more })).toBe(seconds)
  })
})

/** As much of a terminal as readline needs. */
const ask = async (
  keys: string,
  {
    options = {},
    start = {},
    isTTY = true,
    noInput = false,
  }: {
    options?: Partial<ImportOptions>
    start?: Partial<Start>
    isTTY?: boolean
    noInput?: boolean
  } = {},
) => {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin })
  // Where a question comes although it should not, it ends at once.
  if (keys === '') stdin.end()
  else stdin.write(keys)
  const screen = createScreen(80)
  const host: CommandContext = {
    version: '',
    args: [],
    env: {},
    stdin,
    stdout: screen.stream,
    stderr: screen.stream,
    onSignal: () => undefined,
    noInput,
  }
  const code = await confirmStart(host, options as ImportOptions, { ...START, ...start })
  return [code, await screen.shown()] as const
}

describe('a person at a terminal', () => {
  it.each([
    ['y\r', undefined, /\[y\/N\] y$/],
    ['yes\r', undefined, /yes$/],
    ['n\r', 1, /n\nNothing was sent\.$/],
    ['\r', 1, /Nothing was sent/],
  ])('who types %j', async (keys, code, shown) => {
    expect(await ask(keys)).toEqual([code, expect.stringMatching(shown)])
  })

  it.each(['\u0003', '\u0004'])('who types %j has interrupted it', async (keys) => {
    await expect(ask(keys)).rejects.toMatchObject({ code: 'interrupted' })
  })

  it.each([
    { options: { yes: true as const } },
    { options: { json: true as const } },
    { start: { isResumed: true } },
    { isTTY: false },
  ])('is not asked with %j', async (given) => {
    expect(await ask('', given)).toEqual([undefined, ''])
  })

  it('who gave --no-input must give --yes', async () => {
    const refused = { code: 'unconfirmed', detail: 'Confirm it with --yes.' }
    for (const isTTY of [true, false]) {
      await expect(ask('', { isTTY, noInput: true })).rejects.toMatchObject(refused)
    }
    expect(await ask('', { noInput: true, options: { yes: true } })).toEqual([undefined, ''])
  })
})

describe('the rows of a file', () => {
  const rowsOf = (content: string | Buffer, hasHeader = true): number | undefined => {
    const path = join(tempDir(), 'users.csv')
    writeFileSync(path, content)
    return guessRows(path, hasHeader)
  }

  it('are counted where it is short, and estimated where it is long', () => {
    expect(rowsOf('email\na@x.example\nb@x.example\n')).toBe(2)
    expect(rowsOf('email\na@x.example\nb@x.example')).toBe(2)
    expect(rowsOf('{"email":"a@x.example"}\n', false)).toBe(1)
    expect(rowsOf('email\n')).toBe(0)
    expect(rowsOf(`email\n${'user@x.example\n'.repeat(200_000)}`)).toBeCloseTo(200_000, -1)
  })

  it('are unknown where it is compressed or empty', () => {
    expect(rowsOf(Buffer.from([0x1f, 0x8b, 0x0a]))).toBeUndefined()
    expect(rowsOf('')).toBeUndefined()
  })
})
