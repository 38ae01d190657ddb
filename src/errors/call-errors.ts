/** The failures that answer a call over HTTP. */
import type { ErrorRow } from './error-row.ts'

/** Requests to another path or with another method: they are not calls of the hook. */
export const ROUTE_ERRORS = {
  not_found: {
    status: 404,
    sentence: 'There is nothing at this path.',
    remedy: 'The hook is at POST /hooks/okta/password-import.',
  },
  method_not_allowed: {
    status: 405,
    sentence: 'This is the password import hook: Okta calls it with POST.',
    remedy: 'Register this URL in Okta as a password import inline hook.',
  },
} as const satisfies Record<string, ErrorRow>

/** Calls of an event hook that were not taken. Their other failures have the names of those below. */
export const EVENT_CALL_ERRORS = {
  events_invalid: {
    status: 400,
    sentence: 'This is no call of an Okta event hook.',
    remedy: 'Register this URL in Okta as an event hook: okta-migrate register --events URL.',
  },
  events_busy: {
    status: 429,
    sentence: 'Too many calls of event hooks come at once, and sign-ins come first.',
    remedy: 'If this is frequent, find out who else has EVENT_HOOK_SECRET, and change it.',
  },
} as const satisfies Record<string, ErrorRow>

/** Calls of the hook that could not be decided. */
export const CALL_ERRORS = {
  body_invalid: {
    status: 400,
    sentence: 'The body is not JSON in UTF-8.',
    remedy: 'Send the JSON payload of a password import inline hook.',
  },
  payload_invalid: {
    status: 400,
    sentence: 'The body is not the payload of a password import inline hook.',
    remedy: 'Register this URL for the event com.okta.user.credential.password.import only.',
  },
  body_interrupted: {
    status: 400,
    sentence: 'The connection ended before the body was complete.',
    remedy: 'If this is frequent, check the proxy or network between Okta and this server.',
  },
  unauthenticated: {
    status: 401,
    sentence: 'The call could not be authenticated.',
    remedy:
      'Compare HOOK_AUTH_HEADER, HOOK_SECRET (EVENT_HOOK_SECRET for an event hook), HOOK_OAUTH_… and OKTA_ORG_URL with the hook in the Okta Admin Console.',
  },
  body_too_slow: {
    status: 408,
    sentence: 'The body did not arrive in time.',
    remedy: 'If this is frequent, check the proxy or network between Okta and this server.',
  },
  body_too_large: {
    status: 413,
    sentence: 'The body is larger than this server takes: 64 KiB, or 1 MiB of events.',
    remedy: 'A password import payload is about 1 KiB: find out what sends this.',
  },
  media_type: {
    status: 415,
    sentence: 'The body must be sent as application/json.',
    remedy: 'Send the header content-type: application/json.',
  },
  internal: {
    status: 500,
    sentence: 'Internal error. Access was not granted.',
    remedy: 'This is a bug: report the log line with this error.',
  },
  keys_unavailable: {
    status: 503,
    sentence: "The authorization server's signing keys are not available right now.",
    remedy: 'See the cause in the log line; check HOOK_OAUTH_ISSUER and HOOK_OAUTH_JWKS_URL.',
  },
  legacy_unavailable: {
    status: 503,
    exit: 3,
    sentence: 'The legacy store cannot be read right now.',
    remedy:
      'See the cause given with this error; check LEGACY_DB_URL and the database, or LEGACY_LOGIN_URL and the system there.',
  },
  overloaded: {
    status: 503,
    sentence: 'Too many password checks are waiting, so this one could not finish in time.',
    remedy: 'Add replicas or cores, or raise HASH_WORKERS up to the number of cores.',
  },
  caller_gone: {
    status: 503,
    sentence: 'The caller closed the connection, so the check was cancelled.',
    remedy: 'If this is frequent, compare the timeouts of proxies with HOOK_DEADLINE_MS.',
  },
  deadline_exceeded: {
    status: 503,
    sentence: 'The check could not finish before Okta stops waiting.',
    remedy: 'Add replicas or cores; Okta waits 3 seconds in total.',
  },
  worker_lost: {
    status: 503,
    sentence: 'The worker thread that ran this check has stopped.',
    remedy: 'It has been replaced. If this repeats, check the memory limit of the container.',
  },
  out_of_memory: {
    status: 503,
    sentence: 'There was not enough memory to compute this hash.',
    remedy: 'Raise the memory limit of the container, or lower HASH_WORKERS or HASH_MAX_MIB.',
  },
  core_missing: {
    status: 503,
    sentence: 'This server cannot compute hashes of this kind.',
    remedy: 'See "cannot check some hashes" in the log of the start, which says what is missing.',
  },
  shutting_down: {
    status: 503,
    sentence: 'The server is shutting down.',
    remedy: 'Route calls to another replica until this one is back.',
  },
} as const satisfies Record<string, ErrorRow>
