/** API tokens and OAuth tokens, and the scopes of each. */
import { randomBytes } from 'node:crypto'
import { hashOf, type DpopChecker } from '../dpop.ts'
import { OktaError } from '../http/errors.ts'

export const SCOPES = [
  'okta.users.read',
  'okta.users.manage',
  'okta.inlineHooks.read',
  'okta.inlineHooks.manage',
  'okta.eventHooks.read',
  'okta.eventHooks.manage',
  'okta.logs.read',
  'okta.schemas.read',
  'okta.userTypes.read',
  'okta.groups.read',
  'okta.policies.read',
  'okta.policies.manage',
] as const

export type Scope = (typeof SCOPES)[number]

/** A token that is valid from the start. SSWS tokens have all rights of their admin. */
export type IssuedToken =
  | { readonly scheme: 'SSWS'; readonly token: string }
  | { readonly scheme: 'Bearer'; readonly token: string; readonly scopes: readonly Scope[] }

export interface Grant {
  readonly scheme: 'SSWS' | 'Bearer' | 'DPoP'
  readonly scopes: readonly string[] | 'all'
  readonly expiresAt: number
  /** Of the app that got the token; none for an API token, which belongs to the admin. */
  readonly clientId?: string
  /** Of the key that a DPoP token is bound to. */
  readonly thumbprint: string | undefined
}

export interface AuthorizedCall {
  readonly authorization: string | undefined
  readonly proof: string | undefined
  readonly method: string
  readonly url: string
}

/** Okta's access tokens for its own API are always valid for one hour. */
export const TOKEN_LIFE_S = 3_600
const MAX_ISSUED = 10_000

/** The space after SSWS is optional: Okta's Python SDK 3.4.4 sends none. */
const AUTHORIZATION = /^(SSWS|Bearer(?= )|DPoP(?= )) ?(.+)$/

/** A manage scope includes read. */
export const covers = ({ scopes }: Grant, scope: Scope): boolean =>
  scopes === 'all' || scopes.includes(scope) || scopes.includes(scope.replace(/\.read$/, '.manage'))

export interface TokenDeps {
  readonly tokens: readonly IssuedToken[]
  readonly dpop: DpopChecker
  readonly now: () => number
}

export const createTokens = ({ tokens, dpop, now }: TokenDeps) => {
  // Looked up by digest, so that the time of a lookup reveals nothing about a token.
  const fixed = new Map<string, Grant>()
  const issued = new Map<string, Grant>()
  for (const { token, ...rest } of tokens) {
    fixed.set(hashOf(token), {
      scheme: rest.scheme,
      scopes: rest.scheme === 'SSWS' ? 'all' : rest.scopes,
      expiresAt: Infinity,
      thumbprint: undefined,
    })
  }

  const isProven = async (grant: Grant, token: string, call: AuthorizedCall): Promise<boolean> => {
    if (grant.thumbprint === undefined) return true
    const target = { method: call.method, url: call.url, token }
    const proof = await dpop.check(call.proof ?? '', target).catch(() => undefined)
    return proof?.thumbprint === grant.thumbprint
  }

  return {
    /** @throws OktaError E0000011 */
    async check(call: AuthorizedCall): Promise<Grant> {
      const [, scheme, token = ''] = AUTHORIZATION.exec(call.authorization ?? '') ?? []
      const digest = hashOf(token)
      const grant = fixed.get(digest) ?? issued.get(digest)
      const isGood = grant?.scheme === scheme && grant !== undefined && grant.expiresAt > now()
      if (!isGood || !(await isProven(grant, token, call))) throw new OktaError('E0000011')
      return grant
    },
    issue(grant: Omit<Grant, 'expiresAt'>): string {
      const token = randomBytes(48).toString('base64url')
      const [oldest] = issued.keys()
      if (issued.size >= MAX_ISSUED && oldest !== undefined) issued.delete(oldest)
      issued.set(hashOf(token), { ...grant, expiresAt: now() + TOKEN_LIFE_S * 1000 })
      return token
    },
  }
}

export type Tokens = ReturnType<typeof createTokens>
