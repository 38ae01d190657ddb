/** The failures of the cut-off: its order, its hook, and the number that is confirmed. */
import type { ErrorRow } from './error-row.ts'

/** The way back needs no journal. */
const AT_ONCE =
  'If the hook must be open at once: okta-migrate register --activate. For people who were reset, run okta-migrate cutoff reopen later.'

export const CUT_OFF_ERRORS = {
  cutoff_journal_unusable: {
    exit: 2,
    sentence: 'Nothing was sent: the journal of the cut-off cannot be opened.',
    remedy: `Correct what the detail says: free space, or make the disk writable. Then run the same command again. No other file has the steps of this cut-off; only before the first plan does --journal take another path. ${AT_ONCE}`,
  },
  cutoff_journal_unwritable: {
    exit: 1,
    sentence: 'The journal of the cut-off cannot be written; all that was sent is in it.',
    remedy: `Free space, and run the same command again. ${AT_ONCE}`,
  },
  cutoff_journal_mismatch: {
    exit: 2,
    sentence: 'Nothing was sent: the journal is that of the cut-off of another org.',
    remedy: `Set OKTA_ORG_URL to the org of the journal, or name the journal of your org with --journal. ${AT_ONCE}`,
  },
  cutoff_out_of_order: {
    exit: 2,
    sentence: 'Nothing was sent: another step of the cut-off comes first.',
    remedy:
      'The order is plan, close, watch, reset, purge; reopen goes back. docs/CUT-OVER.md explains each step. If the hook must be open at once: okta-migrate register --activate.',
  },
  hook_foreign: {
    exit: 2,
    sentence:
      'Nothing was changed: the password import inline hook is not the one of this cut-off.',
    remedy: `Look at it with okta-migrate register. If it is yours, plan again: okta-migrate cutoff plan --url URL. ${AT_ONCE}`,
  },
  hook_unchanged: {
    exit: 3,
    sentence: 'Okta accepted the change of the hook, and the hook is not as it should be.',
    remedy: 'Look at it with okta-migrate register, and run the same command again.',
  },
  hashes_in_use: {
    exit: 1,
    sentence: 'Nothing was written: another application still signs people in by these hashes.',
    remedy: 'When none does any more, say so: okta-migrate cutoff plan --other-apps none.',
  },
  purge_sql_invalid: {
    exit: 2,
    sentence: 'Nothing was written: the statement of --sql cannot be used for a purge.',
    remedy: 'Write one UPDATE or DELETE for one person, as docs/CUT-OVER.md shows.',
  },
  purge_unreadable: {
    exit: 2,
    sentence: 'Nothing was checked: the files of the purge are not there, or were changed.',
    remedy: 'Name the files that cutoff purge has written, with --proof and --out.',
  },
  status_unusable: {
    exit: 1,
    sentence:
      'Nothing was changed: the number of the people who have not moved is not known well enough.',
    remedy: 'Run okta-migrate status again, and confirm the number that it says.',
  },
  okta_read_only: {
    exit: 3,
    sentence: 'The org is in read-only mode, in which Okta changes nothing.',
    remedy:
      'Wait until https://status.okta.com says that it has ended, and run the same command again.',
  },
  resets_unfinished: {
    exit: 2,
    sentence: 'Nothing was written: a list of resets is not finished.',
    remedy:
      'Run okta-migrate cutoff reset again with the same options: it goes on until nobody is left. With another --who it ends that list, and leaves the rest of it alone.',
  },
  resets_refused: {
    exit: 1,
    sentence: 'Okta refused 5 resets one after the other, so the run stopped.',
    remedy:
      'Correct what the detail names, and run the same command again: it goes on with the people after them. The file of --list has the reasons.',
  },
  resets_unchosen: {
    exit: 2,
    sentence: 'Nobody was reset: it is not clear whom to reset.',
    remedy:
      'Name a file with the people (--who FILE), such as a part of the list that okta-migrate status --left writes.',
  },
  links_unusable: {
    exit: 2,
    sentence: 'The file of --links cannot be used.',
    remedy:
      'Name a file that is not there yet. Where a reset goes on, its file must be in its place: what has no link in it gets a new one.',
  },
} as const satisfies Record<string, ErrorRow>
