/** The failures of an import and of its undo: what the rows cause, and the journal. */
import type { ErrorRow } from './error-row.ts'

export const IMPORT_ERRORS = {
  refused_alike: {
    exit: 1,
    sentence: 'Okta refused 25 consecutive rows for the same reason, so the run stopped.',
    remedy:
      'Correct the cause, in the input or in Okta, and run the same command again for the remaining rows; the refused rows are in the rejects file. With --keep-going the run continues, however many rows Okta refuses.',
  },
  flag_unreadable: {
    exit: 2,
    sentence: 'It is unclear who is allowed to sign in; nothing was sent.',
    remedy:
      'Change the words of the column to those that the detail names, name another column with --where-enabled, or leave it out with --ignore.',
  },
  group_unknown: {
    exit: 2,
    sentence: 'Not all groups can be used; nothing was sent.',
    remedy:
      'Correct --group or the column of --group-column. They take IDs, not names: the Admin Console shows the ID of a group in the address of its page.',
  },
  logins_refused: {
    exit: 2,
    sentence: 'The org does not accept logins of this form; nothing was sent.',
    remedy:
      'Name another column with --map "login=COLUMN", or change what the org accepts: Admin Console, Directory, Profile Editor, User (default), Username.',
  },
  journal_locked: {
    exit: 2,
    sentence: 'Another run is using this journal.',
    remedy: 'Wait until it ends, or stop it; a run that was killed does not block the journal.',
  },
  journal_mismatch: {
    exit: 2,
    sentence: 'The journal belongs to another input or to other settings.',
    remedy:
      'Run it with the input and settings it was started with, or start another journal with --journal.',
  },
  undo_unfinished: {
    exit: 2,
    sentence: 'An undo of this journal was started but not finished.',
    remedy:
      'Finish it first with okta-migrate import undo and this journal, or start another journal with --journal.',
  },
  undo_impossible: {
    exit: 2,
    sentence: 'Nothing can be undone with this journal here.',
    remedy: 'Name the journal of an import, and set OKTA_ORG_URL to the org of that import.',
  },
  journal_unusable: {
    exit: 2,
    sentence: 'The journal cannot be opened.',
    remedy: 'Give --journal a path where a file can be written.',
  },
  journal_unwritable: {
    exit: 1,
    sentence: 'The journal cannot be written; all that was sent is in it.',
    remedy: 'Free disk space, and run the same command again.',
  },
} as const satisfies Record<string, ErrorRow>
