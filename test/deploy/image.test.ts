/** Dockerfile: what it claims about the checkout must be true. */
import { describe, expect, it } from 'vitest'
import { DOCKERFILE, read } from '../support/deploy.ts'
import { sourceFiles } from '../support/sources.ts'

/** What is copied from the checkout, from its top level. */
const copiesOf = (stages = ''): string[] =>
  [...stages.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    .flatMap(([, sources = '']) => sources.split(' '))
    .map((source) => source.replace('./', ''))

describe('the image', () => {
  it('has the Node.js that the tests run on', () => {
    const { version } = JSON.parse(read('tools/runtime/package.json')) as { version: string }
    const bases = [...DOCKERFILE.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(new Set(bases)).toEqual(new Set([`node:${version}-bookworm-slim`]))
  })

  it('opens no inspector, whatever signal comes', () => {
    expect(DOCKERFILE).toMatch(/^CMD \["node", "--disable-sigusr1", /m)
  })

  it('has each file of the package that the program reads', () => {
    const program = sourceFiles()
      .map(({ text }) => text)
      .join('')
    const named = [...program.matchAll(/packageFile\([`']([^/`']+)/g)].map(([, top = '']) => top)
    expect(new Set(named)).toEqual(new Set(['package.json', 'legacy-db']))
    expect(copiesOf(DOCKERFILE.split(/^FROM /m).at(-1))).toEqual(expect.arrayContaining(named))
  })

  it('copies only files that .dockerignore lets through', () => {
    const copied = copiesOf(DOCKERFILE).map((source) => `!${source}`)
    const through = read('.dockerignore').match(/^!.+$/gm)
    expect(new Set(copied)).toEqual(new Set(through))
  })
})
