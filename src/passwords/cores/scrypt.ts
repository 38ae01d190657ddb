/** Computes scrypt by node:crypto, and what Firebase encrypts with the derived key. */
import { createCipheriv, scryptSync } from 'node:crypto'
import { OutOfMemory, type CoreRow, type Family, type ScryptPlan } from '../family.ts'
import { firebase } from '../families/firebase.ts'
import { scrypt, scryptBytes } from '../families/scrypt.ts'

const AES_256_KEY_BYTES = 32

/** In OpenSSL's message for memory that it did not get, whose rest and code depend on its version. */
const NO_MEMORY = 'malloc failure'

/** @throws OutOfMemory */
const derive = (plan: ScryptPlan, password: Uint8Array, bytes: number): Uint8Array => {
  const { n: N, r, p, salt } = plan
  try {
    return scryptSync(password, salt, bytes, { N, r, p, maxmem: scryptBytes(plan) })
  } catch (err) {
    if (err instanceof Error && err.message.includes(NO_MEMORY)) throw new OutOfMemory()
    throw err
  }
}

const compute = (plan: ScryptPlan, password: Uint8Array): Uint8Array => {
  const { want, seal } = plan
  if (!seal) return derive(plan, password, want.length)
  const key = derive(plan, password, AES_256_KEY_BYTES)
  return createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(seal)
}

const planFor = (family: Family<ScryptPlan>, encoded: string): ScryptPlan => {
  const plan = family.parse(encoded)
  if ('flaw' in plan) throw new TypeError(`a known answer is ${plan.flaw}`)
  return plan
}

/** By libsodium, and by hashlib with pycryptodome under the key that Firebase publishes as an example. */
const KNOWN = [
  {
    plan: planFor(
      scrypt,
      '$7$26..../....26wfLF2oAAZi0LBM26MAEG$NFsJ/NYwQUmPIQESZFJcWyiqmV2ogTDMHEC9gwtjp95',
    ),
    password: '密码пароль',
  },
  {
    plan: planFor(
      firebase,
      '$firescrypt$ln=4,r=8,p=1$1JXR97eWSfGL3g==$ySS8/qhFzwgH/eEcqmAzOqfon30hysLI0jQ0B7g2F2Skpv0lajDWyxkudf7DArjL5FqQbtqalpceegY8ncChdQ==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    ),
    password: 'Grüße aus Köln',
  },
]

export const scryptCore: CoreRow<ScryptPlan> = {
  computes: 'scrypt',
  /** About two milliseconds: N = 2^10, r = 8, p = 1, in crypt(3)'s notation. */
  trial: planFor(scrypt, `$7$86..../....trial$${'.'.repeat(43)}`),
  known: KNOWN,
  create: () => ({
    name: 'node:crypto',
    lanes: 1,
    match: (checks, compare) =>
      checks.map(({ plan, password }) => compare(compute(plan, password), plan.want)),
  }),
}
