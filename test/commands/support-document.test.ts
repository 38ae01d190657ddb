/** The page for the help desk has every advice that `who` can give, word by word. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ADVICE } from '../../src/commands/who/advice.ts'

const page = readFileSync(new URL('../../docs/SUPPORT.md', import.meta.url), 'utf8')

it('docs/SUPPORT.md explains each advice, and no other', () => {
  const rows = [...page.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].map(([, advice]) => advice)
  expect(rows.slice(1).filter((text) => !/^-+$/.test(text ?? ''))).toEqual(
    Object.values(ADVICE).map(({ sentence }) => sentence),
  )
})
