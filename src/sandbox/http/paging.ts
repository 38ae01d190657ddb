/** Pages of a list: the cursor `after`, and the Link header with the next page. */
import { OktaError } from './errors.ts'
import type { OrgContext } from './request.ts'

/** @throws OktaError E0000031 for a cursor that was not made here */
export const pageStart = (after: string | undefined): number => {
  if (after === undefined) return 0
  const [, index] = /^index:(\d+)$/.exec(Buffer.from(after, 'base64url').toString()) ?? []
  if (index === undefined) throw new OktaError('E0000031')
  return Number(index)
}

const linkTo = (c: OrgContext, rel: string, change: Record<string, string>): string => {
  const url = new URL(c.req.url)
  for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value)
  return `<${url.href}>; rel="${rel}"`
}

/** @param next what changes in the query for the next page, if there is one */
export const setLink = (c: OrgContext, next: Record<string, string> | undefined): void => {
  const links = [linkTo(c, 'self', {})]
  if (next) links.push(linkTo(c, 'next', next))
  // Several lines, as Okta sends them; a Headers object would join them into one.
  c.env.outgoing.setHeader('link', links)
}

/** @param next where the next page begins, if there is one */
export const setLinks = (c: OrgContext, limit: number, next: number | undefined): void => {
  const after = Buffer.from(`index:${next}`).toString('base64url')
  setLink(c, next === undefined ? undefined : { after, limit: String(limit) })
}

/** One page of a short list. */
export const pageOf = <T>(
  c: OrgContext,
  items: readonly T[],
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): readonly T[] => {
  const start = pageStart(after)
  const end = start + limit
  setLinks(c, limit, end < items.length ? end : undefined)
  return items.slice(start, end)
}
