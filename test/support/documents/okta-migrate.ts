/** Stands for `okta-migrate` in a document: runs the program, answers its questions, and ends what would run for ever. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../../src/cli.js', import.meta.url))

/** They end with 1 where the answer is no, such as "somebody is missing". */
const ANSWERS = /^(audit|status|reconcile|import|cutoff plan|cutoff purge --check)\b/

interface Ended {
  readonly code: number
  readonly output: string
}

const isEndless = ([command, ...args]: readonly string[]): boolean =>
  command === 'serve' ||
  command === 'sandbox' ||
  args.includes('--follow') ||
  (command === 'cutoff' && args[0] === 'watch')

/** A server is ended when it is ready. */
const isReady = ([command]: readonly string[], output: string): boolean =>
  command === 'serve' ? output.includes('"url":') : output !== ''

/** A list that nothing is added to prints nothing. */
const QUIET_MS = 3000

const run = (args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, DRAIN_DELAY_MS: '0' }
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn(process.execPath, [CLI, ...args], { stdio, env })
    let output = ''
    let isEnding = !isEndless(args)
    const end = (): void => {
      // The second signal ends it without a wait; a server would then end with an error.
      for (let left = isEnding ? 0 : args[0] === 'serve' ? 1 : 2; left > 0; left -= 1) {
        child.kill('SIGINT')
      }
      isEnding = true
    }
    const hear = (text: Buffer): void => {
      output += text.toString()
      if (isReady(args, output)) end()
    }
    const quiet = args.includes('--follow') ? setTimeout(end, QUIET_MS) : undefined
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', (code) => {
      clearTimeout(quiet)
      resolve({ code: code ?? 130, output })
    })
  })

const isFine = (args: readonly string[], code: number): boolean =>
  code === 0 || (code === 130 && isEndless(args)) || (code === 1 && ANSWERS.test(args.join(' ')))

const given = process.argv.slice(2)
const args = given[0] === 'sandbox' ? [...given, '--port', '0'] : given
const first = await run(args)
// A person types at a terminal what the command shows; a script gives it with --yes.
const [isAsked, shown] = /Confirm it with --yes ?(\S+:\d+)?/.exec(first.output) ?? []
const { code, output } =
  isAsked === undefined ? first : await run([...args, '--yes', ...(shown ? [shown] : [])])
process.stdout.write(`$ okta-migrate ${given.join(' ')}\n${output}`)
process.exitCode = isFine(args, code) ? 0 : code
