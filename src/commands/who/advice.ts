/** The table of what support should do: the first situation that holds, and one sentence for it. */
import type { OktaFacts } from './ask-okta.ts'
import type { Asked, LegacyFacts } from './sources.ts'
import type { LedgerFacts } from './ledger.ts'

export interface Facts {
  readonly legacy: Asked<LegacyFacts>
  readonly okta: Asked<OktaFacts>
  readonly ledger: Asked<LedgerFacts>
}

/** What is found of each source, and nothing for one that was not asked. */
interface Found {
  readonly legacy: LegacyFacts | undefined
  readonly okta: OktaFacts | undefined
  readonly ledger: LedgerFacts | undefined
  /** A source was asked, and has nobody. */
  readonly isUnknown: Readonly<Record<keyof Facts, boolean>>
  /** Of the three, only the ledger was asked. */
  readonly isLedgerAlone: boolean
  /** The newest decision about a sign-in. */
  readonly last: string | undefined
}

interface Row {
  readonly holds: (found: Found) => boolean
  readonly sentence: string
}

const foundIn = <T>(source: Asked<T>): (T & { readonly state: 'found' }) | undefined =>
  source.state === 'found' ? source : undefined

const toFound = ({ legacy, okta, ledger }: Facts): Found => {
  const decisions = foundIn(ledger)?.decisions ?? []
  return {
    legacy: foundIn(legacy),
    okta: foundIn(okta),
    ledger: foundIn(ledger),
    isUnknown: {
      legacy: legacy.state === 'none',
      okta: okta.state === 'none',
      ledger: ledger.state === 'none',
    },
    isLedgerAlone: legacy.state === 'not_asked' && okta.state === 'not_asked',
    last: decisions.find(({ outcome }) => outcome !== 'UNLOCKED')?.reason,
  }
}

const hasStatus =
  (...statuses: readonly string[]) =>
  ({ okta }: Found): boolean =>
    statuses.includes(okta?.status ?? '')

const lastWas =
  (...reasons: readonly string[]) =>
  ({ last = '' }: Found): boolean =>
    reasons.includes(last)

const isDisabled = ({ legacy, last }: Found): boolean =>
  legacy ? legacy.enabled === false : last === 'disabled'

export const ADVICE = {
  not_in_ledger: {
    holds: ({ isLedgerAlone, isUnknown }) => isLedgerAlone && isUnknown.ledger,
    sentence:
      'The ledger has no decision under this name: ask for the whole login, since a short name needs the legacy store, and check that FINGERPRINT_KEY is that of the servers.',
  },
  nobody: {
    holds: ({ legacy, okta, ledger }) => !legacy && !okta && !ledger,
    sentence:
      'Nobody by this name was found: ask the person to read out the login exactly as it is typed.',
  },
  only_an_id: {
    holds: ({ ledger, okta, isUnknown }) =>
      ledger?.byId === true && !okta && (isUnknown.okta || isUnknown.legacy),
    sentence:
      'Only the ledger knows this id, and nothing says whose it is: ask again with the login of the person.',
  },
  not_in_okta: {
    holds: ({ isUnknown }) => isUnknown.okta,
    sentence:
      'Okta has no user by this name, so the person cannot sign in: check the spelling, then import the account.',
  },
  okta_off: {
    holds: hasStatus('SUSPENDED', 'DEPROVISIONED'),
    sentence:
      "The user is suspended or deactivated in Okta: ask the person's manager before you change that.",
  },
  okta_locked: {
    holds: hasStatus('LOCKED_OUT'),
    sentence:
      'Okta itself has locked the user after wrong passwords: unlock the user in the Admin Console, then run this again.',
  },
  okta_reset: {
    holds: hasStatus('RECOVERY', 'PASSWORD_EXPIRED'),
    sentence:
      'A new password is due in Okta: the person needs the link in the mail from Okta; if it is too old, send another.',
  },
  okta_inactive: {
    holds: hasStatus('STAGED', 'PROVISIONED'),
    sentence: 'The user is not active in Okta yet: activate the user in the Admin Console.',
  },
  foreign: {
    holds: ({ okta }) => okta !== undefined && !okta.isPending && okta.provider !== 'OKTA',
    sentence:
      'Neither Okta nor the hook checks the password of this user, but the system that Okta names as the provider: ask the people who run it.',
  },
  moved: {
    holds: ({ okta }) => okta !== undefined && !okta.isPending,
    sentence:
      'Okta has a password of its own and asks the old system no more: if it is forgotten, the person uses "forgot password".',
  },
  hook_off: {
    holds: (found) => found.okta?.hookActive === false && !isDisabled(found),
    sentence:
      'Okta does not call the hook now, so an old password works only where Okta has its hash: the person uses "forgot password".',
  },
  ambiguous: {
    holds: (found) => found.legacy?.isAmbiguous === true || lastWas('ambiguous_login')(found),
    sentence:
      'Two accounts have this login: the person must type the whole e-mail address; if that is the same for both, one needs another login.',
  },
  unknown_login: {
    holds: (found) => found.isUnknown.legacy || (!found.legacy && lastWas('unknown_login')(found)),
    sentence:
      'The old system has no account by this login: ask for another spelling, or reset the password in Okta.',
  },
  disabled: {
    holds: isDisabled,
    sentence:
      "The account is disabled in the old system: ask the person's manager before you change that.",
  },
  legacy_locked: {
    holds: lastWas('locked'),
    sentence:
      'The old system itself has locked the account after wrong passwords: let the person wait, or have it unlocked there.',
  },
  legacy_expired: {
    holds: lastWas('expired'),
    sentence:
      'The old system demands a new password first: the person sets one there, or reset the password in Okta.',
  },
  enabled_unreadable: {
    holds: (found) =>
      (found.legacy !== undefined && found.legacy.enabled === undefined) ||
      (!found.legacy && lastWas('enabled_unreadable')(found)),
    sentence:
      'Nobody can tell whether the account is enabled in the old system: tell the people who run it.',
  },
  hash_unusable: {
    holds: ({ legacy, last = '' }) => (legacy ? !legacy.canBeChecked : last.startsWith('hash_')),
    sentence:
      'The old password cannot be checked, so no attempt can succeed: reset the password in Okta.',
  },
  locked: {
    holds: ({ ledger }) => ledger?.guesses.left === 0,
    sentence:
      'Too many wrong passwords: make sure who is asking, then let the person wait or use --unlock; no password works before that.',
  },
  other_spelling_locked: {
    holds: ({ ledger }) => ledger?.isOtherLocked === true,
    sentence:
      'Another spelling of this login has too many wrong passwords: the person must type this one, or use --unlock, which covers both.',
  },
  unlocked: {
    holds: ({ ledger }) => ledger?.decisions[0]?.outcome === 'UNLOCKED',
    sentence:
      'Unlocked, and not used since: until the cut-off, the person signs in with the old password; after it, the person uses "forgot password".',
  },
  wrong_password: {
    holds: lastWas('mismatch', 'empty_password', 'too_many_guesses', 'too_many_account_guesses'),
    sentence:
      'The last password was wrong: until the cut-off, ask for the password of the old system, and look at Caps Lock; after it, or if that fails, the person uses "forgot password".',
  },
  verified_not_kept: {
    holds: (found) => found.okta?.isPending === true && lastWas('match')(found),
    sentence:
      'The password was right, but Okta has not kept it: until the cut-off, the person signs in again; after it, the person uses "forgot password"; tell the people who run Okta.',
  },
  verified: {
    holds: lastWas('match'),
    sentence:
      'The password was right and Okta has been told: what fails now is in Okta, so look at its System Log.',
  },
  unexplained: {
    holds: ({ ledger, isUnknown }) => !ledger && !isUnknown.ledger,
    sentence: 'Nothing that was asked explains it: configure what is missing, and ask again.',
  },
  no_attempt: {
    holds: () => true,
    sentence:
      'No sign-in has reached the hook: until the cut-off, the person signs in with the password of the old system; after it, the person uses "forgot password".',
  },
} as const satisfies Record<string, Row>

export type Situation = keyof typeof ADVICE

export const adviceFor = (
  facts: Facts,
): { readonly situation: Situation; readonly sentence: string } => {
  const found = toFound(facts)
  const situations = Object.keys(ADVICE) as Situation[]
  const situation = situations.find((each) => ADVICE[each].holds(found)) ?? 'no_attempt'
  return { situation, sentence: ADVICE[situation].sentence }
}
