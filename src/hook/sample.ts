/** What some accounts of the legacy store say of all of them. */
import type { Bounds } from '../passwords/family.ts'
import { inspect } from '../passwords/registry.ts'

/** How many of these encoded hashes are sound, and cost more than the bounds allow. */
export const countAbove = (hashes: readonly string[], bounds: Bounds): number =>
  hashes.filter((encoded) => {
    const found = inspect(encoded, bounds)
    return 'flaw' in found && found.flaw === 'out_of_bounds'
  }).length
