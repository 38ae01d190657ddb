/** Computes argon2 by a native package, which has no binary for some platforms. */
import { createRequire } from 'node:module'
import { argon2, argon2Kind } from '../families/argon2.ts'
import { OutOfMemory, type Argon2Plan, type CoreRow } from '../family.ts'
import { readKnown } from './known-answers.ts'

/** Loaded when it is needed, since most stores have no such hash. @throws Error where it has no binary */
const loadNative = () =>
  createRequire(import.meta.url)('@node-rs/argon2') as typeof import('@node-rs/argon2')

/** The package's numbers for them, by ours; its enums are not there at run time for a compiler of one file at a time. */
const ALGORITHMS = { d: 0, i: 1, id: 2 } as const
const VERSIONS = { 16: 0, 19: 1 } as const
const numbersOf = ({ type, version }: Argon2Plan) => ({
  algorithm: ALGORITHMS[type],
  version: VERSIONS[version],
})

/** Its message for memory that it did not get; any other error is a bug. */
const NO_MEMORY = 'Memory allocation error'

/**
 * Two milliseconds or a few, in more memory than most caches have: in less, the same work takes half of the time, and
 * the check of a usual hash would look cheap.
 */
const TRIAL = { memoryKiB: 16_384, passes: 1 }

/** One of each type and version, by the reference implementation. */
const KNOWN = {
  '$argon2d$m=64,t=2,p=1$7Oam4OxCmztrCrYihjDI+g$PbHcx6wpXKKvxzE89IlvixOD6vCdb24Q8uynYbm6VWE':
    'Grüße aus Köln',
  '$argon2i$v=16$m=64,t=3,p=1$PT2Gsi7uSoUMG6TwU3cxCg$6/+FJ+Gx4tep1uNJFQoooS3h7OSbANPGMRL3hCKE9Go':
    '密码пароль',
  '$argon2i$v=19$m=64,t=3,p=1$XZ67lm7afTkR+23mYsgadw$QbDhF4LCh5E09KaZuX3t95tdze1XFl4dPmlWsJv/T3k':
    '密码пароль',
  '$argon2id$v=19$m=256,t=3,p=4$z/lAl0/lnpbKseh7Ci6Tfw$pUu8qJIaxr2P1cHo3z9baMQcvKKX0W22JeLqpu7SNMQ':
    'Grüße aus Köln',
  '$argon2id$v=19$m=64,t=2,p=1$dZmXPoBcdH1J/ceEmd5I1g$yTj2Fexky633aJ1s/vmoTn1xebCz5HL32OvKNdjerC4':
    '🔑 and 🚪',
}

export const argon2Core: CoreRow<Argon2Plan> = {
  computes: 'argon2',
  trial: {
    core: 'argon2',
    kind: argon2Kind(TRIAL.memoryKiB, TRIAL.passes),
    ...TRIAL,
    ...{ type: 'id', version: 19, parallelism: 1 },
    salt: new Uint8Array(16),
    want: new Uint8Array(32),
  },
  known: readKnown(argon2, KNOWN),
  create() {
    const { hashRawSync } = loadNative()
    const compute = (plan: Argon2Plan, password: Uint8Array): Uint8Array => {
      try {
        return hashRawSync(password, {
          ...numbersOf(plan),
          salt: plan.salt,
          outputLen: plan.want.length,
          memoryCost: plan.memoryKiB,
          timeCost: plan.passes,
          parallelism: plan.parallelism,
        })
      } catch (err) {
        if (err instanceof Error && err.message === NO_MEMORY) throw new OutOfMemory()
        throw err
      }
    }
    return {
      name: '@node-rs/argon2',
      lanes: 1,
      match: (checks, compare) =>
        checks.map(({ plan, password }) => compare(compute(plan, password), plan.want)),
    }
  },
}
