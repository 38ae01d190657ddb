/** Refuses to publish what is not ready. `npm run release` makes the tag; a workflow publishes it, and asks again. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** In two parts, so that this file has none itself. */
const PLACEHOLDER = ['PLACEHOLDER', ''].join('-')

/** `.ci/run` writes there which commit has passed. */
const PASSED = 'node_modules/.cache/ci-passed'

interface Checkout {
  readonly read: (path: string) => string
  readonly git: (...args: readonly string[]) => string
}

interface Guard {
  /** @returns what is wrong, or nothing */
  readonly find: (checkout: Checkout) => string | undefined
  readonly remedy: string
}

interface Manifest {
  readonly version: string
  readonly private?: boolean
}

const manifestOf = ({ read }: Checkout): Manifest => JSON.parse(read('package.json')) as Manifest

const newestHeading = ({ read }: Checkout): string =>
  /^## (.+)$/m.exec(read('CHANGELOG.md'))?.[1] ?? ''

const GUARDS: readonly Guard[] = [
  {
    find: ({ git, read }) => {
      const files = git('ls-files', '-z').split('\0').slice(0, -1)
      const left = files.filter((path) => read(path).includes(PLACEHOLDER))
      return left.length > 0 ? `These files have a ${PLACEHOLDER}: ${left.join(', ')}.` : undefined
    },
    remedy: 'Write the real owner, contact and days in their place.',
  },
  {
    find: (checkout) => (manifestOf(checkout).private ? 'package.json says "private".' : undefined),
    remedy: 'Remove that line when the package may become public.',
  },
  {
    find: (checkout) => {
      const wanted = `${manifestOf(checkout).version} (YEAR-MONTH-DAY)`
      const [version, day = ''] = newestHeading(checkout).split(/ \((\d{4}-\d\d-\d\d)\)$/)
      const isDay = !Number.isNaN(Date.parse(day)) && Date.parse(day) <= Date.now()
      const isRight = version === manifestOf(checkout).version && isDay
      return isRight ? undefined : `The first heading of CHANGELOG.md is not ${wanted}.`
    },
    remedy: 'Write there the version of package.json and the day of its release, which has come.',
  },
  {
    find: ({ git }) =>
      git('status', '--porcelain') === '' ? undefined : 'There are changes without a commit.',
    remedy: 'Commit them or take them back.',
  },
  {
    find: ({ git, read }) =>
      read(PASSED).trim() === git('rev-parse', 'HEAD').trim()
        ? undefined
        : 'This commit has not passed .ci/run here.',
    remedy: 'Run .ci/run.',
  },
]

const checkoutAt = (root: string): Checkout => ({
  read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''),
  git: (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }),
})

/** @returns a line for each reason why the checkout must not be published */
export const findProblems = (root: string): string[] => {
  const checkout = checkoutAt(root)
  return GUARDS.flatMap(({ find, remedy }) => {
    const problem = find(checkout)
    return problem === undefined ? [] : [`${problem} ${remedy}`]
  })
}

const release = (root: string, isCheckOnly: boolean): number => {
  const problems = findProblems(root)
  if (problems.length > 0) {
    process.stderr.write(`Nothing is published:\n${problems.map((line) => `- ${line}\n`).join('')}`)
    return 1
  }
  if (isCheckOnly) return 0
  const checkout = checkoutAt(root)
  const tag = `v${manifestOf(checkout).version}`
  checkout.git('tag', '--annotate', tag, '--message', tag)
  process.stdout.write(`The tag ${tag} is made. To publish it: git push origin ${tag}\n`)
  return 0
}

if (import.meta.main) {
  process.exitCode = release(join(import.meta.dirname, '..'), process.argv.includes('--check'))
}
