/** Erases one person from the ledger, and says what else holds the person. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { FINDS_NOBODY } from '../../hook/decision.ts'
import type { Erased } from '../../ledger/database/erase.ts'
import { NEEDED_MS, type LedgerUpkeep } from '../../ledger/database/upkeep.ts'
import { MAX_ACCOUNT_LENGTH, storable } from '../../ledger/entry.ts'
import { loginKey } from '../../legacy/store.ts'
import { isOneLogin, readLogin } from '../../login.ts'
import { numberOf } from '../../text/figure.ts'
import { stampOf } from '../../text/local-time.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import type { LedgerAccess } from '../ledger-settings.ts'
import { confirmTyped } from '../terminal/confirm.ts'
import type { Known } from './ledger.ts'
import type { UnlockOptions } from './unlock.ts'

/** What else can hold a person, and what to do with it. */
export const ELSEWHERE = {
  'spill files of the servers (LEDGER_SPILL_DIR)':
    'decisions of the last seconds, or since the database went away, come to the ledger: erase again. The file keeps bytes of what has left it until others take their place; a server that is stopped and has none waiting can do without the file',
  'logs of the servers': 'delete the lines with the names above, or let them expire',
  'PostgreSQL, MySQL, MariaDB':
    'the bytes of deleted rows stay until the server has vacuumed or purged them',
  'backups of the ledger': 'let them expire; after a restore, erase again',
  'sources, journals, rejects and *.existing.csv of import': 'delete the files, or the rows',
  'audit-blocked.csv, audit-routes.csv, the file of canaries': 'delete them',
  'left.csv, reconcile/*.csv': 'delete them: status and reconcile make them anew',
  'okta-migrate-campaign.sqlite (--state)': 'delete it: status makes it anew',
  'the legacy store and Okta':
    'nothing was changed there. Delete the person there first: with each sign-in new decisions are made',
} as const

export interface Erasure {
  /** For programs: the fields that docs/EVENTS.md lists. */
  readonly erased: Omit<Erased, 'accounts'> & {
    /** ISO 8601: when nothing that is kept now will be needed any more. */
    readonly againAt: string | undefined
    /** Whether the bytes are gone from the file; left out of a server's database. */
    readonly wiped: boolean | undefined
    /** The names under which the person was looked for, and found. */
    readonly names: readonly string[]
    readonly elsewhere: typeof ELSEWHERE
  }
}

export interface ErasureSubject {
  readonly known: Known
  readonly access: LedgerAccess
  /** Whether several accounts of the legacy store have the login. */
  readonly isAmbiguous: boolean
}

const ambiguous = (): never => {
  const detail =
    '--erase: two accounts have had this login. Give a login that only this person has, with LEGACY_DB_URL.'
  throw new AppError('usage_invalid', { detail })
}

/** Whose rows those of the short one are, nobody knows. */
const refuseShort = ({ typed, oktaLogin = typed }: Known): void => {
  if (isOneLogin(typed, oktaLogin)) return
  const detail = `--erase needs the whole login: to Okta, "${printable(typed)}" is short for ${printable(oktaLogin)}. If it is somebody else, run it without OKTA_ORG_URL.`
  throw new AppError('usage_invalid', { detail })
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]

/**
 * Of every key: a server uses one for all names, so that with each key a login leads to one person.
 * @throws AppError `usage_invalid` where it leads to several
 */
const findNames = async (upkeep: LedgerUpkeep, { known, access, isAmbiguous }: ErasureSubject) => {
  if (isAmbiguous) ambiguous()
  refuseShort(known)
  const { typed, oktaLogin, key } = known
  const own = key?.startsWith('login ') ? [key.slice('login '.length)] : []
  const given = [typed, ...(oktaLogin === undefined ? [] : [oktaLogin])]
  const logins = distinct([...given.map((login) => readLogin(login).normalised), ...own])
  const persons: string[] = []
  const accounts = logins.map((login) => storable(login, MAX_ACCOUNT_LENGTH))
  for (const { nameLogin, namePerson } of access.allNamers) {
    const names = logins.map((login) => storable(nameLogin(login), MAX_ACCOUNT_LENGTH))
    const nobody = logins.map((login) => namePerson(loginKey(login)))
    const linked =
      key === undefined ? await upkeep.personsOf(names, FINDS_NOBODY) : [namePerson(key)]
    const others = linked.filter((person) => !nobody.includes(person))
    if (others.length > 1) ambiguous()
    persons.push(...nobody, ...others)
    accounts.push(...names)
  }
  return { persons: distinct(persons), accounts: distinct(accounts) }
}

/** @throws AppError `usage_invalid`, `unconfirmed` or `ledger_…` */
export const eraseFromLedger = async (
  upkeep: LedgerUpkeep,
  subject: ErasureSubject,
  { yes }: UnlockOptions,
  host: CommandContext,
  clock: Clock,
): Promise<Erasure> => {
  const found = await findNames(upkeep, subject)
  const since = (): string => new Date(clock.epochMs() - NEEDED_MS).toISOString()
  const names = { ...found, unlinked: FINDS_NOBODY }
  const { rows } = await upkeep.erase({ ...names, since: since() }, true)
  if (rows > 0) {
    host.stderr.write(`${numberOf(rows, 'row')} of the ledger will be deleted.\n`)
    await confirmTyped(host, yes, subject.known.typed.trim())
  }
  const { accounts, ...erased } = await upkeep.erase({ ...names, since: since() }, false)
  const again = clock.epochMs() + NEEDED_MS
  return {
    erased: {
      ...erased,
      againAt: erased.kept > 0 ? new Date(again).toISOString() : undefined,
      wiped: await upkeep.wipe(),
      names: distinct([...found.accounts, ...accounts, ...found.persons]),
      elsewhere: ELSEWHERE,
    },
  }
}

/** In words. */
export const describeErasure = ({ erased }: Erasure): string => {
  const { rows, kept, shared, logins, againAt, wiped, names } = erased
  return [
    `Erased ${numberOf(rows, 'row')} of the ledger, under ${numberOf(logins, 'login')}.`,
    ...(againAt === undefined
      ? []
      : [
          `${numberOf(kept, 'row stays', 'rows stay')}, since servers may still count wrong passwords of the last 24 hours. Run the same command again after ${stampOf(Date.parse(againAt))}.`,
        ]),
    ...(shared > 0
      ? [
          `${numberOf(shared, 'row stays', 'rows stay')}: another person has used the same login, and nothing says whose they are.`,
        ]
      : []),
    ...(wiped === false
      ? [
          'The file still has their bytes: another program uses it, or the disk has no room for a copy. Run it again.',
        ]
      : []),
    '',
    `Names in the ledger and the log: ${names.map((name) => printable(name)).join(', ')}`,
    'What else can hold this person:',
    ...Object.entries(ELSEWHERE).map(([what, toDo]) => `  ${what}\n      ${toDo}`),
  ].join('\n')
}
