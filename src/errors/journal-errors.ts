/** The failures of a journal, its undo among them: a part of the table in errors.ts. */
import type { ErrorRow } from './errors.ts'

export const JOURNAL_ERRORS = {
  journal_locked: {
    exit: 2,
    sentence: 'Another run is working with this journal.',
    remedy: 'Wait for its end, or end it; a run that was killed holds nothing back.',
  },
  journal_mismatch: {
    exit: 2,
    sentence: 'The journal belongs to another input or to other settings.',
    remedy:
      'Run it with the input and settings it began with, or begin another journal with --journal.',
  },
  undo_unfinished: {
    exit: 2,
    sentence: 'An undo of this journal was begun, and is not at its end.',
    remedy:
      'Finish it first, with okta-migrate import undo and this journal, or begin another journal with --journal.',
  },
  undo_impossible: {
    exit: 2,
    sentence: 'Nothing can be undone with this journal here.',
    remedy: 'Name the journal of an import, and in OKTA_ORG_URL the org of that import.',
  },
  journal_unusable: {
    exit: 2,
    sentence: 'The journal cannot be opened.',
    remedy: 'Give --journal a path where a file can be written.',
  },
  journal_unwritable: {
    exit: 1,
    sentence: 'The journal cannot be written; no row was sent that is not in it.',
    remedy: 'Make room on the disk, and run the same command again.',
  },
} satisfies Record<string, ErrorRow>
