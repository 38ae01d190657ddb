/** Dockerfile: what it claims about the checkout must be true. */
import { describe, expect, it } from 'vitest'
import { DOCKERFILE, read } from '../support/deploy.ts'

describe('the image', () => {
  it('has the Node.js that the tests run on', () => {
    const { version } = JSON.parse(read('tools/runtime/package.json')) as { version: string }
    const bases = [...DOCKERFILE.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(new Set(bases)).toEqual(new Set([`node:${version}-bookworm-slim`]))
  })

  it('opens no inspector, whatever signal comes', () => {
    expect(DOCKERFILE).toMatch(/^CMD \["node", "--disable-sigusr1", /m)
  })

  it('copies only files that .dockerignore lets through', () => {
    const copied = [...DOCKERFILE.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap(([, sources = '']) => sources.split(' '))
      .map((source) => `!${source.replace('./', '')}`)
    const through = read('.dockerignore').match(/^!.+$/gm)
    expect(new Set(copied)).toEqual(new Set(through))
  })
})
