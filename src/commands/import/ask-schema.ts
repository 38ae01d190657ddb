/** Asks the org, before the first row is read, which attributes its profiles have. */
import type { Environment } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { BASE_ATTRIBUTES } from '../../import/rows/profile.ts'
import { createAttributes, type ProfileAttributes } from '../../import/rows/attributes.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { ifGranted, NotGranted, OktaRejection } from '../../okta/errors/rejection.ts'
import { readUserSchema, SCHEMA_SCOPES, TYPE_SCOPES } from '../../okta/api/user-schema.ts'
import { describeMissingOkta } from '../okta-settings.ts'

export interface AttributesDeps {
  /** Undefined if no org is configured. */
  readonly client: OktaClient | undefined
  readonly env: Environment
  /** The id of a user type that is not the default one. */
  readonly userType: string | undefined
  /** Between the items of a list that is written as text. */
  readonly separator: string | undefined
  readonly notify: (message: string) => void
}

const UNCHECKED =
  "The org's schema was not read. Custom attributes, their types, and what else the org requires are checked by " +
  'Okta only. The values of a CSV file are sent as text, and logins must have the form of an e-mail address.'

const describeNoOrg = (env: Environment): string[] => {
  const { text, hints } = describeMissingOkta(env)
  return [`${UNCHECKED} To check them here too: ${text}`, ...hints]
}

const describeGrant = (scopes: readonly string[]): string =>
  `Grant the service app ${scopes.join(' and ')} (Admin Console: Applications, the app, Okta API Scopes), ` +
  'or use the token of an admin who may see the profiles.'

/** An unreadable schema is no reason to stop: Okta checks every row itself. */
const isUnreadable = (err: unknown): err is AppError =>
  err instanceof OktaRejection || (err instanceof AppError && err.code === 'okta_answer_unusable')

const ask = async (client: OktaClient, userType: string | undefined) => {
  const scopes = userType === undefined ? SCHEMA_SCOPES : TYPE_SCOPES
  try {
    const own = client.withScopes(scopes)
    const found = await ifGranted(() => readUserSchema((what) => own.request(what), userType))
    return found instanceof NotGranted ? `${describeGrant(scopes)} Okta says: ${found.why}` : found
  } catch (err) {
    // A user type that does not exist would fail every row.
    if (!isUnreadable(err) || (userType !== undefined && err.code === 'okta_not_found')) throw err
    return `The answer cannot be used: ${err.detail ?? err.message}`
  }
}

/**
 * The schema is not one of the settings in the journal: it may change during a run, and rows that were sent
 * before stay as they are. Rows whose result is unknown are looked up by login, which no schema changes.
 * @throws AppError where Okta cannot be asked, or has no such user type
 */
export const fetchAttributes = async (question: AttributesDeps): Promise<ProfileAttributes> => {
  const { client, env, userType, separator, notify } = question
  const found = client && (await ask(client, userType))
  if (typeof found === 'object') return createAttributes(found, { areAll: true, separator })
  const why = found === undefined ? describeNoOrg(env) : [`${UNCHECKED} ${found}`]
  why.forEach(notify)
  return BASE_ATTRIBUTES
}
