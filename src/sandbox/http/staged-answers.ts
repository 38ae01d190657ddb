/** Answers that replace Okta's usual one: those of proxies and firewalls, and refusals that are hard to provoke. */
import { OktaError } from './errors.ts'

interface StagedAnswer {
  readonly status: OktaError['status'] | 407
  readonly headers: Record<string, string>
  readonly body: () => string
}

type Headers = StagedAnswer['headers']

const page = (status: 403 | 407 | 503, title: string, text: string, more: Headers = {}) => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...more },
  body: () =>
    `<!DOCTYPE html>\n<html><head><title>${title}</title></head>` +
    `<body><h1>${title}</h1><p>${text}</p></body></html>\n`,
})

/** Each body has an id of its own. */
const okta = (create: () => OktaError, more: Headers = {}): StagedAnswer => ({
  status: create().status,
  headers: { 'content-type': 'application/json', ...more },
  body: () => JSON.stringify(create().body()),
})

const PASSWORD_POLICY =
  'password: Password requirements were not met. Password requirements: at least 12 ' +
  'characters, a lowercase letter, an uppercase letter, a number.'

const NO_CALLS_LEFT = { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0' }

/** By the value of the fault `answer`. */
export const STAGED_ANSWERS = {
  'block-page': page(
    403,
    'Access denied',
    'Your request was blocked by a network zone of this organization.',
  ),
  'proxy-login': page(407, 'Proxy Authentication Required', 'Sign in to the proxy first.', {
    'proxy-authenticate': 'Basic realm="proxy"',
  }),
  maintenance: page(503, 'Service unavailable', 'We will be back soon.'),
  'not-implemented': okta(() => new OktaError('E0000060')),
  'password-policy': okta(() => new OktaError('E0000001', { what: PASSWORD_POLICY })),
  concurrency: okta(() => new OktaError('E0000047'), NO_CALLS_LEFT),
} as const satisfies Readonly<Record<string, StagedAnswer>>
