/** The failures that the rows of an import cause. */
import type { ErrorRow } from './error-row.ts'

export const ROW_ERRORS = {
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
} as const satisfies Record<string, ErrorRow>
