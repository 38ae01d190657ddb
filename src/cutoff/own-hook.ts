/** Tells the hook of a cut-off from any other one. */
import { AppError } from '../errors/errors.ts'
import type { InlineHook } from '../okta/api/inline-hooks.ts'
import { withoutUser } from '../http/url.ts'
import { printable } from '../text/printable.ts'
import type { JournalledHook } from './journal.ts'

export const toJournalled = ({ id, status, channel }: InlineHook): JournalledHook => ({
  hookId: id,
  status,
  url: withoutUser(channel.config.uri),
})

const pathOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).pathname : undefined

/** Of Okta, or of the journal. */
const shown = (url: string): string => printable(withoutUser(url), 1024)

/** What the operator says of it; without a URL, it is known by the path that hook servers have. */
export interface HookExpectation {
  readonly url: string | undefined
  readonly path: string
}

/** @returns why the hook of a plan is not ours; undefined where it is, or where there is none */
export const whyForeign = (
  hook: InlineHook | undefined,
  { url, path }: HookExpectation,
): string | undefined => {
  if (!hook) return undefined
  const { uri } = hook.channel.config
  if (url !== undefined) return uri === url ? undefined : `its URL is ${shown(uri)}, and not ${url}`
  return pathOf(uri) === path
    ? undefined
    : `its URL is ${shown(uri)}, which does not end in ${path}: say --url URL if it is yours`
}

const refuse = (detail: string): never => {
  throw new AppError('hook_foreign', { detail })
}

/**
 * The one hook that the journal is about.
 * @throws AppError `hook_foreign` for no hook, two of them, another one, or another URL
 */
export const ownHook = (
  hooks: readonly InlineHook[],
  journalled: JournalledHook | undefined,
): InlineHook => {
  const [hook, second] = hooks
  if (!hook) return refuse('This org has no password import inline hook any more.')
  if (second)
    return refuse(
      `This org has ${hooks.length} of them: ${hooks.map(({ id }) => printable(id)).join(', ')}.`,
    )
  const { id, channel } = hook
  if (id !== journalled?.hookId)
    return refuse(
      `It is ${printable(id)}, and the plan was made for ${printable(journalled?.hookId ?? 'none')}.`,
    )
  const uri = withoutUser(channel.config.uri)
  if (uri !== journalled.url)
    return refuse(`Its URL is ${shown(uri)}, and was ${shown(journalled.url)}.`)
  return hook
}
