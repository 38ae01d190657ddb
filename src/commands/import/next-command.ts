/** Suggests the next command after an import, ready to paste into a shell. */
import type { ReasonKind } from '../../import/report/reasons.ts'
import { HOOK_ADVICE } from '../../import/rows/modes.ts'
import type { RunEnd } from '../../import/run/run.ts'

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

export const toShell = (
  words: readonly string[],
  program: readonly string[] = ['okta-migrate'],
): string => [...program, ...words].map(quote).join(' ')

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

const HASH_PAIR = /^password_(?:hash|salt)=/

const otherPairsIn = (map: string): string =>
  map
    .split(',')
    .filter((pair) => !HASH_PAIR.test(pair))
    .join(',')

/** The hook needs no hashes, and without their secrets the file of rejects has none to map. */
const withoutHashes = (args: readonly string[]): string[] =>
  args.flatMap((word, i) => {
    const isValue = args[i - 1] === '--map'
    const isEmpty = word === '--map' && otherPairsIn(args[i + 1] ?? '') === ''
    if (!isValue && !word.startsWith('--map=')) return isEmpty ? [] : [word]
    const flag = isValue ? '' : '--map='
    const others = otherPairsIn(word.slice(flag.length))
    return others === '' ? [] : [flag + others]
  })

/** A column of hashes that is neither mapped nor ignored could be taken for an attribute of the profile. */
const ignoringHashes = (args: readonly string[]): string[] => {
  if (!args.includes('--rejects-with-secrets')) return []
  const maps = args.map((word) => word.replace(/^--map=/, ''))
  const pairs = maps.flatMap((map) => map.split(',')).filter((pair) => HASH_PAIR.test(pair))
  return pairs.flatMap((pair) => ['--ignore', pair.replace(HASH_PAIR, '')])
}

const withHook = (args: readonly string[]): string[] => [
  ...without(withoutHashes(args), [], ['--mode']),
  '--mode',
  'hook',
  ...ignoringHashes(args),
]

/** Whether the hook can check what the mode cannot send. */
const isForHook = ({ reason }: ReasonKind): boolean => reason.endsWith(HOOK_ADVICE)

export interface FinishedImport {
  /** As given, from the name of the command on. */
  readonly args: readonly string[]
  readonly file: string | undefined
  readonly end: RunEnd
  readonly dryRun: boolean
  /** The rejects file, where it was written. */
  readonly rejects: string | undefined
  readonly reasons: readonly ReasonKind[]
  /** Whether the rejects file has every column that the mode reads. */
  readonly areWhole: boolean
}

export interface NextStep {
  readonly what: string
  readonly command: string
}

const stepAfterDryRun = ({ args, reasons }: FinishedImport): NextStep => {
  if (!reasons.every(isForHook))
    return { what: 'Correct the input, and check it again', command: toShell(args) }
  const real = without(args, ['--dry-run', '--print'], ['--limit'])
  const later = reasons.length > 0 ? '; what is rejected goes with --mode hook afterwards' : ''
  return { what: `Start with ten rows${later}`, command: toShell([...real, '--limit', '10']) }
}

const stepForRejects = (
  { args, file, reasons, areWhole }: FinishedImport,
  rejects: string,
): NextStep => {
  if (reasons.some(isForHook)) {
    const command = toShell(withFile(withHook(args), file, rejects))
    const what = reasons.every(isForHook)
      ? `Import ${rejects} with the hook`
      : `Correct ${rejects} where a hash is not the reason, and import it with the hook`
    return { what, command }
  }
  if (!areWhole)
    return { what: 'Correct the input, and run the same command again', command: toShell(args) }
  const command = toShell(withFile(args, file, rejects))
  return { what: `Correct ${rejects}, and import it`, command }
}

/** @returns what to do, and the command for it */
export const nextStepOf = (finished: FinishedImport): NextStep => {
  const { args, end, dryRun, rejects } = finished
  const same = toShell(args)
  if (dryRun) return stepAfterDryRun(finished)
  if (end === 'stopped') {
    return { what: 'Not all rows were processed; the same command continues', command: same }
  }
  if (end === 'limit') {
    const all = toShell(without(args, [], ['--limit']))
    return { what: 'The limit is reached; this processes the other rows', command: all }
  }
  if (rejects !== undefined) return stepForRejects(finished, rejects)
  const command = toShell(['users', 'list', '--pending'])
  return { what: 'List the users who have not signed in yet', command }
}
