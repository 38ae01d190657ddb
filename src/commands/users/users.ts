/** The command `okta-migrate users`: lists the users of the org, or those who have not signed in since the import. */
import { Command, Option } from 'commander'
import { pipeline } from 'node:stream/promises'
import { describeVariables } from '../../config/variables.ts'
import {
  getUser,
  isPending,
  listUsers,
  type OktaUser,
  type UserQuery,
} from '../../okta/api/users.ts'
import { jsonOption, quietOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { createDisplay } from '../terminal/progress-display.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { FORMATS, FORMATTERS, type Format } from './format.ts'
import type { CommandContext, Perform } from '../context.ts'
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_SHARE,
  shareOption,
  openOkta,
  wholeOption,
  type OktaOptions,
} from '../okta-options.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { countUsers, withWaitProgress } from '../terminal/wait-progress.ts'

/** Okta's maximum for a page; also its default. */
const MAX_PAGE_SIZE = 200

const READING: OktaOptions = {
  scopes: ['okta.users.read'],
  share: DEFAULT_SHARE,
  concurrency: DEFAULT_CONCURRENCY,
}

interface GetOptions extends CommonOptions {
  readonly format: Format
}

interface ListOptions extends GetOptions, UserQuery {
  readonly pending?: true
  readonly share: number
}

async function* linesOf(users: AsyncIterable<OktaUser>, format: Format): AsyncGenerator<string> {
  const { head, line } = FORMATTERS[format]
  // The head waits for the first user, so that nothing is written before Okta has answered.
  let before = head
  for await (const user of users) {
    yield before + line(user)
    before = ''
  }
  if (before !== '') yield before
}

async function* onlyPending(users: AsyncIterable<OktaUser>): AsyncGenerator<OktaUser> {
  for await (const user of users) if (isPending(user)) yield user
}

async function* justOne(user: Promise<OktaUser>): AsyncGenerator<OktaUser> {
  yield await user
}

/** A reader that closes the pipe early, as `head` does, ends the output without an error. */
const print = async (
  users: AsyncIterable<OktaUser>,
  format: Format,
  { stdout }: CommandContext,
): Promise<number> => {
  try {
    await pipeline(linesOf(users, format), stdout, { end: false })
    // The process ends soon: wait until the pipe has taken everything.
    await new Promise((resolve) => stdout.write('', resolve))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EPIPE') throw err
  }
  return 0
}

const list =
  ({ format, pending, share, search, filter, limit, verbose, quiet }: ListOptions) =>
  async (context: CommandContext): Promise<number> => {
    const { count, progress } = countUsers()
    const display = createDisplay(context, { quiet })
    const okta = openOkta(context, { ...READING, share, onCall: verbose && display.log })
    const client = withWaitProgress(okta, { display, progress })
    const users = count(listUsers(client, { search, filter, limit }))
    return print(pending ? onlyPending(users) : users, format, context)
  }

const get =
  (name: string, { format, verbose, quiet }: GetOptions) =>
  async (context: CommandContext): Promise<number> => {
    const display = createDisplay(context, { quiet })
    const okta = openOkta(context, { ...READING, onCall: verbose && display.log })
    const client = withWaitProgress(okta, { display })
    return print(justOne(getUser((what) => client.request(what), name)), format, context)
  }

const formatOption = (): Option =>
  new Option('--format <format>', 'output format').choices(FORMATS).default('table')

const usersAsJson = (): Option =>
  jsonOption('the same as --format jsonl').implies({ format: 'jsonl' })

const environmentHelp = `
Configured by environment variables; each can be given as NAME_FILE, a path to read it from:

${describeVariables(OKTA_SETTINGS.names)}

The network, with the variables that other programs use too:

${NETWORK_HELP}

A service app needs the scope ${READING.scopes.join(' ')}.
`

const listCommand = (perform: Perform): Command =>
  new Command('list')
    .description('list the users of the org, in the order that Okta returns them')
    .option('--search <expression>', "Okta's search, such as 'profile.department eq \"Sales\"'")
    .addOption(
      new Option(
        '--filter <expression>',
        "Okta's filter, such as 'status eq \"ACTIVE\"'",
      ).conflicts('search'),
    )
    .option(
      '--pending',
      'only users who have not signed in since they were imported (provider IMPORT)',
    )
    .addOption(
      new Option('--limit <number>', 'users per page; fewer if Okta answers 500')
        .argParser(wholeOption(1, MAX_PAGE_SIZE))
        .default(MAX_PAGE_SIZE),
    )
    .addOption(shareOption())
    .addOption(formatOption())
    .addOption(usersAsJson())
    .addOption(verboseOption())
    .addOption(quietOption())
    .addHelpText(
      'after',
      `${environmentHelp}
Examples:
  okta-migrate users list --pending --format csv > pending.csv
  okta-migrate users list --search 'lastUpdated gt "2026-01-01T00:00:00.000Z"'
`,
    )
    .action((options: ListOptions) => perform(list(options)))

const getCommand = (perform: Perform): Command =>
  new Command('get')
    .description('show one user')
    .argument('<user>', 'an id, a login, a short name where it is unique, or "me"')
    .addOption(formatOption())
    .addOption(usersAsJson())
    .addOption(verboseOption())
    .addOption(quietOption())
    .addHelpText(
      'after',
      `${environmentHelp}
Examples:
  okta-migrate users get isaac.brock@example.com
  okta-migrate users get me --format jsonl
`,
    )
    .action((name: string, options: GetOptions) => perform(get(name, options)))

export const usersCommand = (perform: Perform): Command =>
  new Command('users')
    .description('show the users of the Okta org')
    .addCommand(listCommand(perform))
    .addCommand(getCommand(perform))
