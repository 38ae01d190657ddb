/** The inline hooks of an org, and their rules ("Inline Hooks" in the Okta Management API). */
import * as z from 'zod'
import { invalid, notFound } from '../http/errors.ts'
import { makeId } from '../ids.ts'

export const PASSWORD_IMPORT_TYPE = 'com.okta.user.credential.password.import'

const TYPES = [
  PASSWORD_IMPORT_TYPE,
  'com.okta.import.transform',
  'com.okta.oauth2.tokens.transform',
  'com.okta.saml.tokens.transform',
  'com.okta.telephony.provider',
  'com.okta.user.pre-registration',
] as const

/** 50 in the API's description, 100 in the concept page: the lower one applies. */
const MAX_HOOKS = 50

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Okta calls https only. The sandbox also calls this machine by http, so that a hook needs no certificate. */
const isCallable = (uri: string): boolean => {
  if (/\s/.test(uri) || !URL.canParse(uri)) return false
  const { protocol, hostname } = new URL(uri)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

const uriSchema = z
  .string()
  .max(1024)
  .refine(isCallable, { error: 'Must be an https URL without whitespace' })

const headersSchema = z.array(z.object({ key: z.string().min(1), value: z.string() })).max(50)

const commonConfig = {
  uri: uriSchema,
  method: z.literal('POST').default('POST'),
  headers: headersSchema.nullish(),
}

export const httpChannel = z.object({
  type: z.literal('HTTP'),
  version: z.string(),
  config: z.object({
    ...commonConfig,
    authScheme: z
      .object({ type: z.literal('HEADER'), key: z.string().min(1), value: z.string().min(1) })
      .nullish(),
  }),
})

const oauthChannel = z.object({
  type: z.literal('OAUTH'),
  version: z.string(),
  config: z.object({
    ...commonConfig,
    authScheme: z.null().optional(),
    authType: z.literal('client_secret_post', { error: 'Only client_secret_post is simulated' }),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
    tokenUrl: uriSchema,
    scope: z.string().min(1).nullish(),
  }),
})

export const channelSchema = z.discriminatedUnion('type', [httpChannel, oauthChannel])

export const hookCreationSchema = z.object({
  name: z.string().min(1).max(255),
  type: z.enum(TYPES),
  version: z.literal('1.0.0'),
  channel: channelSchema,
})

/** The type of a hook cannot be changed. */
export const replaceSchema = hookCreationSchema.omit({ type: true })

export const updateSchema = z.object({
  name: hookCreationSchema.shape.name.optional(),
  channel: z
    .object({
      type: z.string().optional(),
      version: z.string().optional(),
      config: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
})

export type Channel = z.infer<typeof channelSchema>
export type OAuthConfig = z.infer<typeof oauthChannel>['config']

export interface Hook {
  readonly id: string
  readonly type: (typeof TYPES)[number]
  readonly version: string
  readonly created: string
  name: string
  status: 'ACTIVE' | 'INACTIVE'
  channel: Channel
  lastUpdated: string
}

/** Applies a partial update. Secrets that it omits stay. */
export const mergeChannel = (
  channel: Channel,
  update: NonNullable<z.infer<typeof updateSchema>['channel']>,
): unknown => {
  if (update.type !== undefined && update.type !== channel.type) return update
  const config: Record<string, unknown> = { ...channel.config, ...update.config }
  const isPartial = typeof config['authScheme'] === 'object' && config['authScheme'] !== null
  if (channel.type === 'HTTP' && isPartial) {
    config['authScheme'] = { ...channel.config.authScheme, ...(config['authScheme'] as object) }
  }
  return { ...channel, config }
}

export const configView = ({ type, config }: Channel): object => {
  const { uri, method, headers } = config
  const shared = { uri, method, headers: headers ?? [] }
  if (type === 'HTTP') {
    const { authScheme } = config
    return { ...shared, authScheme: authScheme && { type: 'HEADER', key: authScheme.key } }
  }
  const { authType, clientId, tokenUrl, scope } = config
  return { ...shared, authScheme: null, authType, clientId, tokenUrl, scope }
}

/** The hook as the API shows it, without secrets. */
export const hookView = (hook: Hook, origin: string) => {
  const { type, version } = hook.channel
  const href = `${origin}/api/v1/inlineHooks/${hook.id}`
  const to = (path: string, method = 'POST') => ({ href: href + path, hints: { allow: [method] } })
  return {
    ...hook,
    channel: { type, version, config: configView(hook.channel) },
    _links: {
      self: to('', 'GET'),
      execute: to('/execute'),
      ...(hook.status === 'ACTIVE'
        ? { deactivate: to('/lifecycle/deactivate') }
        : { activate: to('/lifecycle/activate'), delete: to('', 'DELETE') }),
    },
  }
}

export type HookView = ReturnType<typeof hookView>

export const createHookStore = () => {
  const hooks = new Map<string, Hook>()
  let count = 0
  const list = (type: string | undefined): Hook[] =>
    [...hooks.values()].filter((hook) => type === undefined || hook.type === type)
  return {
    /** @throws OktaError E0000001 for a second password import hook, or too many hooks */
    add(hook: z.infer<typeof hookCreationSchema>, now: string): Hook {
      if (hooks.size >= MAX_HOOKS) throw invalid('inlineHook', 'The org has as many as it can')
      // Okta documents the limit, but not the error code.
      if (hook.type === PASSWORD_IMPORT_TYPE && list(PASSWORD_IMPORT_TYPE).length > 0) {
        throw invalid('type', 'The org already has a password import inline hook')
      }
      const times = { created: now, lastUpdated: now }
      const added: Hook = { id: makeId('cal', count++), status: 'ACTIVE', ...hook, ...times }
      hooks.set(added.id, added)
      return added
    },
    /** @throws OktaError E0000007 */
    get(id: string): Hook {
      const hook = hooks.get(id)
      if (!hook) throw notFound(id, 'InlineHook')
      return hook
    },
    list,
    remove: ({ id }: Hook) => void hooks.delete(id),
    /** The hook that sign-ins call, if it is active. */
    passwordImport: () => list(PASSWORD_IMPORT_TYPE).find(({ status }) => status === 'ACTIVE'),
  }
}
