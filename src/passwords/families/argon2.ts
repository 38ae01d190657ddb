/** The family of argon2's encoded hashes, bare or behind the prefixes of Django, Spring, OpenLDAP, Dovecot and Nextcloud. */
import { costOf, type Argon2Plan, type Family, type Inspection, type PlanKind } from '../family.ts'
import { readBase64, wholeNumber } from '../notation.ts'

/** What the reference implementation writes; its version 1.0 wrote no `v`. */
const PHC =
  /^\$argon2(?<type>i|d|id)\$(?:v=(?<version>16|19)\$)?m=(?<m>\d+),t=(?<t>\d+),p=(?<p>\d+)\$(?<salt>[^$]+)\$(?<want>[^$]+)$/

const PREFIX = /^(?:argon2(?=\$)|\{[^}]*\}|[23]\|)/

/** RFC 9106 allows hashes of 4 bytes, which one password in 4 billion would match. */
const MIN_BYTES = { salt: 8, want: 16 }

/** Memory in lanes of at least 8 KiB. */
const MIN_KIB_PER_LANE = 8

/** Numbers of 32 bits: a computation would take others for smaller ones. */
const MAX_NUMBER = 2 ** 32 - 1

/** No system writes more; the hashes would be sound. */
const MAX_PARALLELISM = 64

/** One check takes all the memory; parallelism adds no work. */
export const argon2Kind = (memoryKiB: number, passes: number): PlanKind => ({
  name: 'argon2',
  cost: costOf(memoryKiB * passes),
  mib: Math.ceil(memoryKiB / 1024),
})

/** All but what the kind follows from. @returns a plan if it is one that argon2 can have made */
export const argon2PlanOf = (parts: Omit<Argon2Plan, 'core' | 'kind'>): Inspection<Argon2Plan> => {
  const { memoryKiB, passes, parallelism, salt, want } = parts
  const isSound =
    parallelism >= 1 &&
    passes >= 1 &&
    memoryKiB >= MIN_KIB_PER_LANE * parallelism &&
    Math.max(memoryKiB, passes) <= MAX_NUMBER &&
    salt.length >= MIN_BYTES.salt &&
    want.length >= MIN_BYTES.want
  if (!isSound) return { flaw: 'malformed' }
  if (parallelism > MAX_PARALLELISM) return { flaw: 'out_of_bounds' }
  return { core: 'argon2', kind: argon2Kind(memoryKiB, passes), ...parts }
}

export const argon2: Family<Argon2Plan> = {
  identifier: 'argon2',
  claims:
    /^(?:(?:[23]\|)?\$argon2|argon2\$|\{(?:argon2(?:id?)?|ARGON2(?:ID?)?|argon2@SpringSecurity_v5_8)\})/,

  parse(encoded) {
    const found = PHC.exec(encoded.replace(PREFIX, ''))?.groups ?? {}
    const [memoryKiB, passes, parallelism] = ['m', 't', 'p'].map((name) => wholeNumber(found[name]))
    const [salt, want] = ['salt', 'want'].map((name) =>
      readBase64(found[name] ?? '', 'base64-unpadded'),
    )
    if (!memoryKiB || !passes || !parallelism || !salt || !want) return { flaw: 'malformed' }
    return argon2PlanOf({
      type: found['type'] as Argon2Plan['type'],
      version: found['version'] === '19' ? 19 : 16,
      ...{ memoryKiB, passes, parallelism, salt, want },
    })
  },
}
