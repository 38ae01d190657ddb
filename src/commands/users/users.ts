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
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { FORMATS, FORMATTERS, type Format } from './format.ts'
import type { CommandContext, Perform } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { connectWithProgress, shareOption, wholeOption } from '../okta-options.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { countUsers } from '../terminal/wait-progress.ts'

/** Okta's maximum for a page; also its default. */
const MAX_PAGE_SIZE = 200

const SCOPES = ['okta.users.read']

interface GetOptions extends CommonOptions {
  readonly format: Format
}

interface ListOptions extends GetOptions, UserQuery {
  readonly pending?: true
  readonly share: number
}

type Users = AsyncIterable<OktaUser> | readonly OktaUser[]

async function* linesOf(users: Users, format: Format): AsyncGenerator<string> {
  const { head, line } = FORMATTERS[format]
  // The head waits for the first user, so that nothing is written before Okta has answered.
  let before = head
  for await (const user of users) {
    yield before + line(user)
    before = ''
  }
  if (before !== '') yield before
}

async function* onlyPending(users: Users): AsyncGenerator<OktaUser> {
  for await (const user of users) if (isPending(user)) yield user
}

/** A reader that closes the pipe early, as `head` does, ends the output without an error. */
const print = async (users: Users, format: Format, { stdout }: CommandContext): Promise<number> => {
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
    const options = { scopes: SCOPES, share, verbose, quiet, progress }
    const client = connectWithProgress(context, readSettings(context, OKTA_SETTINGS), options)
    const users = count(listUsers(client, { search, filter, limit }))
    return print(pending ? onlyPending(users) : users, format, context)
  }

const get =
  (name: string, { format, verbose, quiet }: GetOptions) =>
  async (context: CommandContext): Promise<number> => {
    const options = { scopes: SCOPES, verbose, quiet }
    const client = connectWithProgress(context, readSettings(context, OKTA_SETTINGS), options)
    return print([await getUser((what) => client.request(what), name)], format, context)
  }

const addOutputOptions = (command: Command): Command =>
  command
    .addOption(new Option('--format <format>', 'output format').choices(FORMATS).default('table'))
    .addOption(jsonOption('the same as --format jsonl').implies({ format: 'jsonl' }))
    .addOption(verboseOption())
    .addOption(quietOption())

const environmentHelp = `
${describeVariables(OKTA_SETTINGS.names)}

The network, with the variables that other programs use too:

${NETWORK_HELP}

A service app needs the scope ${SCOPES.join(' ')}.
`

const FILTER = "Okta's filter, such as 'status eq \"ACTIVE\"'"
const LIMIT = 'users per page; fewer if Okta answers 500'
const PENDING = 'only users who have not signed in since they were imported (provider IMPORT)'

const listCommand = (perform: Perform): Command =>
  addOutputOptions(
    new Command('list')
      .description('list the users of the org, in the order that Okta returns them')
      .option('--search <expression>', "Okta's search, such as 'profile.department eq \"Sales\"'")
      .addOption(new Option('--filter <expression>', FILTER).conflicts('search'))
      .option('--pending', PENDING)
      .option('--limit <number>', LIMIT, wholeOption(1, MAX_PAGE_SIZE), MAX_PAGE_SIZE)
      .addOption(shareOption()),
  )
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
  addOutputOptions(new Command('get'))
    .description('show one user')
    .argument('<user>', 'an id, a login, a short name where it is unique, or "me"')
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
    .addHelpText('after', '\nExamples:\n  okta-migrate users list --pending\n')
    .addCommand(listCommand(perform))
    .addCommand(getCommand(perform))
