/** The diagrams in docs/diagrams/ are what tools/diagrams.ts draws, and can be read by all. */
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DIAGRAMS } from '../../tools/diagrams.ts'
import { read } from '../support/deploy.ts'

const DIRECTORY = new URL('../../docs/diagrams/', import.meta.url)

it.each(Object.entries(DIAGRAMS))('docs/diagrams/%s is current', (name, content) => {
  expect(read(`docs/diagrams/${name}`)).toBe(content)
})

it('no other file is there', () => {
  expect(readdirSync(DIRECTORY).sort()).toEqual(Object.keys(DIAGRAMS).sort())
})

it.each(Object.entries(DIAGRAMS))(
  '%s says in words what it shows, and has colours for the dark',
  (_, content) => {
    expect(content).toMatch(/<title id="title">.+<\/title>\s*<desc id="about">.{40,}<\/desc>/)
    expect(content).toContain('prefers-color-scheme: dark')
    expect(content).not.toMatch(/<image|href=|<script/)
  },
)
