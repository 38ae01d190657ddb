/** Okta's pages: the Link header in all its forms, and the links that are refused. */
import { describe, expect, it } from 'vitest'
import { findLink, listItems } from '../../src/okta/client/pages.ts'
import { advanceUntil, makeClient } from '../support/okta-client.ts'
import { startOkta, type StubAnswer } from '../support/okta-server.ts'
import { fc } from '../support/properties.ts'

describe('findLink', () => {
  it.each([
    ['<https://a.okta.com/x?after=1&limit=2>; rel="next"', 'https://a.okta.com/x?after=1&limit=2'],
    ['<https://a/s>; rel="self", <https://a/n>; rel="next"', 'https://a/n'],
    ['<https://a/n,1;2>; rel=next', 'https://a/n,1;2'],
    ['<https://a/n>; title="a, b; rel=\\"x"; rel="prev next"', 'https://a/n'],
    ['<https://a/n>;REL="NEXT"', 'https://a/n'],
    ['<https://a/s>; rel="self"', undefined],
    ['<https://a/s>; rel="nextish"', undefined],
    ['https://a/n; rel="next"', undefined],
    ['', undefined],
    [null, undefined],
  ])('in %j finds %s', (header, target) => {
    expect(findLink(header, 'next')).toBe(target)
  })

  it('finds a link that was written, wherever it stands', () => {
    const url = fc.webUrl({ withQueryParameters: true })
    fc.assert(
      fc.property(fc.array(url), url, fc.array(url), (before, next, after) => {
        const header = [
          ...before.map((target) => `<${target}>; rel="self"`),
          `<${next}>; rel="next"`,
          ...after.map((target) => `<${target}>; rel="other"`),
        ].join(', ')
        expect(findLink(header, 'next')).toBe(next)
      }),
    )
  })

  it('handles any text in linear time', () => {
    const nasty = [`<${';a'.repeat(50_000)}`, `<a>${'; a="'.repeat(50_000)}`, '<a>;'.repeat(50_000)]
    for (const header of nasty) expect(findLink(header, 'next')).toBeUndefined()
  })
})

const collect = async (pages: (base: string) => Record<string, StubAnswer>) => {
  const okta = await startOkta(({ path }): StubAnswer => pages(okta.url)[path] ?? { status: 404 })
  const { client, clock } = makeClient(okta.url)
  const items: unknown[] = []
  const all = async (): Promise<void> => {
    for await (const item of listItems(client, '/p?after=0')) items.push(item)
  }
  const error = await advanceUntil(all(), clock).catch((err: unknown) => err)
  return { items, error, calls: okta.calls.map(({ path }) => path) }
}

const next = (url: string): StubAnswer['headers'] => ({
  link: [`<${url}&self>; rel="self"`, `<${url}>; rel="next"`],
})

describe('listItems', () => {
  it('follows links to the end', async () => {
    const { items, error } = await collect((base) => ({
      '/p?after=0': { body: [1, 2], headers: { ...next(`${base}/p?after=a%2Fb`) } },
      '/p?after=a%2Fb': { body: [], headers: { ...next(`${base}/p?after=2`) } },
      '/p?after=2': { body: [3] },
    }))
    expect([items, error]).toEqual([[1, 2, 3], undefined])
  })

  it('never follows a link to another origin', async () => {
    const other = await startOkta(() => ({ body: ['stolen'] }))
    const { items, error } = await collect(() => ({
      '/p?after=0': { body: [1], headers: { ...next(`${other.url}/p?after=1`) } },
    }))
    expect([items, error]).toMatchObject([[1], { code: 'okta_answer_unusable' }])
    expect(other.calls).toEqual([])
  })

  it('ends where a page links to itself', async () => {
    const { error, calls } = await collect((base) => ({
      '/p?after=0': { body: [1], headers: { ...next(`${base}/p?after=1`) } },
      '/p?after=1': { body: [2], headers: { ...next(`${base}/p?after=1`) } },
    }))
    expect(error).toMatchObject({ code: 'okta_answer_unusable' })
    expect(calls).toHaveLength(2)
  })

  it('accepts nothing but a list', async () => {
    const { error } = await collect(() => ({ '/p?after=0': { body: { 0: 'a', length: 1 } } }))
    expect(error).toMatchObject({
      code: 'okta_answer_unusable',
      detail: 'the answer is not a list',
    })
  })
})
