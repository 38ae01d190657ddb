/** Owns the following of Okta's pages: by the Link header only, since its cursors are opaque. */
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from './client.ts'

/** One link of a Link header (RFC 8288, section 3): the target, then parameters, quoted or not. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g
const PARAMETER = /;\s*([\w*-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g

const hasRelation = (parameters: string, relation: string): boolean =>
  [...parameters.matchAll(PARAMETER)].some(([, name = '', quoted, bare = '']) => {
    const relations = (quoted ?? bare).toLowerCase().split(/\s+/)
    return name.toLowerCase() === 'rel' && relations.includes(relation)
  })

/** The target of the first link with this relation; the header may hold several, joined by commas. */
export const findLink = (header: string | null, relation: string): string | undefined => {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(LINK)) {
    if (hasRelation(parameters, relation)) return target
  }
  return undefined
}

/**
 * Yields the items of a list, page after page, holding one page at a time.
 * @throws AppError `okta_answer_unusable` for a page that is not a list, or a link that leads nowhere
 * else or to another origin; and whatever `request` throws
 */
export async function* listItems(client: OktaClient, path: string): AsyncGenerator {
  let next: string | undefined = path
  while (next !== undefined) {
    const here: string = next
    const { body, headers } = await client.request({ method: 'GET', path: here })
    if (!Array.isArray(body)) throw new AppError('okta_answer_unusable', { detail: 'not a list' })
    yield* body
    next = findLink(headers.get('link'), 'next')
    if (next === here)
      throw new AppError('okta_answer_unusable', { detail: 'a page links to itself' })
  }
}
