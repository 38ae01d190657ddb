/** Answers that replace Okta's usual one: those of proxies and firewalls, and refusals that are hard to provoke. */
import { OktaError } from './errors.ts'

interface StagedAnswer {
  readonly status: 403 | 407 | 501 | 400 | 429 | 503
  readonly headers: Record<string, string>
  readonly body: () => string
}

const HTML = { 'content-type': 'text/html; charset=utf-8' }
const JSON_TYPE = { 'content-type': 'application/json' }

const page = (title: string, text: string) => (): string =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head>` +
  `<body><h1>${title}</h1><p>${text}</p></body></html>\n`

const okta = (err: () => OktaError) => (): string => JSON.stringify(err().body())

/** By the value of the fault `answer`. */
export const STAGED_ANSWERS = {
  'block-page': {
    status: 403,
    headers: HTML,
    body: page('Access denied', 'Your request was blocked by a network zone of this organization.'),
  },
  'proxy-login': {
    status: 407,
    headers: { ...HTML, 'proxy-authenticate': 'Basic realm="proxy"' },
    body: page('Proxy Authentication Required', 'Sign in to the proxy first.'),
  },
  maintenance: {
    status: 503,
    headers: HTML,
    body: page('Service unavailable', 'We will be back soon.'),
  },
  'not-implemented': {
    status: 501,
    headers: JSON_TYPE,
    body: okta(() => new OktaError('E0000060')),
  },
  'password-policy': {
    status: 400,
    headers: JSON_TYPE,
    body: okta(
      () =>
        new OktaError('E0000001', {
          what:
            'password: Password requirements were not met. Password requirements: at least 12 ' +
            'characters, a lowercase letter, an uppercase letter, a number.',
        }),
    ),
  },
  concurrency: {
    status: 429,
    headers: { ...JSON_TYPE, 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0' },
    body: okta(() => new OktaError('E0000047')),
  },
} as const satisfies Readonly<Record<string, StagedAnswer>>

export type StagedAnswerName = keyof typeof STAGED_ANSWERS

export const stagedAnswer = (name: StagedAnswerName): StagedAnswer => STAGED_ANSWERS[name]
