/** The table of the variables of the commands that call Okta: the org, its credentials, and secrets for the hook. */
import * as z from 'zod'
import { isSafeUrl } from '../http/url.ts'
import { checkedText, headerValue, text, variable } from './variable.ts'

const isOrgUrl = (value: string): boolean => isSafeUrl(value) && new URL(value).pathname === '/'

const CREDENTIALS_FIX =
  'Give one of OKTA_ACCESS_TOKEN, OKTA_API_TOKEN, or OKTA_CLIENT_ID with OKTA_PRIVATE_KEY.'

export const OKTA_VARIABLES = {
  OKTA_ORG_URL: variable(checkedText(isOrgUrl).optional(), {
    help: 'the org, such as https://acme.okta.com; if set, the hook server rejects calls from any other org',
    fix: 'Use https://, the host of the org without "-admin", and no path, user or password.',
  }),
  OKTA_ACCESS_TOKEN: variable(headerValue.optional(), {
    help: 'an OAuth access token for the org (sent as Bearer)',
    fix: CREDENTIALS_FIX,
    secret: true,
  }),
  OKTA_API_TOKEN: variable(headerValue.optional(), {
    help: 'an API token of the org, from Security > API > Tokens (sent as SSWS)',
    fix: CREDENTIALS_FIX,
    secret: true,
  }),
  OKTA_CLIENT_ID: variable(text(/^[\x21-\x7e]+$/).optional(), {
    help: 'the client ID of a service app (API Services); needs OKTA_PRIVATE_KEY',
    fix: 'Give both OKTA_CLIENT_ID and OKTA_PRIVATE_KEY, or neither.',
  }),
  OKTA_PRIVATE_KEY: variable(z.string().optional(), {
    help: 'the private key of that app, PEM or JWK, RSA or EC',
    fix: 'Use the private key whose public key is registered for the app, preferably by OKTA_PRIVATE_KEY_FILE.',
    secret: true,
  }),
  OKTA_KEY_ID: variable(z.string().optional(), {
    help: 'the ID (kid) of that key, if the app has several keys and the JWK does not contain it',
    fix: 'Copy the KID from the public keys of the app.',
  }),
}

export const REGISTER_VARIABLES = {
  HOOK_OAUTH_CLIENT_SECRET: variable(z.string().optional(), {
    help: 'the client secret with which Okta gets tokens for the hook, if it uses OAuth',
    fix: 'Copy the secret of the app that --oauth-client-id names.',
    secret: true,
  }),
  HOOK_TEST_PASSWORD: variable(z.string().optional(), {
    help: 'the password for `register --test`, for non-interactive use',
    fix: 'Set it to the legacy password of the account that --test-login names.',
    secret: true,
  }),
}
