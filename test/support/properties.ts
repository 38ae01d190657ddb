/** fast-check with one seed for all: a test that turns red does so for a change, and PROPERTY_SEED=N draws other inputs. */
import fc from 'fast-check'

export const PROPERTY_SEED = Number(process.env['PROPERTY_SEED'] ?? 1)

fc.configureGlobal({ seed: PROPERTY_SEED })

export { fc }
