/** The failures of the journal of an import, and of its undo. */
import type { ErrorRow } from './error-row.ts'

export const JOURNAL_ERRORS = {
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
    sentence: 'The journal cannot be written; every row that was sent is in it.',
    remedy: 'Free disk space, and run the same command again.',
  },
} as const satisfies Record<string, ErrorRow>
