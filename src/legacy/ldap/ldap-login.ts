/** Legacy logins over LDAP: finds the entry of a login, and binds as it with the password. */
import type { Clock } from '../../clock.ts'
import { openLoginStore } from '../login-store.ts'
import type { LoginKind, LoginQuestion, LoginResult, LoginStoreOptions } from '../login.ts'
import type { VerifyingStore } from '../store.ts'
import { bindAs, mayCountAsEmpty } from './bind.ts'
import { readBindResult } from './bind-results.ts'
import { DirectoryConnection } from './connection.ts'
import { describeResult, directoryFailure, directoryUnusable } from './failures.ts'
import { findBase, findEntry } from './find-entry.ts'
import { createSearchAccount, untilAborted } from './search-account.ts'
import { readDirectoryUrl } from './url.ts'

/** What the bind needs is kept from the search: a directory may be slow to hash a password. */
const SHARE_OF_SEARCH = 1 / 3

/** NUL and lone surrogates are in no login: UTF-8 has no form for the one, and directories may end at the other. */
const isSearchable = ({ login, username }: LoginQuestion): boolean =>
  login !== '' && !/[\0\p{Surrogate}]/u.test(`${login}\n${username}`)

class LdapLogin implements LoginKind {
  readonly #settings: ReturnType<typeof readDirectoryUrl>
  readonly #account: ReturnType<typeof createSearchAccount>
  readonly #options: LoginStoreOptions
  readonly #clock: Clock

  /** @throws AppError `legacy_unusable` */
  constructor(url: URL, options: LoginStoreOptions) {
    const { ca, clock, maxAtOnce, directory } = options
    if (!directory || directory.dn === '' || mayCountAsEmpty(directory.password))
      throw directoryUnusable(
        'LEGACY_LOGIN_BIND_DN, LEGACY_LOGIN_BIND_PASSWORD: set both for a directory, to an account that may only search',
      )
    this.#settings = readDirectoryUrl(url)
    this.#options = options
    this.#clock = clock
    const { address } = this.#settings
    this.#account = createSearchAccount({ address, ca, account: directory, maxAtOnce, clock })
  }

  async ask(question: LoginQuestion, signal: AbortSignal): Promise<LoginResult> {
    // Before anything is asked, so that the time does not tell which logins exist.
    if (mayCountAsEmpty(question.password)) return 'empty_password'
    if (!isSearchable(question)) return 'unknown_login'
    const found = await this.#find(question, signal)
    return typeof found === 'string' ? found : this.#bind(found.dn, question.password, signal)
  }

  async ping(signal: AbortSignal): Promise<void> {
    const deadline = this.#clock.now() + this.#options.loginMs
    await this.#account.use(deadline, signal, (connection) =>
      findBase(connection, this.#settings.search),
    )
  }

  close(): Promise<void> {
    this.#account.close()
    return Promise.resolve()
  }

  #find(question: LoginQuestion, signal: AbortSignal): ReturnType<typeof findEntry> {
    const ms = (question.deadline - this.#clock.now()) * SHARE_OF_SEARCH
    const seconds = Math.max(1, Math.ceil(ms / 1000))
    return this.#account.use(this.#clock.now() + ms, signal, (connection) =>
      findEntry(connection, this.#settings.search, question, seconds),
    )
  }

  /** Never on a connection that searches: after a bind it would search as that person. */
  async #bind(dn: string, password: string, signal: AbortSignal): Promise<LoginResult> {
    const connection = new DirectoryConnection(this.#settings.address, this.#options.ca)
    try {
      const result = await untilAborted(connection, signal, () => bindAs(connection, dn, password))
      const meaning = readBindResult(result, this.#settings.expired)
      if (meaning) return meaning
      throw directoryFailure(`answered a password with ${describeResult(result)}`)
    } finally {
      connection.destroy()
    }
  }
}

/** @throws AppError `legacy_unusable` where the URL, the directory or its account cannot serve */
export const openLdapStore = async (
  url: URL,
  options: LoginStoreOptions,
): Promise<VerifyingStore> => openLoginStore(new LdapLogin(url, options), options)
