/** Owns every failure the product can name: one table, one error class that points into it. */
import { JOURNAL_ERRORS } from './journal-errors.ts'
import { ROW_ERRORS } from './row-errors.ts'

/** What a command ends with, for scripts. */
export const EXIT_CODES = {
  0: 'all well',
  1: 'some rows were rejected or failed, or the answer is no',
  2: 'wrong usage or configuration',
  3: 'Okta or a database is out of reach',
  130: 'interrupted, as by Ctrl-C',
} as const

export interface ErrorRow {
  /** HTTP status, for failures that answer a call: Okta repeats a call once after 5xx, and never after 4xx. */
  readonly status?: 400 | 401 | 404 | 405 | 408 | 413 | 415 | 500 | 503
  /** Process exit code, for failures that end a command. */
  readonly exit?: 1 | 2 | 3
  /** What the outside is told, word for word. */
  readonly sentence: string
  /** What the person who runs the server can do. */
  readonly remedy: string
}

const row = <T extends Record<string, ErrorRow>>(table: T): { readonly [K in keyof T]: ErrorRow } =>
  table

export const ERRORS = row({
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
    remedy: 'If this is frequent, look at the proxy or network between Okta and this server.',
  },
  unauthenticated: {
    status: 401,
    sentence: 'The call could not be authenticated.',
    remedy:
      'Compare HOOK_AUTH_HEADER, HOOK_SECRET, HOOK_OAUTH_… and OKTA_ORG_URL with the inline hook in the Okta Admin Console.',
  },
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
  body_too_slow: {
    status: 408,
    sentence: 'The body did not arrive in time.',
    remedy: 'If this is frequent, look at the proxy or network between Okta and this server.',
  },
  body_too_large: {
    status: 413,
    sentence: 'The body is larger than 64 KiB.',
    remedy: 'A password import payload is about 1 KiB: look at what sends this.',
  },
  media_type: {
    status: 415,
    sentence: 'The body must be sent as application/json.',
    remedy: 'Send the header content-type: application/json.',
  },
  internal: {
    status: 500,
    sentence: 'The server made a mistake; nobody was let in.',
    remedy: 'Report the log line with this error: it is a bug.',
  },
  keys_unavailable: {
    status: 503,
    sentence: 'The keys of the authorization server cannot be had at the moment.',
    remedy: 'Look at the cause in the log line, and at HOOK_OAUTH_ISSUER and HOOK_OAUTH_JWKS_URL.',
  },
  legacy_unavailable: {
    status: 503,
    exit: 3,
    sentence: 'The legacy store cannot be read at the moment.',
    remedy: 'Look at the cause that stands with it, and at LEGACY_DB_URL and the database.',
  },
  overloaded: {
    status: 503,
    sentence: 'Too many password checks are waiting for this one to end in time.',
    remedy: 'Add replicas or cores, or raise HASH_WORKERS up to the number of cores.',
  },
  caller_gone: {
    status: 503,
    sentence: 'The caller hung up, so the check was dropped.',
    remedy: 'If this is frequent, compare the timeouts of proxies with HOOK_DEADLINE_MS.',
  },
  deadline_exceeded: {
    status: 503,
    sentence: 'The check could not be finished before Okta stops waiting.',
    remedy: 'Add replicas or cores; Okta waits 3 seconds in all.',
  },
  worker_lost: {
    status: 503,
    sentence: 'The worker that ran this check was lost.',
    remedy: 'It has been replaced. If this repeats, look at the memory limit of the container.',
  },
  shutting_down: {
    status: 503,
    sentence: 'The server is shutting down.',
    remedy: 'Route calls to another replica until this one is back.',
  },
  config_invalid: {
    exit: 2,
    sentence: 'The configuration cannot be used.',
    remedy: 'Correct what is listed; the --help of the command shows every variable.',
  },
  okta_unauthorized: {
    exit: 2,
    sentence: 'Okta does not accept the credentials.',
    remedy:
      'Make a new token, or check OKTA_CLIENT_ID, OKTA_PRIVATE_KEY and OKTA_KEY_ID; and that OKTA_ORG_URL is the org they belong to.',
  },
  okta_forbidden: {
    exit: 2,
    sentence: 'Okta accepts the credentials, but they may not do this.',
    remedy:
      'Grant the service app the scope that the --help of the command names and an admin role, or use a token of an admin who may; look at network zones too.',
  },
  okta_not_found: {
    exit: 1,
    sentence: 'Okta has nothing by this name.',
    remedy: 'Check the id or login, and that OKTA_ORG_URL is the org that you mean.',
  },
  okta_rejected: {
    exit: 1,
    sentence: 'Okta refused the request.',
    remedy: 'Correct what the detail names; repeating the request as it is will not help.',
  },
  okta_answer_lost: {
    exit: 1,
    sentence: "Okta's answer was lost, so the change may or may not have been made.",
    remedy: 'Look at what Okta has now before you repeat it.',
  },
  okta_rate_limited: {
    exit: 3,
    sentence: 'Okta kept refusing requests because of its rate limits.',
    remedy:
      'Lower --share or --concurrency, or wait until what else uses the limit is done; the Rate limit dashboard of the Admin Console shows it.',
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
    sentence: 'The connection to Okta is not safe, so nothing was sent.',
    remedy:
      'Where a proxy or firewall looks into TLS, set NODE_EXTRA_CA_CERTS to a file with its CA certificate (PEM), and start the command again.',
  },
  proxy_refused: {
    exit: 3,
    sentence: 'The proxy does not let this program through to Okta.',
    remedy:
      'Look at HTTPS_PROXY and NO_PROXY, and have the org allowed at the proxy; a login goes into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT.',
  },
  legacy_unusable: {
    exit: 2,
    sentence: 'The legacy store cannot be used.',
    remedy:
      'Change LEGACY_DB_URL or LEGACY_LOOKUP_SQL as the detail says; `okta-migrate check` tries them without serving.',
  },
  tls_unusable: {
    exit: 2,
    sentence: 'The TLS certificate and key cannot be used.',
    remedy: 'TLS_CERT_FILE and TLS_KEY_FILE must be PEM files that belong together.',
  },
  listen_failed: {
    exit: 2,
    sentence: 'The server cannot listen on this address.',
    remedy: 'Choose another HOST or PORT, OPS_HOST or OPS_PORT, or end what uses it.',
  },
  workers_failed: {
    exit: 1,
    sentence: 'The worker threads did not start.',
    remedy: 'Look at the memory limit of the container, and reinstall if files are missing.',
  },
  usage_invalid: {
    exit: 2,
    sentence: 'The options do not fit together.',
    remedy: 'Correct what is named; `okta-migrate import --help` shows every option.',
  },
  input_unusable: {
    exit: 2,
    sentence: 'The input cannot be read.',
    remedy: 'Correct the input and run the same command again: rows that are settled stay settled.',
  },
  columns_unclear: {
    exit: 2,
    sentence: 'The columns of the input cannot be told apart; nothing was sent.',
    remedy: 'Say what is meant with --map, --ignore or --optional.',
  },
  ...ROW_ERRORS,
  ...JOURNAL_ERRORS,
  hook_untried: {
    exit: 1,
    sentence:
      'Nothing was changed in Okta: a trial call from this machine to the hook server failed.',
    remedy:
      'Correct what the detail names. Where Okta alone reaches the hook server, add --force: nothing is tried then.',
  },
  unconfirmed: {
    exit: 1,
    sentence: 'Nothing was changed: it was not confirmed.',
    remedy: 'Look at the org and the number of people first; they must be what they are now.',
  },
  output_unwritable: {
    exit: 1,
    sentence: 'The output cannot be written.',
    remedy:
      'Make room where the output goes, or send it elsewhere, and run the same command again.',
  },
  rejects_unwritable: {
    exit: 1,
    sentence: 'The rejects file cannot be written.',
    remedy: 'Make room on the disk or give another --rejects, and run the same command again.',
  },
  ledger_unusable: {
    exit: 2,
    sentence: 'The ledger cannot be kept.',
    remedy:
      'Give LEDGER_DB_URL and LEDGER_SPILL_DIR places that this user may write to (in a database: make and change tables), or set LEDGER_DB_URL=off to keep no ledger.',
  },
  ledger_newer: {
    exit: 2,
    sentence: 'The ledger was changed by a newer version of this program.',
    remedy: 'Run that version or a later one: the schema of a ledger only goes forward.',
  },
  ledger_unavailable: {
    exit: 3,
    sentence: "The ledger's database cannot be reached at the moment.",
    remedy: 'Look at LEDGER_DB_URL and at the database.',
  },
})

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails {
  /** For the log or the terminal, never for the caller. Must hold no password, token, hash or key. */
  readonly detail?: string
  /** The name of the offending field, never its value. */
  readonly field?: string
  readonly cause?: unknown
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly field: string | undefined

  constructor(code: ErrorCode, { detail, field, cause }: ErrorDetails = {}) {
    super(ERRORS[code].sentence, { cause })
    this.code = code
    this.detail = detail
    this.field = field
  }

  get row(): ErrorRow {
    return ERRORS[this.code]
  }
}

const refusals = new Map<ErrorCode, AppError>()

/**
 * One error for each code, for what may come in floods: made anew, with its stack, it would be a good part
 * of what a refusal costs.
 */
export const refusal = (code: ErrorCode): AppError => {
  const made = refusals.get(code) ?? new AppError(code)
  refusals.set(code, made)
  return made
}

export const asAppError = (err: unknown): AppError =>
  err instanceof AppError ? err : new AppError('internal', { cause: err })

/**
 * What may be logged of an unforeseen error: its type, code and place. Its message is left out,
 * because messages quote their input (`JSON.parse` does), and here inputs are passwords.
 */
export const describeUnforeseen = (err: unknown): Record<string, unknown> => {
  if (!(err instanceof Error)) return { type: typeof err }
  const code = 'code' in err && typeof err.code === 'string' ? err.code : undefined
  const lines = err.stack?.replace(err.message, '').split('\n')
  const frames = lines?.filter((line) => line.startsWith('    at ')).slice(0, 5)
  return { type: err.name, code, at: frames?.map((line) => line.trim()) }
}
