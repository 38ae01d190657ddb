/** The interface of legacy logins: what every kind of system that is asked for a verdict needs and offers. */
import type { Clock } from '../clock.ts'
import type { AppError } from '../errors/errors.ts'
import type { HttpClient } from '../http/proxied-fetch.ts'
import type { VerifyingStore } from './store.ts'

export type LoginResult = Awaited<ReturnType<VerifyingStore['verify']>>

/** One question: whether this is the password of this login. */
export interface LoginQuestion {
  /** Normalised, see `normaliseLogin`. */
  readonly login: string
  /** As the user typed it. */
  readonly username: string
  /** Never empty. */
  readonly password: string
  /** On the clock's scale: when `signal` is aborted at the latest. */
  readonly deadline: number
}

/** How one kind of system is asked. `openLoginStore` of `login-store.ts` makes a store of it, and has the limits. */
export interface LoginKind {
  /**
   * Asks once, and repeats nothing. The signal ends the question and its connection.
   * @throws anything where the system does not say whether the password is right: the caller makes it an outage.
   * Only an AppError's own `detail` is ever logged, so that it must hold neither password nor login
   */
  ask(question: LoginQuestion, signal: AbortSignal): Promise<LoginResult>
  /** Whether the system is there, without a try at anybody's password. @throws as `ask` */
  ping(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** An account of a directory that may search it. */
export interface DirectoryAccount {
  readonly dn: string
  readonly password: string
}

/** What every kind of legacy login needs. */
export interface LoginStoreOptions {
  readonly clock: Clock
  /** PEM certificates to trust in place of the public ones. */
  readonly ca: string | undefined
  /** Milliseconds that one question may take, connecting included. */
  readonly loginMs: number
  /** Most questions under way at once; one more is an outage for its caller at once. */
  readonly maxAtOnce: number
  /** Called when a check has another result than the one before: `failure` says why it did not pass. */
  readonly onCheck?: (store: VerifyingStore, failure: AppError | undefined) => void
  /** Called when so many answers in a row were no match, and again after one that was. */
  readonly onDoubt?: (answers: number) => void
  /** Undefined where the URL is none of LDAP, or no account was given. */
  readonly directory?: DirectoryAccount | undefined
  /** Undefined where the URL is none of HTTP. Its client follows the proxy variables and trusts `ca`. */
  readonly http: LoginHttpOptions | undefined
}

export type LoginStyleName = 'json' | 'oauth-password' | 'cognito'

/** What an authorization server knows this program by. */
export interface LoginClient {
  readonly id: string
  /** Undefined for a client without a secret. */
  readonly secret: string | undefined
  /** How both are sent: RFC 6749, section 2.3.1. */
  readonly auth: 'basic' | 'post'
}

export interface LoginHttpOptions {
  readonly style: LoginStyleName
  readonly http: HttpClient
  /** The endpoint's own secret. */
  readonly header: { readonly name: string; readonly value: string } | undefined
  readonly client: LoginClient | undefined
  readonly scope: string | undefined
  readonly audience: string | undefined
  /** Whether a server that demands a second factor has found the password right. */
  readonly acceptsMfa: boolean
}
