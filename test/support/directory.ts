/** Opens legacy logins over LDAP as the server does, and asks them. */
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { DirectoryAccount, LoginStoreOptions } from '../../src/legacy/login.ts'
import { openLdapStore } from '../../src/legacy/ldap/ldap-login.ts'
import type { StoreResult, VerifyingStore } from '../../src/legacy/store.ts'
import { readLogin } from '../../src/login.ts'

/** No machine is so slow. */
const LONG_MS = 60_000

export const DIRECTORY_OPTIONS: LoginStoreOptions = {
  clock: systemClock,
  ca: undefined,
  loginMs: LONG_MS,
  maxAtOnce: 100,
  http: undefined,
}

export const openDirectory = async (
  url: string,
  directory: DirectoryAccount,
  options: Partial<LoginStoreOptions> = {},
): Promise<VerifyingStore> => {
  const store = await openLdapStore(new URL(url), { ...DIRECTORY_OPTIONS, directory, ...options })
  onTestFinished(() => store.close())
  return store
}

/** Asks as a call of the hook does. */
export const verifyIn = (
  store: VerifyingStore,
  username: string,
  password: string,
  { deadline = Infinity, signal = new AbortController().signal } = {},
): Promise<StoreResult> => {
  const { normalised, typed } = readLogin(username)
  return store.verify(normalised, typed, password, deadline, signal)
}

/** The connections that this process has open. */
export const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
