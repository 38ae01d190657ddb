/** The table of the variables of hashes: what one may cost, and what the hashes of the legacy store do not say. */
import * as z from 'zod'
import { checkedText, variable, whole } from './variable.ts'

/** Both alphabets, with and without padding. */
const isBase64 = (value: string): boolean =>
  Buffer.from(value, 'base64').toString('base64url') ===
  value
    .replace(/={0,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')

/** Firebase's have 64 bytes. The hashes are as long as the key, and short ones could be guessed. */
const MIN_SIGNER_KEY_BYTES = 32

const isSignerKey = (value: string): boolean =>
  isBase64(value) && Buffer.byteLength(value, 'base64') >= MIN_SIGNER_KEY_BYTES

const FIREBASE_FIX =
  'Copy it from the Firebase console: Authentication, Users, the menu, Password hash parameters.'

const ENCODINGS = ['utf-8', 'windows-1252', 'latin1', 'nfc', 'nfd', 'utf-16le'] as const

const encodings = z
  .string()
  .transform((names) => names.split(',').map((name) => name.trim().toLowerCase()))
  .pipe(z.array(z.enum(ENCODINGS)))

export const HASH_VARIABLES = {
  LEGACY_HASH_FORMAT: variable(z.string().optional(), {
    help: 'how hashes that do not say so were made, one format a line, such as $hash:$salt = md5(md5($pass).$salt); or a name, such as wordpress. A row of that shape is read in no other way. In a shell, put it in single quotes',
    fix: 'Write what a row holds, then " = ", then how its hash was made, such as: $hash:$salt = md5(md5($pass).$salt). See docs/HASHES.md.',
    secret: true,
  }),
  LEGACY_HASH_PEPPER: variable(z.string().optional(), {
    help: 'the secret that $pepper stands for in LEGACY_HASH_FORMAT, such as config.pepper of Devise',
    fix: 'Copy it from the configuration of the legacy system, and use $pepper in LEGACY_HASH_FORMAT; or leave both out.',
    secret: true,
  }),
  LEGACY_HASH_PLAIN: variable(z.stringbool().default(false), {
    help: '"true" checks passwords that the legacy store keeps in plain text: what stands behind {noop}, {PLAIN}, {CLEAR} or {CLEARTEXT}. Nothing else is ever taken for plain text',
    fix: 'Set it to true or false; preferably leave it out.',
  }),
  LEGACY_PASSWORD_ENCODINGS: variable(encodings.default([]), {
    help: `further encodings in which a password is tried, separated by commas: ${ENCODINGS.join(', ')}. UTF-8 is always tried. Each one multiplies the time of every check. utf-16le is tried for digests and PBKDF2 only`,
    fix: `List some of ${ENCODINGS.join(', ')}, such as windows-1252.`,
  }),
  LEGACY_ALLOW_UNCHECKED: variable(z.stringbool().default(false), {
    help: '"true" starts the server although none of the sampled hashes can be checked, for example because the store was emptied',
    fix: 'Set it to true or false; preferably leave it out.',
  }),
  HASH_MAX_MS: variable(whole(50, 2500).default(1300), {
    help: 'milliseconds that the check of one password may take on a reference machine, for all hashes except bcrypt. A costlier hash is not checked (hash_out_of_bounds). Use the same value on every replica',
    fix: 'Use a whole number from 50 to 2500.',
  }),
  HASH_MAX_MIB: variable(whole(1, 4096).optional(), {
    help: 'MiB of memory that the check of one password may use: argon2 and scrypt need a lot. A hash that needs more is not checked (hash_out_of_bounds). Checks that need more memory together than the container has wait for each other',
    fix: 'Use a whole number from 1 to 4096, or leave it out.',
    defaultWords: '128, or less in a small container',
  }),
  FIREBASE_SIGNER_KEY: variable(checkedText(isSignerKey).optional(), {
    help: 'the key (base64_signer_key) of the Firebase project whose hashes ($fbscrypt$v=1,n=14,r=8,p=1$salt$hash) are in the legacy store',
    fix: FIREBASE_FIX,
    secret: true,
  }),
  FIREBASE_SALT_SEPARATOR: variable(checkedText(isBase64).default('Bw=='), {
    help: 'the salt separator (base64_salt_separator) of that project',
    fix: FIREBASE_FIX,
  }),
}
