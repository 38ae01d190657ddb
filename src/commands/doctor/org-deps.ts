/** What the checks of the org share: its settings, its client, and what earlier checks have found. */
import type { Clock } from '../../clock.ts'
import { loadSettings } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import type { InlineHook } from '../../okta/api/inline-hooks.ts'
import type { OktaClient, OktaResponse } from '../../okta/client/client.ts'
import { createTransport } from '../../okta/client/transport.ts'
import type { NotGranted } from '../../okta/errors/rejection.ts'
import type { CommonOptions } from '../common-options.ts'
import { readText } from '../context.ts'
import { connectOkta } from '../okta-options.ts'
import { isOktaGiven, OKTA_SETTINGS } from '../okta-settings.ts'
import type { ServerSettings } from '../serve/settings.ts'
import { once, type LocalDeps } from './local-deps.ts'
import type { Found } from './table.ts'

export interface DoctorOptions extends CommonOptions {
  readonly local?: true
  readonly execute?: true
  readonly url?: string
  readonly file?: string
  readonly map: ReadonlyMap<string, string>
  readonly ignore: readonly string[]
}

/** What a service app asks for in the first call; register needs it. */
export const HOOK_SCOPE = 'okta.inlineHooks.manage'

/** Okta itself waits 3 seconds for the hook; with more, a slow answer is reported as slow. */
const TIMEOUT_MS = 10_000

export interface SeenAnswer extends Pick<OktaResponse, 'headers'> {
  readonly path: string
}

/** The client, whose waits end with the check. */
const watch = (
  client: OktaClient,
  signal: AbortSignal,
  onAnswer: (answer: SeenAnswer) => void,
): OktaClient => ({
  orgUrl: client.orgUrl,
  request: async (request) => {
    const response = await client.request({ ...request, signal })
    onAnswer({ path: request.path.replace(/\?.*/, ''), headers: response.headers })
    return response
  },
  withScopes: (scopes) => watch(client.withScopes(scopes), signal, onAnswer),
  get rateLimitStatus() {
    return client.rateLimitStatus
  },
})

export const NO_SERVER: Found = {
  level: 'unknown',
  text: 'The settings of the server cannot be used.',
}

export const createOrgDeps = (local: LocalDeps, options: DoctorOptions, clock: Clock) => {
  const { context, settings } = local
  const { env, version } = context
  const okta = once(() =>
    isOktaGiven(env) ? loadSettings(OKTA_SETTINGS, env, readText) : undefined,
  )
  const transport = once(() =>
    createTransport({ clock, version, fetch: fetchFrom(env), timeoutMs: TIMEOUT_MS }),
  )
  const client = once(() => {
    const given = okta()?.settings
    if (!given) throw new AppError('config_invalid', { detail: 'OKTA_ORG_URL is missing' })
    const onCall = options.verbose && ((line: string) => void context.stderr.write(`${line}\n`))
    const pacing = { share: 100, concurrency: 2 }
    return connectOkta(context, given, { scopes: [HOOK_SCOPE], ...pacing, onCall })
  })
  const answers: SeenAnswer[] = []
  return {
    ...local,
    clock,
    options,
    okta,
    transport,
    client: (signal: AbortSignal) => watch(client(), signal, (answer) => void answers.push(answer)),
    /** The newest last. */
    answers,
    /** Of the hook server; undefined where they cannot be used, which a check of its own reports. */
    server: (): ServerSettings | undefined => {
      try {
        return settings()
      } catch (err) {
        if (err instanceof AppError) return undefined
        throw err
      }
    },
    found: {
      hooks: undefined as readonly InlineHook[] | NotGranted | undefined,
      /** Whether Okta itself has called the hook and got an answer. */
      wasExecuted: false,
    },
  }
}

export type OrgDeps = ReturnType<typeof createOrgDeps>
