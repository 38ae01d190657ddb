/** The failures of requests to Okta. */
import type { ErrorRow } from './error-row.ts'

export const OKTA_ERRORS = {
  okta_unauthorized: {
    exit: 2,
    sentence: 'Okta does not accept the credentials.',
    remedy:
      'Create a new token, or check OKTA_CLIENT_ID, OKTA_PRIVATE_KEY and OKTA_KEY_ID; check that they belong to the org in OKTA_ORG_URL.',
  },
  okta_forbidden: {
    exit: 2,
    sentence: 'Okta accepts the credentials, but they do not permit this.',
    remedy:
      'Grant the service app an admin role and the scope that the --help of the command names, or use a token of an admin with that permission; check network zones too.',
  },
  okta_not_found: {
    exit: 1,
    sentence: 'Okta has nothing by this name.',
    remedy: 'Check the ID or login, and that OKTA_ORG_URL is the right org.',
  },
  okta_rejected: {
    exit: 1,
    sentence: 'Okta refused the request.',
    remedy: 'Correct what the detail names; repeating the same request will not help.',
  },
  okta_answer_lost: {
    exit: 1,
    sentence: "Okta's answer was lost, so the change may or may not have been made.",
    remedy: 'Check what Okta has now before you repeat it.',
  },
  okta_rate_limited: {
    exit: 3,
    sentence: 'Okta kept refusing requests because of its rate limits.',
    remedy:
      'Lower --share or --concurrency, or wait until other clients use less of the limit; the Rate limit dashboard of the Admin Console shows them.',
  },
  okta_unreachable: {
    exit: 3,
    sentence: 'Okta cannot be reached, or keeps failing.',
    remedy: 'Check OKTA_ORG_URL, the network and https://status.okta.com, then run this again.',
  },
  okta_answer_unusable: {
    exit: 3,
    sentence: "The answer is not one of Okta's API.",
    remedy:
      'Check that OKTA_ORG_URL is the org itself, and that no proxy, firewall or login page of the network answers in its place.',
  },
  okta_untrusted: {
    exit: 3,
    sentence: 'The connection to Okta is not secure, so nothing was sent.',
    remedy:
      'If a proxy or firewall inspects TLS, set NODE_EXTRA_CA_CERTS to a file with its CA certificate (PEM), and start the command again.',
  },
  proxy_refused: {
    exit: 3,
    sentence: 'The proxy does not let this program connect to Okta.',
    remedy:
      'Check HTTPS_PROXY and NO_PROXY, and have the org allowed at the proxy; a login goes into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT.',
  },
  hook_untried: {
    exit: 1,
    sentence:
      'Nothing was changed in Okta: a trial call from this machine to the hook server failed.',
    remedy:
      'Correct what the detail names. If only Okta can reach the hook server, add --force to skip the trial.',
  },
} as const satisfies Record<string, ErrorRow>
