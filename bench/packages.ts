/** Owns the way to the packages that only the bench has: what is compiled does not lie beside them. */
import { createRequire } from 'node:module'

export const require = createRequire(new URL('../../bench/', import.meta.url))
