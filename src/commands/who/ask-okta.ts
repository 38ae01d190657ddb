/** What Okta says of one person, and whether it calls the hook. */
import { AppError } from '../../errors/errors.ts'
import { isOneLogin } from '../../login.ts'
import { findHooks } from '../../okta/api/inline-hooks.ts'
import { getUser, hasMoved, isPending } from '../../okta/api/users.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import type { CommonOptions } from '../common-options.ts'
import type { CommandContext } from '../context.ts'
import { connectWithProgress } from '../okta-options.ts'
import { isOktaGiven, OKTA_SETTINGS } from '../okta-settings.ts'
import { readSettings } from '../read-settings.ts'
import { asked, type Asked, type LegacyFacts } from './sources.ts'

export const OKTA_SCOPES = ['okta.users.read']
export const HOOK_SCOPES = ['okta.inlineHooks.read']

export interface OktaFacts {
  readonly id: string
  readonly login: string | undefined
  readonly status: string | undefined
  readonly provider: string | undefined
  readonly isPending: boolean
  readonly hasMoved: boolean
  /** Whether Okta calls the hook; undefined where that cannot be seen, or does not matter to the person. */
  readonly hookActive: boolean | undefined
}

/** To Okta, this is the owner of the token. */
const isOwner = (name: string): boolean => name.trim().toLowerCase() === 'me'

/** A help desk may do without the right to read hooks: the advice then holds before the cut-off and after it. */
const isHookActive = async (client: OktaClient): Promise<boolean | undefined> => {
  try {
    const hooks = await findHooks(client.withScopes(HOOK_SCOPES))
    return hooks.some(({ status }) => status === 'ACTIVE')
  } catch (err) {
    if (err instanceof AppError) return undefined
    throw err
  }
}

/** @param name an id, a login, or a short name where it is unique */
const findUser = async (name: string, client: OktaClient): Promise<Asked<OktaFacts>> => {
  if (isOwner(name)) return { state: 'none' }
  try {
    const user = await getUser((what) => client.request(what), name.trim())
    const { id, status, profile, credentials } = user
    return {
      state: 'found',
      id,
      login: profile.login ?? undefined,
      status: status ?? undefined,
      provider: credentials?.provider?.type ?? undefined,
      isPending: isPending(user),
      hasMoved: hasMoved(user),
      hookActive: isPending(user) ? await isHookActive(client) : undefined,
    }
  } catch (err) {
    if (err instanceof AppError && err.code === 'okta_not_found') return { state: 'none' }
    throw err
  }
}

export type AskOkta = (name: string) => Promise<Asked<OktaFacts>>

/** Undefined where Okta is not configured. */
export const openAskOkta = (
  { verbose, quiet }: CommonOptions,
  host: CommandContext,
): AskOkta | undefined => {
  if (!isOktaGiven(host.env)) return undefined
  const settings = readSettings(host, OKTA_SETTINGS)
  const client = connectWithProgress(host, settings, { scopes: OKTA_SCOPES, verbose, quiet })
  return (name) => asked(() => findUser(name, client))
}

/** Okta knows no ids of the legacy store, and can take one for the short name of another person. */
export const askForAccount = async (
  okta: Asked<OktaFacts>,
  legacy: Asked<LegacyFacts>,
  askOkta: AskOkta | undefined,
): Promise<Asked<OktaFacts>> => {
  const login = legacy.state === 'found' ? legacy.loginOfId : undefined
  if (!askOkta || login === undefined || okta.state === 'failed') return okta
  const isSame = okta.state === 'found' && isOneLogin(okta.login ?? '', login)
  return isSame ? okta : askOkta(login)
}
