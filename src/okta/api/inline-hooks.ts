/** Reads, registers and tries the password import inline hook in Okta (Okta Management API, "Inline Hooks"). */
import * as z from 'zod'
import { readAs } from '../errors/unusable-answer.ts'
import type { OktaClient } from '../client/client.ts'
import { listItems } from '../client/pages.ts'

export const PASSWORD_IMPORT = 'com.okta.user.credential.password.import'

const PATH = '/api/v1/inlineHooks'

const text = z.string().catch('')

/** The fields that this program uses. Okta's answers never contain secrets. */
const schema = z.object({
  id: z.string(),
  name: text,
  status: text,
  lastUpdated: text,
  channel: z.object({
    type: text,
    config: z.looseObject({
      uri: text,
      authScheme: z.looseObject({ type: text, key: text }).nullish(),
      headers: z.array(z.unknown()).nullish(),
      clientId: text,
      tokenUrl: text,
    }),
  }),
})

export type InlineHook = z.infer<typeof schema>

const readHook = (value: unknown): InlineHook => readAs(schema, value, 'an inline hook')

/** How Okta authenticates to the hook. */
export type HookAuth =
  | { readonly type: 'header'; readonly key: string; readonly value: string }
  | {
      readonly type: 'oauth'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope: string
    }

/** How Okta authenticates to a hook that exists already. */
export type KnownAuth =
  | { readonly type: 'header'; readonly key: string }
  | { readonly type: 'oauth'; readonly clientId: string; readonly tokenUrl: string }
  /** Not at all: anyone who knows the URL can call the hook. */
  | { readonly type: 'none' }
  | { readonly type: 'unknown'; readonly channel: string }

/** `authScheme` is null for channels of type OAUTH, and for those of type HTTP without authentication. */
export const authOf = ({ channel }: InlineHook): KnownAuth => {
  const { authScheme, clientId, tokenUrl } = channel.config
  if (channel.type === 'OAUTH') return { type: 'oauth', clientId, tokenUrl }
  if (channel.type !== 'HTTP') return { type: 'unknown', channel: channel.type }
  return authScheme?.key ? { type: 'header', key: authScheme.key } : { type: 'none' }
}

export interface HookChannel {
  readonly uri: string
  readonly auth: HookAuth
  /** More headers that Okta sends, kept as they are. */
  readonly headers?: readonly unknown[] | undefined
}

const channelOf = ({ uri, auth, headers = [] }: HookChannel): object => {
  const common = { uri, method: 'POST', headers }
  if (auth.type === 'header') {
    const authScheme = { type: 'HEADER', key: auth.key, value: auth.value }
    return { type: 'HTTP', version: '1.0.0', config: { ...common, authScheme } }
  }
  const { tokenUrl, clientId, clientSecret, scope } = auth
  const oauth = { authType: 'client_secret_post', clientId, clientSecret, tokenUrl, scope }
  return { type: 'OAUTH', version: '1.0.0', config: { ...common, ...oauth } }
}

/** A request as `OktaClient.request` takes it, so that it can be shown as well as sent. */
export interface HookRequest {
  readonly method: 'POST'
  readonly path: string
  readonly body?: object
}

export const creation = (name: string, channel: HookChannel): HookRequest => ({
  method: 'POST',
  path: PATH,
  body: { name, type: PASSWORD_IMPORT, version: '1.0.0', channel: channelOf(channel) },
})

/** Changes the channel, its secret included. */
export const change = (id: string, channel: HookChannel): HookRequest => ({
  method: 'POST',
  path: `${PATH}/${encodeURIComponent(id)}`,
  body: { channel: channelOf(channel) },
})

/** Lets Okta call it, or stops that. */
export const switching = (id: string, to: 'activate' | 'deactivate'): HookRequest => ({
  method: 'POST',
  path: `${PATH}/${encodeURIComponent(id)}/lifecycle/${to}`,
})

export interface SentHook {
  /** As it is after the request. */
  readonly hook: InlineHook
  readonly requestId: string | undefined
}

export const sendHook = async (client: OktaClient, request: HookRequest): Promise<SentHook> => {
  const { body, requestId } = await client.request(request)
  return { hook: readHook(body), requestId }
}

/** All of the type: an org has one at most, as Okta's documents say. */
export const findHooks = async (client: OktaClient): Promise<InlineHook[]> => {
  const hooks: InlineHook[] = []
  for await (const hook of listItems(client, `${PATH}?type=${PASSWORD_IMPORT}`)) {
    hooks.push(readHook(hook))
  }
  return hooks
}

export interface Trial {
  readonly username: string
  readonly password: string
  readonly eventId: string
  readonly eventTime: string
}

/** A payload as Okta documents it for "Create a password import inline hook". */
export const payloadOf = (
  source: string,
  { username, password, eventId, eventTime }: Trial,
): object => ({
  eventId,
  eventTime,
  eventType: PASSWORD_IMPORT,
  eventTypeVersion: '1.0',
  contentType: 'application/json',
  cloudEventVersion: '0.1',
  source,
  data: {
    context: {
      request: {
        id: eventId,
        method: 'POST',
        url: { value: '/idp/idx/challenge/answer' },
        ipAddress: '127.0.0.1',
      },
      credential: { username, password },
    },
    action: { credential: 'UNVERIFIED' },
  },
})

const trialSchema = z.object({
  commands: z.tuple([z.object({ value: z.object({ credential: text }) })]).rest(z.unknown()),
  debugContext: z.object({ reason: text }).optional().catch(undefined),
})

export interface TrialResult {
  readonly credential: 'VERIFIED' | 'UNVERIFIED' | 'unreadable'
  /** The hook's reason. */
  readonly reason: string | undefined
}

/** @param answer undefined for an empty body, which means the default, UNVERIFIED */
export const readTrial = (answer: unknown): TrialResult => {
  if (answer === undefined) return { credential: 'UNVERIFIED', reason: undefined }
  const { data } = trialSchema.safeParse(answer)
  const credential = data?.commands[0].value.credential
  const isKnown = credential === 'VERIFIED' || credential === 'UNVERIFIED'
  return { credential: isKnown ? credential : 'unreadable', reason: data?.debugContext?.reason }
}

/**
 * Makes Okta call the hook ("Execute an inline hook", meant for tests) and returns the hook's answer.
 * @throws OktaRejection (400) where the hook's answer was invalid
 * @throws OktaAnswerLost (502, 504) where Okta could not reach the hook, or got no answer in time
 */
export const tryHook = async (
  client: OktaClient,
  { id }: InlineHook,
  trial: Trial,
): Promise<TrialResult> => {
  const path = `${PATH}/${encodeURIComponent(id)}`
  const body = payloadOf(client.orgUrl + path, trial)
  const answer = await client.request({ method: 'POST', path: `${path}/execute`, body })
  return readTrial(answer.body)
}
