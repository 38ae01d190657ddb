/** Suggests the next command after an import, ready to paste into a shell. */
import type { RunEnd } from '../../import/run/run.ts'

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

export const toShell = (words: readonly string[]): string =>
  ['okta-migrate', ...words].map(quote).join(' ')

/** Without these options, and without the values of those that take one. */
const without = (
  args: readonly string[],
  flags: readonly string[],
  valued: readonly string[] = [],
): string[] =>
  args.filter((word, i) => {
    const [name = ''] = word.split('=', 1)
    return ![...flags, ...valued].includes(name) && !valued.includes(args[i - 1] ?? '')
  })

/** The same import of another file, with a journal of its own. */
const withFile = (args: readonly string[], from: string | undefined, to: string): string[] => {
  const kept = without(args, [], ['--limit', '--journal', '--rejects'])
  const at = from === undefined ? -1 : kept.lastIndexOf(from)
  return at < 0 ? [...kept.slice(0, 1), to, ...kept.slice(1)] : kept.with(at, to)
}

export interface FinishedImport {
  /** As given, from the name of the command on. */
  readonly args: readonly string[]
  readonly file: string | undefined
  readonly end: RunEnd
  readonly dryRun: boolean
  /** The rejects file, where it was written. */
  readonly rejects: string | undefined
}

export interface NextStep {
  readonly what: string
  readonly command: string
}

/** @returns what to do, and the command for it */
export const nextStepOf = ({ args, file, end, dryRun, rejects }: FinishedImport): NextStep => {
  const same = toShell(args)
  if (dryRun) {
    const again = { what: 'Correct the input, and check it again', command: same }
    if (rejects !== undefined) return again
    const real = without(args, ['--dry-run', '--print'], ['--limit'])
    return { what: 'Start with ten rows', command: toShell([...real, '--limit', '10']) }
  }
  if (end === 'stopped') {
    return { what: 'Not all rows were processed; the same command continues', command: same }
  }
  if (end === 'limit') {
    const all = toShell(without(args, [], ['--limit']))
    return { what: 'The limit is reached; this processes the other rows', command: all }
  }
  if (rejects !== undefined) {
    const command = toShell(withFile(args, file, rejects))
    return { what: `Correct ${rejects}, and import it`, command }
  }
  const command = toShell(['users', 'list', '--pending'])
  return { what: 'List the users who have not signed in yet', command }
}
