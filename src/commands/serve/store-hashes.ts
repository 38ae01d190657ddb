/** Says what hashes the store holds, and refuses to start over a store of which none can be checked. */
import { AppError } from '../../errors/errors.ts'
import type { HashSettings } from '../../passwords/registry.ts'
import { tallyHashes, type TallyRow } from '../../passwords/tally.ts'

/** A warning is logged above this share of hashes that cannot be checked. */
const MANY = 0.05

/** Fewer samples say little of a store, which may still be empty. */
const ENOUGH = 20

interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

const sumOf = (rows: readonly TallyRow[]): number => rows.reduce((sum, { count }) => sum + count, 0)

/** Empty and missing hashes are apart: many stores have accounts that never had a password. */
const tally = (sampled: readonly string[], settings: HashSettings) => {
  const hashes = sampled.filter((encoded) => encoded.trim() !== '')
  const rows = tallyHashes(hashes, settings)
  const unchecked = rows.filter(({ remedy }) => remedy !== undefined)
  return { rows, unchecked, present: hashes.length, cannot: sumOf(unchecked) }
}

/** @param sampled encoded hashes of some accounts */
export const logStoreHashes = (
  sampled: readonly string[],
  settings: HashSettings,
  log: Log,
): void => {
  if (sampled.length === 0) return
  const { rows, unchecked, present, cannot } = tally(sampled, settings)
  const kinds = Object.fromEntries(rows.map(({ what, count }) => [what, count]))
  const fields = { sampled: sampled.length, withoutHash: sampled.length - present, kinds }
  log.info(fields, 'the sampled accounts have these hashes')
  if (present < ENOUGH || cannot <= MANY * present) return
  const remedies = Object.fromEntries(unchecked.map(({ what, remedy }) => [what, remedy]))
  log.warn(
    { remedies },
    `${cannot} of ${present} sampled hashes cannot be checked: these people cannot sign in through the hook`,
  )
}

/** So many fit into one line. */
const FEW = 3

/** The same in words, with what to do; undefined where nothing was sampled. */
export const describeStoreHashes = (
  sampled: readonly string[],
  settings: HashSettings,
):
  | { readonly level: 'ok' | 'warning'; readonly text: string; readonly fix?: string }
  | undefined => {
  if (sampled.length === 0) return undefined
  const { rows, unchecked, present, cannot } = tally(sampled, settings)
  const without = sampled.length - present
  const counts = [
    ...rows.map(({ what, count, remedy }) =>
      remedy === undefined ? `${count} ${what}` : `${count} ${what} (cannot be checked)`,
    ),
    ...(without > 0 ? [`${without} without a hash`] : []),
  ]
  const list = counts.length > FEW ? `\n  ${counts.join('\n  ')}` : ` ${counts.join('; ')}.`
  const fix = unchecked.map(({ what, remedy }) => `${what}: ${remedy}`).join('\n')
  const isMany = cannot === present || (present >= ENOUGH && cannot > MANY * present)
  return {
    level: cannot > 0 && isMany ? 'warning' : 'ok',
    text: `Of ${sampled.length} sampled accounts:${list}`,
    ...(unchecked.length > 0 && { fix }),
  }
}

/**
 * @param sampled encoded hashes of some accounts
 * @throws AppError `legacy_unusable` where 20 or more were sampled and none can be checked
 */
export const refuseUncheckedStore = (sampled: readonly string[], settings: HashSettings): void => {
  const { unchecked, present, cannot } = tally(sampled, settings)
  if (present < ENOUGH || cannot < present) return
  const reasons = unchecked.map(({ what, remedy }) => `    ${what}: ${remedy}`).join('\n')
  throw new AppError('legacy_unusable', {
    detail: `  None of ${present} sampled hashes can be checked:\n${reasons}\n    To start all the same, set LEGACY_ALLOW_UNCHECKED=true.`,
  })
}
