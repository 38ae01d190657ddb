/** The page docs/CONFIGURATION.md: made from the table of variables, and current. `npm run docs` rewrites it. */
import { expect, it } from 'vitest'
import { auditSettings } from '../../src/commands/audit/settings.ts'
import { DECISIONS } from '../../src/commands/decisions/perform.ts'
import { campaignSettings } from '../../src/commands/campaign/settings.ts'
import { HEALTH } from '../../src/commands/health.ts'
import { SOURCE } from '../../src/commands/import/input.ts'
import { INIT } from '../../src/commands/init/settings.ts'
import { OKTA_SETTINGS } from '../../src/commands/okta-settings.ts'
import { REGISTER_NAMES } from '../../src/commands/register/settings.ts'
import { SERVE } from '../../src/commands/serve/settings.ts'
import { UNDO_LEDGER } from '../../src/commands/undo/verified.ts'
import { whoSettings } from '../../src/commands/who/settings.ts'
import { HASH_VARIABLES } from '../../src/config/hash-variables.ts'
import { LOGIN_VARIABLES } from '../../src/config/login-variables.ts'
import { OKTA_VARIABLES, REGISTER_VARIABLES } from '../../src/config/okta-variables.ts'
import {
  AUTH_VARIABLES,
  LIMIT_VARIABLES,
  LISTEN_VARIABLES,
  LOG_VARIABLES,
} from '../../src/config/server-variables.ts'
import {
  IMPORT_VARIABLES,
  LEDGER_VARIABLES,
  LEGACY_VARIABLES,
} from '../../src/config/store-variables.ts'
import { choicesOf, defaultOf, noteOf } from '../../src/config/variable.ts'
import { VARIABLES, type VariableName } from '../../src/config/variables.ts'
import { NETWORK_HELP } from '../../src/http/proxied-fetch.ts'
import { read } from '../support/deploy.ts'

/** By subject, in the order of the page. */
const VARIABLE_GROUPS = {
  'Listening and TLS': LISTEN_VARIABLES,
  'Calls from Okta': AUTH_VARIABLES,
  'Calls to Okta': OKTA_VARIABLES,
  'Registering the hook': REGISTER_VARIABLES,
  'The legacy store': { ...LEGACY_VARIABLES, ...IMPORT_VARIABLES },
  'A legacy login': LOGIN_VARIABLES,
  'The hashes of the legacy store': HASH_VARIABLES,
  'The ledger': LEDGER_VARIABLES,
  Limits: LIMIT_VARIABLES,
  'The log': LOG_VARIABLES,
}

/** What each command reads. */
const READ_BY: Readonly<Record<string, readonly VariableName[]>> = {
  init: INIT.names,
  serve: SERVE.names,
  check: SERVE.names,
  health: HEALTH.names,
  register: REGISTER_NAMES,
  who: [...whoSettings(false).names, ...OKTA_SETTINGS.names],
  decisions: DECISIONS.names,
  users: OKTA_SETTINGS.names,
  audit: [...auditSettings(false).names, ...OKTA_SETTINGS.names],
  status: [...campaignSettings(false).names, ...OKTA_SETTINGS.names],
  reconcile: [...campaignSettings(false, true).names, ...OKTA_SETTINGS.names],
  cutoff: OKTA_SETTINGS.names,
  import: [...OKTA_SETTINGS.names, ...SOURCE.names],
  'import undo': [...OKTA_SETTINGS.names, ...UNDO_LEDGER.names],
}

const readersOf = (name: VariableName): string[] =>
  Object.keys(READ_BY).filter((command) => READ_BY[command]?.includes(name))

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

const describe = (name: VariableName): string => {
  const schema = VARIABLES[name]
  const { help, fix, secret, maxFileBytes = 64 * 1024 } = noteOf(schema)
  const [choices, usual] = [choicesOf(schema), defaultOf(schema)]
  const rows = [
    ['Values', choices],
    ['Default', usual && `\`${usual}\``],
    ['If it is wrong', fix],
    ['From a file', `\`${name}_FILE\`, a path (up to ${maxFileBytes / 1024} KiB)`],
    ['Read by', readersOf(name).join(', ')],
    ['Secret', secret && 'yes: logs and errors only say whether it is set'],
  ].filter(([, value]) => value)
  const lines = rows.map(([label, value]) => `- ${label}: ${value}`)
  return `### ${name}\n\n${sentence(help)}\n\n${lines.join('\n')}\n`
}

const network = NETWORK_HELP.replaceAll(/^ {2}(\S.*)\n {6}(.*)$/gm, '- `$1`: $2').replaceAll(
  ', HTTP_PROXY`',
  '`, `HTTP_PROXY`',
)

const page = `# Configuration

Every environment variable that the program reads. This page is made from the table of variables in \`src/config/\`
by \`npm run docs\`: change it there.

- An empty variable counts as not set.
- Each variable can be given as \`NAME_FILE\` instead: the path of a file with the value, such as a mounted secret. The
  line ending at the end of the file is not part of the value.
- All problems are reported together, each with a fix, and the command ends with exit code 2. A name that looks like a
  misspelt variable is reported too, and so is one that Okta's SDKs or its Terraform provider read, such as
  \`OKTA_CLIENT_ORGURL\`: it is not read here.
- Every command takes \`--env-file FILE\`, with a line \`NAME=VALUE\` for each variable. A second one is an error. What is set in the environment wins.
  A value can have single quotes, double quotes or backticks around it, and needs them if it has a #. In double quotes \\n
  is a line end; $ has no meaning anywhere. \`okta-migrate init\` writes such a file. If it is not there, Node.js itself says
  so (\`not found\`) and ends with 9.
- \`okta-migrate check\` tries the configuration of the hook server without serving.

${Object.entries(VARIABLE_GROUPS)
  .map(([title, group]) =>
    [`## ${title}\n`, ...(Object.keys(group) as VariableName[]).map(describe)].join('\n'),
  )
  .join('\n')}
## Variables that other programs read, too

The commands that call Okta, and \`serve\` when it fetches the keys of \`HOOK_OAUTH_ISSUER\`, use the proxy that these
name:

${network}

Every command:

- \`NO_COLOR\`, \`FORCE_COLOR\`: whether to write colour; \`--no-color\` is stronger than both
- \`CI\`, \`TERM\`: a progress display is redrawn in place only outside CI, and on a terminal that can do it
`

it('the page has every variable, each with the commands that read it', () => {
  const names = Object.keys(VARIABLES) as VariableName[]
  expect(names.filter((name) => readersOf(name).length === 0)).toEqual([])
  const shown = Object.values(VARIABLE_GROUPS).flatMap((group) => Object.keys(group))
  expect(shown.sort()).toEqual([...names].sort())
})

it('the page is current', async () => {
  await expect(page).toMatchFileSnapshot('../../docs/CONFIGURATION.md')
})

it.each(['README.md', 'docs/OPERATIONS.md'])('the page is linked from %s', (path) => {
  expect(read(path)).toMatch(/\((docs\/)?CONFIGURATION\.md\)/)
})
