/** Writes the text of an .env file, with a comment for each variable. */
import { randomBytes } from 'node:crypto'
import { AppError } from '../../errors/errors.ts'
import type { Statements } from './statements.ts'

/** In quotes that the value does not hold: these files know no other way to write them. In double quotes \\n is a line end. */
export const envLine = (name: string, value: string): string => {
  const quote = ["'", '"', '`'].find(
    (each) => !value.includes(each) && !(each === '"' && value.includes('\\')),
  )
  if (quote !== undefined) return `${name}=${quote}${value}${quote}`
  const detail = `The value of ${name} has all three kinds of quotes. Give it by ${name}_FILE.`
  throw new AppError('usage_invalid', { detail })
}

/** The characters that every field of a header takes. */
const freshKey = (): string => randomBytes(32).toString('base64url')

export interface EnvFacts {
  /** LEGACY_DB_URL or its file, and the CA: as they were given. */
  readonly database: readonly (readonly [name: string, value: string])[]
  readonly orgUrl: string | undefined
  readonly statements: Statements
  /** Sentences about who may sign in. */
  readonly doubts: readonly string[]
  /** Sentences about indexes, from the check. */
  readonly advice: readonly string[]
}

const comments = (texts: readonly string[]): string =>
  texts.map((text) => `# ${text.replace(/\s+/g, ' ')}\n`).join('')

export const writeEnv = ({ database, orgUrl, statements, doubts, advice }: EnvFacts): string => `\
# Variables of okta-migrate: okta-migrate COMMAND --env-file THIS_FILE. All of them: docs/CONFIGURATION.md.
# This file holds secrets. What is set in the environment wins.
# Give it to --env-file alone: docker run --env-file would keep the quotes, and a shell that reads it (source, .) would run
# what is in backticks as commands.

# The legacy store. A user that can only read is enough.
${database.map(([name, value]) => envLine(name, value)).join('\n')}

# Finds the account of one sign-in: :login is trimmed, and in small letters.
${comments(doubts)}${envLine('LEGACY_LOOKUP_SQL', statements.lookup)}
${comments(advice)}
# All accounts: for the audit, and as samples for the check.
${envLine('LEGACY_AUDIT_SQL', statements.audit)}

# The users to import, in an order that stays: a run that continues meets the same rows.
${envLine('LEGACY_USERS_SQL', statements.users)}

# What you type into Okta for the hook ("register" does it), and the key of the fingerprints in log and ledger.
${envLine('HOOK_SECRET', freshKey())}
${envLine('FINGERPRINT_KEY', freshKey())}

# The ledger, where servers record each decision; status, who and cutoff read it where this is set. If it is not, a server
# makes okta-migrate-ledger.sqlite in its working directory. Replicas share postgres://… or mysql://…: docs/SERVE.md.
#LEDGER_DB_URL=sqlite:okta-migrate-ledger.sqlite
#LEDGER_DB_CA_FILE=
# A local disk where decisions wait while that database is away.
#LEDGER_SPILL_DIR=

# The org, and one way to authenticate. A service app is safer than a token: docs/REGISTER-IN-OKTA.md.
${orgUrl === undefined ? '#OKTA_ORG_URL=https://acme.okta.com' : envLine('OKTA_ORG_URL', orgUrl)}
#OKTA_CLIENT_ID=
#OKTA_PRIVATE_KEY_FILE=
#OKTA_API_TOKEN=
`
