/** The part of the table in errors.ts that is about the rows of an import. */
import type { ErrorRow } from './errors.ts'

export const ROW_ERRORS = {
  refused_alike: {
    exit: 1,
    sentence: 'Okta refused 25 rows in a row for one cause, so the run stopped.',
    remedy:
      'Correct the cause, in the input or in Okta, and run the same command again for the rows that were left; those that were refused are in the rejects file. With --keep-going the run goes on whatever Okta refuses.',
  },
  flag_unreadable: {
    exit: 2,
    sentence: 'It cannot be told who may sign in; nothing was sent.',
    remedy:
      'Make the words of the column what the detail names, name another column with --where-enabled, or leave it out with --ignore.',
  },
  group_unknown: {
    exit: 2,
    sentence: 'Not all groups can be used; nothing was sent.',
    remedy:
      'Correct --group or the column of --group-column. They take ids, not names: the Admin Console has the id of a group in the address of its page.',
  },
  logins_refused: {
    exit: 2,
    sentence: 'The org takes no logins of this form; nothing was sent.',
    remedy:
      'Name another column with --map "login=COLUMN", or change what the org takes: Admin Console, Directory, Profile Editor, User (default), Username.',
  },
} as const satisfies Record<string, ErrorRow>
