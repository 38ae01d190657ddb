/** Counts, in the sampled accounts of the legacy store, those that cannot be checked. */
import type { Bounds } from '../passwords/bounds.ts'
import { inspect } from '../passwords/registry.ts'

/** How many of these encoded hashes are sound, but above the bounds. */
export const countAbove = (hashes: readonly string[], bounds: Bounds): number =>
  hashes.filter((encoded) => {
    const found = inspect(encoded, bounds)
    return 'flaw' in found && found.flaw === 'out_of_bounds'
  }).length
