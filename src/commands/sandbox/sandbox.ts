/** Owns the sandbox command: options in, an Okta to practise on, served until told to stop. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../clock.ts'
import { describeUnforeseen } from '../../errors/errors.ts'
import { describeTracedCall } from '../../okta/client/call-trace.ts'
import { untilStopped } from '../../ops/shutdown.ts'
import { FAULTS_PATH } from '../../sandbox/api/faults.ts'
import { faultSchema, type Faults, type FaultSettings } from '../../sandbox/http/faults.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import type { SchemaSettings } from '../../sandbox/org/schema.ts'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import type { CommandContext, Perform } from '../context.ts'
import { readSchemaFile } from './schema-file.ts'
import { announce, announceIds, announceService, createService, readyEvent } from './messages.ts'
import { createPrint } from '../terminal/output.ts'

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
  readonly faults: FaultSettings
}

const named = (names: readonly string[]) => names.map((name) => ({ name }))

const orgFrom = ({ attribute, schema, userType, group, uniqueEmail }: SandboxCommandOptions) => ({
  ...{ attributes: attribute, userTypes: named(userType), groups: named(group), uniqueEmail },
  ...(schema && { schema }),
})

/**
 * Serves until a signal ends it.
 * @returns the exit code
 * @throws AppError `listen_failed`
 */
export const sandbox = async (
  options: SandboxCommandOptions,
  { stdout, stderr, onSignal }: CommandContext,
): Promise<number> => {
  const { host, port, seed, oauth, dpop, faults, verbose } = options
  const token = options.token ?? `00${randomBytes(30).toString('base64url')}`
  const made = oauth || dpop ? createService(dpop) : undefined
  const tell = createPrint({ stdout }, options)
  const starting = startSandbox({
    ...{ host, port, seed, faults },
    ...orgFrom(options),
    ...made?.service,
    tokens: [{ scheme: 'SSWS', token }],
    ...(verbose && {
      onCall: (call) =>
        void stderr.write(`${describeTracedCall({ ...call, result: call.status || 'cut off' })}\n`),
    }),
    onBug: (err) => {
      const what = describeUnforeseen(err)
      tell(`A mistake in the sandbox: ${JSON.stringify(what)}\n`, { event: 'mistake', ...what })
    },
  })
  const end = untilStopped({
    onSignal,
    drain: async () => (await starting).close(),
    clock: systemClock,
    log: (message) => tell(`${message}\n`, { event: 'notice', message }),
  })
  const { url, ...org } = await starting
  const service = made ? announceService(url, made.pem, made.hookSecret) : ''
  tell(announce(url, token, service + announceIds(org)), readyEvent(url, token, made, org))
  return end
}

/** @throws InvalidArgumentError, which commander turns into the usage's exit code */
const numberWithin =
  (accepts: (value: number) => boolean) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !accepts(value))
      throw new InvalidArgumentError('It is not a number that fits.')
    return value
  }

const isInteger =
  (max: number) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= 0 && value <= max

const FAULT_OPTIONS: readonly [fault: keyof Faults, flags: string, description: string][] = [
  ['rateLimit', '--rate-limit <calls>', 'calls a minute in each bucket'],
  ['concurrency', '--concurrency <calls>', 'calls at the same time'],
  ['readOnly', '--read-only', 'refuse writes, as an org in read-only mode'],
  ['latencyMs', '--latency <ms>', 'how late every answer is'],
  ['errorRate', '--error-rate <0..1>', 'how many API calls fail with 500'],
  ['resetBeforeRate', '--reset-before-rate <0..1>', 'how many are cut off before they count'],
  ['resetAfterRate', '--reset-after-rate <0..1>', 'how many are carried out but lose their answer'],
  ['answer', '--answer <name>', 'what comes instead of the usual answer'],
  ['answerRate', '--answer-rate <0..1>', 'how many API calls have that answer'],
  ['answerWritesOnly', '--answer-writes-only', 'only calls that change something have it'],
  ['clockSkewMs', '--clock-skew <ms>', "how far Okta's clock is ahead (behind, if negative)"],
]

/** Commander names an option after its flag; the sandbox, after its unit. */
const faultsFrom = (given: Readonly<Record<string, unknown>>): FaultSettings =>
  Object.fromEntries(
    FAULT_OPTIONS.map(
      ([fault, flags]) => [fault, given[new Option(flags).attributeName()]] as const,
    ),
  )

/** Its values are checked by the fault's own schema, so that the two cannot differ. */
const faultOption = ([fault, flags, description]: (typeof FAULT_OPTIONS)[number]): Option => {
  const schema = faultSchema.shape[fault]
  const usual = schema.parse(undefined)
  if (usual === false) return new Option(flags, description)
  if (fault === 'answer') {
    return new Option(flags, description).choices([...faultSchema.shape.answer.unwrap().options])
  }
  const accepts = (value: number): boolean => schema.safeParse(value).success
  const option = new Option(flags, `${description} (default: ${String(usual)})`)
  return option.argParser(numberWithin(accepts))
}

const HELP = `
While it runs, GET ${FAULTS_PATH} shows the faults, and PUT sets those that it names:
  ${Object.keys(faultSchema.shape).join(', ')}

A schema file has the form of Okta's Schemas API. It can be the answer of a real org, from
GET /api/v1/meta/schemas/user/default, or only what differs. Here a custom attribute, and logins
that need not be e-mail addresses:
  { "definitions": {
      "custom": { "properties": { "vip": { "type": "boolean" } } },
      "base": { "properties": { "login": { "pattern": ".+" } } } } }

Examples:
  okta-migrate sandbox
  okta-migrate sandbox --schema schema.json --group Customers Staff
  okta-migrate sandbox --rate-limit 100 --latency 200 --reset-after-rate 0.02
  okta-migrate sandbox --dpop            a service app, as new ones are made
  okta-migrate sandbox --json            one line with its address and token
`

export const sandboxCommand = (perform: Perform): Command => {
  const command = new Command('sandbox')
    .description('an Okta to practise on: offline, in memory, faults on demand')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'where to listen; 0 for any', numberWithin(isInteger(65_535)), 4000)
    .option('--token <text>', 'the API token that is good (default: made for this run)')
    .option('--attribute <name...>', "profile attributes beyond Okta's own, of plain text", [])
    .option(
      '--schema <file>',
      'attributes with types and rules, as JSON (see below)',
      readSchemaFile,
    )
    .option('--user-type <name...>', 'user types beside the default one', [])
    .option('--group <name...>', 'groups beside Everyone', [])
    .option(
      '--unique-email',
      'allow an e-mail address once, as with self-service registration',
      false,
    )
    .option(
      '--seed <number>',
      'of chance, so that a run repeats',
      numberWithin(isInteger(2 ** 32)),
      1,
    )
    .option('--oauth', 'make a service app, and a client to call the hook with', false)
    .option('--dpop', 'the same, and the app requires DPoP', false)
    .addHelpText('after', HELP)
  for (const option of FAULT_OPTIONS) command.addOption(faultOption(option))
  command
    .addOption(jsonOption())
    .addOption(verboseOption('write a line for each call that it answers to standard error'))
  return command.action((given: Omit<SandboxCommandOptions, 'faults'> & Record<string, unknown>) =>
    perform((host) => sandbox({ ...given, faults: faultsFrom(given) }, host)),
  )
}
