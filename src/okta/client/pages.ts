/** Lists items page after page, by the Link header only, since Okta's cursors are opaque. */
import { unusableAnswer } from '../errors/unusable-answer.ts'
import type { OktaClient } from './client.ts'

/** One link of a Link header (RFC 8288, section 3): the target, then parameters, quoted or not. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g
const PARAMETER = /;\s*([\w*-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g

const hasRelation = (parameters: string, relation: string): boolean =>
  [...parameters.matchAll(PARAMETER)].some(([, name = '', quoted, bare = '']) => {
    const relations = (quoted ?? bare).toLowerCase().split(/\s+/)
    return name.toLowerCase() === 'rel' && relations.includes(relation)
  })

/** The target of the first link with this relation. The header may have several links, joined by commas. */
export const findLink = (header: string | null, relation: string): string | undefined => {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(LINK)) {
    if (hasRelation(parameters, relation)) return target
  }
  return undefined
}

/**
 * Yields the items of a list, with one page at a time in memory.
 * @throws AppError `okta_answer_unusable` for a page that is not a list, or a link to the same page or
 * to another origin; and all that `request` throws
 */
export async function* listItems(client: OktaClient, path: string): AsyncGenerator {
  let next: string | undefined = path
  while (next !== undefined) {
    const current: string = next
    const { body, headers } = await client.request({ method: 'GET', path: current })
    if (!Array.isArray(body)) throw unusableAnswer('the answer is not a list')
    yield* body
    next = findLink(headers.get('link'), 'next')
    if (next === current) throw unusableAnswer('a page links to itself')
  }
}
