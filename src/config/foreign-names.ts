/** The names that other programs give to what our variables hold: Okta's SDKs, its Terraform provider, its samples. */
import type { VariableName } from './variables.ts'

/** They are told, and never read: what such a variable is set to was meant for another program. */
const FOREIGN_NAMES: Partial<Record<VariableName, readonly string[]>> = {
  OKTA_ORG_URL: [
    ...['OKTA_CLIENT_ORGURL', 'OKTA_CLIENT_ORG_URL', 'OKTA_ORG_NAME', 'OKTA_BASE_URL'],
    ...['OKTA_DOMAIN', 'OKTA_ORG_DOMAIN', 'OKTA_API_BASE_URL', 'OKTA_URL', 'OKTA_HOST'],
  ],
  OKTA_API_TOKEN: ['OKTA_CLIENT_TOKEN', 'OKTA_TOKEN', 'OKTA_API_KEY', 'OKTA_SSWS_TOKEN'],
  OKTA_CLIENT_ID: ['OKTA_CLIENT_CLIENTID', 'OKTA_API_CLIENT_ID'],
  OKTA_PRIVATE_KEY: ['OKTA_CLIENT_PRIVATEKEY', 'OKTA_API_PRIVATE_KEY'],
  OKTA_KEY_ID: ['OKTA_API_PRIVATE_KEY_ID'],
  HOOK_SECRET: ['OKTA_HOOK_SECRET'],
  LEGACY_DB_URL: ['LEGACY_DATABASE_URL', 'DATABASE_URL', 'DB_URL'],
}

/**
 * A sentence for each variable of ours that is not set, and is under another name.
 * @param names what the command reads: in its environment there may be more, for other programs
 */
export const findForeignNames = (
  names: readonly VariableName[],
  env: Readonly<Record<string, string | undefined>>,
): string[] =>
  names.flatMap((ours) => {
    if (env[ours] || env[`${ours}_FILE`]) return []
    const found = FOREIGN_NAMES[ours]?.filter((name) => env[name]) ?? []
    if (found.length === 0) return []
    return [`${found.join(' and ')} ${found.length > 1 ? 'are' : 'is'} not read. Use ${ours}.`]
  })
