/** Computes PBKDF2 by node:crypto, each digest as a core of its own. */
import { pbkdf2Sync } from 'node:crypto'
import type { Digest } from '../expression.ts'
import type { Core, CoreRow, Pbkdf2Plan } from '../family.ts'
import { pbkdf2, pbkdf2Plan } from '../families/pbkdf2.ts'

const core: Core<Pbkdf2Plan> = {
  name: 'node:crypto',
  lanes: 1,
  match: (checks, compare) =>
    checks.map(({ plan: { salt, iterations, want, digest }, password }) =>
      compare(pbkdf2Sync(password, salt, iterations, want.length, digest), want),
    ),
}

/** In Werkzeug's notation, by the HMAC of Perl's Digest::SHA and Digest::MD5, which share no code with OpenSSL. */
const KNOWN: Readonly<Record<Digest, { readonly encoded: string; readonly password: string }>> = {
  md5: {
    encoded: 'pbkdf2:md5:2$KnownAnswer$c0d816e98e8c0b0decb8435d717a0d37',
    password: 'Grüße, Jürgen',
  },
  sha1: {
    encoded: 'pbkdf2:sha1:2$KnownAnswer$8a4e53414b548b11a2c1ab155151255621764085',
    password: 'motörhead',
  },
  sha224: {
    encoded: 'pbkdf2:sha224:2$KnownAnswer$7cd8a773ed4af8c21b0414c92ea1c369a986d2a1417b7dca61e6b537',
    password: 'пароль',
  },
  sha256: {
    encoded:
      'pbkdf2:sha256:2$KnownAnswer$7bcf0df7177219aced7aa6cae6eab0c32565aec09c4e3f2254d12011570451cd',
    password: '密码',
  },
  sha384: {
    encoded:
      'pbkdf2:sha384:2$KnownAnswer$76184dd5f41a0eb403f5daee93b2c054126abf62f7c19e9c2183c1c78402b3e50d293087337c9097fc12850b9e6845a0',
    password: '🔑 and 🚪',
  },
  sha512: {
    encoded:
      'pbkdf2:sha512:2$KnownAnswer$626b998f2f969fbf88a197cbd0b62a8a41c171ae4af0daa0e990a12fa7a15fa1183a6e4bbb9b233baf0370c920473497bc54e861c1ff21b12ec1fc7424eb0f0e',
    password: 'Grüße aus Köln',
  },
}

/** One to three milliseconds. */
const TRIAL_ITERATIONS = 8192

const rowOf = (digest: Digest): CoreRow<Pbkdf2Plan> => {
  const { encoded, password } = KNOWN[digest]
  const plan = pbkdf2.parse(encoded)
  if ('flaw' in plan) throw new TypeError(`a known answer is ${plan.flaw}`)
  const trial = pbkdf2Plan(digest, TRIAL_ITERATIONS, plan.salt, new Uint8Array(plan.want.length))
  if ('flaw' in trial) throw new TypeError(`a trial is ${trial.flaw}`)
  return { computes: plan.kind.name, trial, known: [{ plan, password }], create: () => core }
}

export const pbkdf2Cores: readonly CoreRow<Pbkdf2Plan>[] = (Object.keys(KNOWN) as Digest[]).map(
  rowOf,
)
