/** The sandbox command: starts an Okta org to practise on, until a signal stops it. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../clock.ts'
import { describeUnforeseen } from '../../errors/errors.ts'
import { describeTracedCall } from '../../okta/client/call-trace.ts'
import { untilStopped } from '../../ops/shutdown.ts'
import { FAULTS_PATH, faultSchema, type FaultSettings } from '../../sandbox/http/faults.ts'
import { CLOCK_PATH } from '../../sandbox/api/clock.ts'
import { MAILS_PATH } from '../../sandbox/recovery/api.ts'
import { DELIVERIES_PATH } from '../../sandbox/event-hooks/api.ts'
import { SWITCHES_PATH, type Switches } from '../../sandbox/switches.ts'
import { HABITS, type HabitsName } from '../../sandbox/people/habits.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import type { SchemaSettings } from '../../sandbox/org/schema.ts'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { createPrint, type CommandContext, type Perform } from '../context.ts'
import { faultOptions, faultsFrom } from './fault-options.ts'
import { newFile, writeLegacyFile } from './legacy-file.ts'
import { integerUpTo, numberWithin } from './numbers.ts'
import { readSchemaFile } from './schema-file.ts'
import { describeSwitches, readSwitch } from './switches.ts'
import {
  announce,
  announceIds,
  announcePeople,
  announceService,
  createService,
  readyEvent,
} from './messages.ts'

export interface SandboxCommandOptions extends CommonOptions {
  readonly host: string
  readonly port: number
  readonly token: string | undefined
  readonly seed: number
  readonly attribute: readonly string[]
  readonly schema: SchemaSettings | undefined
  readonly userType: readonly string[]
  readonly group: readonly string[]
  readonly uniqueEmail: boolean
  readonly oauth: boolean
  readonly dpop: boolean
  readonly people: number | undefined
  readonly habits: HabitsName
  readonly waves: readonly number[]
  readonly legacy: string | undefined
  readonly faults: FaultSettings
  readonly switch: Partial<Switches>
}

const named = (names: readonly string[]) => names.map((name) => ({ name }))

const orgFrom = ({ attribute, schema, userType, group, uniqueEmail }: SandboxCommandOptions) => ({
  ...{ attributes: attribute, userTypes: named(userType), groups: named(group), uniqueEmail },
  ...(schema && { schema }),
})

/**
 * Runs until a signal stops it.
 * @returns the exit code
 * @throws AppError `listen_failed`
 */
export const sandbox = async (
  options: SandboxCommandOptions,
  { stdout, stderr, onSignal }: CommandContext,
): Promise<number> => {
  const { host, port, seed, oauth, dpop, faults, verbose, people: count, waves, legacy } = options
  const token = options.token ?? `00${randomBytes(30).toString('base64url')}`
  const service = oauth || dpop ? createService(dpop) : undefined
  const print = createPrint({ stdout }, options)
  const starting = startSandbox({
    ...{ host, port, seed, faults, switches: options.switch },
    ...orgFrom(options),
    ...(count !== undefined && { people: { count, habits: options.habits, seed, waves } }),
    ...service?.options,
    tokens: [{ scheme: 'SSWS', token }],
    ...(verbose && {
      onCall: (call) =>
        void stderr.write(
          `${describeTracedCall({ ...call, result: call.status || 'connection reset' })}\n`,
        ),
    }),
    onBug: (err) => {
      const what = describeUnforeseen(err)
      print(`An error in the sandbox: ${JSON.stringify(what)}\n`, { event: 'mistake', ...what })
    },
  })
  const end = untilStopped({
    onSignal,
    drain: async () => (await starting).close(),
    clock: systemClock,
    log: (message) => print(`${message}\n`, { event: 'notice', message }),
  })
  const { url, people, ...org } = await starting
  if (legacy !== undefined) await writeLegacyFile(legacy, people)
  const serviceText = service ? announceService(url, service.pem, service.hookSecret) : ''
  print(
    announce(url, token, serviceText + announceIds(org) + announcePeople(people, legacy)),
    readyEvent(url, token, service, org),
  )
  return end
}

/** Ten years. */
const MAX_WAVE_DAY = 3_650
const MAX_PEOPLE = 3_000
const USUAL_PEOPLE = 1_000

const peopleCount = numberWithin(
  (value) => Number.isInteger(value) && value >= 1 && value <= MAX_PEOPLE,
)

const MAX_WAVES = 20

const waveDay = (text: string, previous: readonly number[]): readonly number[] => {
  if (previous.length >= MAX_WAVES) throw new InvalidArgumentError(`${MAX_WAVES} at most.`)
  return [...previous, integerUpTo(MAX_WAVE_DAY)(text)]
}

const HELP = `
While it runs, GET ${FAULTS_PATH} shows the faults, and PUT changes those in its body:
  ${Object.keys(faultSchema.shape).join(', ')}

A schema file has the format of Okta's Schemas API. It can be the answer of a real org to
GET /api/v1/meta/schemas/user/default, or only the differences. This one adds a custom attribute
and allows logins that are not e-mail addresses:
  { "definitions": {
      "custom": { "properties": { "vip": { "type": "boolean" } } },
      "base": { "properties": { "login": { "pattern": ".+" } } } } }

Okta does not document some of what happens at the end of a migration. The usual answer is first; GET and
PUT ${SWITCHES_PATH} show and change them. Find out what your org does in a preview org:
${describeSwitches()}

PUT ${CLOCK_PATH} makes the clock jump, by {"days": 60} or {"to": "2027-01-31T12:00:00Z"}.
GET ${DELIVERIES_PATH} counts the events that event hooks got, and those that were lost.
GET ${MAILS_PATH} shows the mails that Okta would send, with their links.

Examples:
  okta-migrate sandbox
  okta-migrate sandbox --schema schema.json --group Customers Staff
  okta-migrate sandbox --rate-limit 100 --latency 200 --reset-after-rate 0.02
  okta-migrate sandbox --dpop            with a service app that requires DPoP
  okta-migrate sandbox --people 2000 --habits consumer --legacy people.sqlite
  okta-migrate sandbox --people 900 --habits billing --waves 14 28
  okta-migrate sandbox --event-drop-rate 0.05 --event-duplicate-rate 0.05
  okta-migrate sandbox --json            prints URL and token as a line of JSON
`

export const sandboxCommand = (perform: Perform): Command => {
  const command = new Command('sandbox')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 for any free one', integerUpTo(65_535), 4000)
    .option('--token <text>', 'the API token to accept (default: a new one for each run)')
    .option('--attribute <name...>', 'custom profile attributes of plain text', [])
    .option(
      '--schema <file>',
      'JSON file with attributes, their types and rules (see below)',
      readSchemaFile,
    )
    .option('--user-type <name...>', 'user types in addition to the default one', [])
    .option('--group <name...>', 'groups in addition to Everyone', [])
    .option(
      '--unique-email',
      'allow each e-mail address once, as with self-service registration',
      false,
    )
    .option('--seed <number>', 'random seed, for reproducible faults', integerUpTo(2 ** 32), 1)
    .option(
      '--switch <name=answer>',
      'how it answers what Okta does not document; can be repeated (see below)',
      readSwitch,
      {},
    )
    .option(
      '--people <number>',
      `people who sign in as the clock jumps (1 to ${MAX_PEOPLE})`,
      peopleCount,
    )
    .addOption(
      new Option('--habits <name>', 'how often they come')
        .choices(Object.keys(HABITS))
        .default('consumer'),
    )
    .addOption(
      new Option(
        '--waves <day...>',
        'import only an equal part of them at the start, and one on each of these days',
      )
        .argParser(waveDay)
        .default([], 'none'),
    )
    .addOption(
      new Option('--legacy <file>', 'write their legacy store there: a new SQLite file')
        .argParser(newFile)
        .implies({ people: USUAL_PEOPLE }),
    )
    .option('--oauth', 'create a service app, and a client for calls of the hook', false)
    .option('--dpop', 'the same, with DPoP required for the app', false)
    .addHelpText('after', HELP)
  for (const option of faultOptions()) command.addOption(option)
  command
    .addOption(jsonOption())
    .addOption(verboseOption('write a line to standard error for each call that it answers'))
  return command.action((given: Omit<SandboxCommandOptions, 'faults'> & Record<string, unknown>) =>
    perform((host) => sandbox({ ...given, faults: faultsFrom(given) }, host)),
  )
}
