/** Opens the legacy login that LEGACY_LOGIN_URL names, by its scheme. */
import { AppError } from '../errors/errors.ts'
import { createHttpLogin } from './http/http-login.ts'
import { openLoginStore } from './login-store.ts'
import type { LoginStoreOptions } from './login.ts'
import type { VerifyingStore } from './store.ts'

type Open = (url: URL, options: LoginStoreOptions) => Promise<VerifyingStore>

const openHttp: Open = (url, options) => {
  const { http } = options
  if (!http) throw new TypeError('a login over HTTP needs a client')
  return openLoginStore(createHttpLogin(url, http), options)
}

/** Loaded only where a directory is asked. */
const openLdap: Open = async (url, options) => {
  const { openLdapStore } = await import('./ldap/ldap-login.ts')
  return openLdapStore(url, options)
}

const OPENERS: Readonly<Record<string, Open>> = {
  'http:': openHttp,
  'https:': openHttp,
  'ldap:': openLdap,
  'ldaps:': openLdap,
}

/**
 * Opens the legacy login and checks it. One that cannot be reached now is opened all the same.
 * @throws AppError `legacy_unusable` when the URL or the system cannot serve
 */
export const openLegacyLogin = (
  given: string,
  options: LoginStoreOptions,
): Promise<VerifyingStore> => {
  const url = new URL(given)
  const open = OPENERS[url.protocol]
  if (open) return open(url, options)
  const detail = `  LEGACY_LOGIN_URL: this version has no legacy login over ${url.protocol}//`
  throw new AppError('legacy_unusable', { detail })
}
