/** The failures that end a command: its configuration, options, input and output, and the databases it needs. */
import type { ErrorRow } from './error-row.ts'

export const COMMAND_ERRORS = {
  config_invalid: {
    exit: 2,
    sentence: 'The configuration cannot be used.',
    remedy: 'Fix the problems listed above. Run the command with --help to see every variable.',
  },
  legacy_unusable: {
    exit: 2,
    sentence: 'The legacy store cannot be used.',
    remedy:
      'Change LEGACY_DB_URL, LEGACY_LOOKUP_SQL or LEGACY_LOGIN_URL as the detail says; `okta-migrate check` tries them without serving.',
  },
  tls_unusable: {
    exit: 2,
    sentence: 'The TLS certificate and key cannot be used.',
    remedy: 'TLS_CERT_FILE and TLS_KEY_FILE must be PEM files that belong together.',
  },
  listen_failed: {
    exit: 2,
    sentence: 'The server cannot listen on this address.',
    remedy:
      'Choose another HOST or PORT, OPS_HOST or OPS_PORT, or stop the process that is using it.',
  },
  workers_failed: {
    exit: 1,
    sentence: 'The worker threads did not start.',
    remedy: 'Check the memory limit of the container, and reinstall if files are missing.',
  },
  check_late: {
    exit: 3,
    sentence: 'A check took too long.',
    remedy: 'Check the network between this machine and what was asked, and run it again.',
  },
  demo_unwritable: {
    exit: 2,
    sentence: 'The demo cannot make a directory for its files.',
    remedy: 'Set TMPDIR to a directory that this user can write to.',
  },
  usage_invalid: {
    exit: 2,
    sentence: 'The options do not fit together.',
    remedy: 'Correct what is named; the --help of the command shows every option.',
  },
  input_unusable: {
    exit: 2,
    sentence: 'The input cannot be read.',
    remedy: 'Correct the input and run the same command again. An import keeps its finished rows.',
  },
  columns_unclear: {
    exit: 2,
    sentence: 'The meaning of the columns is unclear; nothing was sent.',
    remedy: 'Use --map, --ignore or --optional to say what they are.',
  },
  audit_unfinished: {
    exit: 1,
    sentence: 'The audit is not finished, and its files are as they were before.',
    remedy: 'Correct what the detail names, and run the same command again: it starts anew.',
  },
  campaign_unfinished: {
    exit: 1,
    sentence:
      'Not everything could be read, so nothing was counted, and all files are as they were.',
    remedy: 'Correct what the detail names, and run the same command again: it starts anew.',
  },
  ledger_foreign: {
    exit: 2,
    sentence: 'The ledger does not know anybody of the legacy store: its names are of another key.',
    remedy:
      'Set FINGERPRINT_KEY (or HOOK_SECRET) to that of the hook server, and LEDGER_DB_URL to its ledger.',
  },
  state_unusable: {
    exit: 2,
    sentence: 'The file of --state cannot be used.',
    remedy: 'Give --state a path where a file can be written; the file can be deleted at any time.',
  },
  columns_missing: {
    exit: 2,
    sentence: 'The accounts cannot be read without a column that is missing.',
    remedy: 'Name it as the detail says; --help shows every option of the command.',
  },
  columns_twice: {
    exit: 2,
    sentence:
      'Two columns of the accounts have the same name, and it is not clear which one counts.',
    remedy: 'Return each name once in LEGACY_AUDIT_SQL.',
  },
  accounts_missing: {
    exit: 2,
    sentence: 'There is no account to audit.',
    remedy:
      'Correct LEGACY_AUDIT_SQL, LEGACY_DB_URL or --legacy: an audit that reads nobody would pass.',
  },
  last_logins_unreadable: {
    exit: 2,
    sentence: 'The column of --last-login does not hold dates.',
    remedy:
      'Name another column, or convert it in the statement: ISO 8601 such as 2026-10-05T08:00:00Z, or seconds or milliseconds since 1970.',
  },
  unconfirmed: {
    exit: 1,
    sentence: 'Nothing was changed: it was not confirmed.',
    remedy: 'Check whom it affects, and confirm exactly that.',
  },
  interrupted: {
    exit: 130,
    sentence: 'Interrupted: the question was not answered, and nothing was changed.',
    remedy: 'Run the same command again.',
  },
  option_missing: {
    exit: 2,
    sentence: 'An option is missing, and nobody can be asked.',
    remedy: 'Give it, as the detail says; the --help of the command shows every option.',
  },
  output_exists: {
    exit: 2,
    sentence: 'A file that would be written is there already. It was not changed.',
    remedy: 'Give another name, as the detail says, or move the file away.',
  },
  output_unwritable: {
    exit: 1,
    sentence: 'The output cannot be written.',
    remedy:
      'Free space where the output goes, or send it elsewhere, and run the same command again.',
  },
  output_foreign: {
    exit: 1,
    sentence: 'The output would replace a file that this command has not made.',
    remedy: 'Give another name for the output, or move that file away, and run it again.',
  },
  rejects_unwritable: {
    exit: 1,
    sentence: 'The rejects file cannot be written.',
    remedy: 'Free disk space or give another --rejects, and run the same command again.',
  },
  ledger_unusable: {
    exit: 2,
    sentence: 'The ledger cannot be opened.',
    remedy:
      'Set LEDGER_DB_URL and LEDGER_SPILL_DIR to places that this user can write to (in a database: create and alter tables), or set LEDGER_DB_URL=off to run without a ledger.',
  },
  ledger_absent: {
    exit: 2,
    sentence: 'The ledger is not there.',
    remedy:
      'Correct LEDGER_DB_URL to the ledger of the hook server, or start that server first: it makes the ledger.',
  },
  ledger_newer: {
    exit: 2,
    sentence: 'The ledger was changed by a newer version of this program.',
    remedy: 'Run that version or a later one: the schema of a ledger is never downgraded.',
  },
  ledger_older: {
    exit: 2,
    sentence: 'The tables of the ledger are those of an earlier version, or are not there yet.',
    remedy: 'Start a server of this version once: it adds what is missing.',
  },
  unlocks_used: {
    exit: 1,
    sentence: 'Nothing was changed: this person has been unlocked often enough today.',
    remedy: 'The wrong passwords are forgotten one after the other, or reset the password in Okta.',
  },
  ledger_unavailable: {
    exit: 3,
    sentence: 'The ledger database cannot be reached right now.',
    remedy: 'Check LEDGER_DB_URL and the database.',
  },
} as const satisfies Record<string, ErrorRow>
