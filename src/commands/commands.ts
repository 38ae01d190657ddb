/** The table of commands: the name of each, and how to load it. */
import { Command } from 'commander'
import type { Perform } from './context.ts'
import { withSmallHeap, withSmallThreads } from './small-heap.ts'

/** Builds a command. */
type Build = (perform: Perform) => Command

interface CommandRow {
  readonly summary: string
  /** On demand: an import, which runs for hours, does not keep the server's database drivers in memory. */
  readonly load: () => Promise<Build>
}

/** The order is that of the help. */
export const COMMANDS: Readonly<Record<string, CommandRow>> = {
  init: {
    summary: 'propose the statements for a legacy database, and write them as an .env file',
    load: async () => (await import('./init/init.ts')).initCommand,
  },
  serve: {
    summary: "answer Okta's password import inline hook",
    load: withSmallThreads(async () => (await import('./serve/serve.ts')).serveCommand),
  },
  check: {
    summary:
      'check the configuration, the legacy store and the lookup of the server, without serving',
    load: async () => (await import('./doctor/doctor.ts')).checkCommand,
  },
  doctor: {
    summary: 'check everything that a sign-in depends on, and say what to do',
    load: async () => (await import('./doctor/doctor.ts')).doctorCommand,
  },
  audit: {
    summary: 'say who can sign in through the hook and who cannot, before anything is sent to Okta',
    load: withSmallHeap(async () => (await import('./audit/audit.ts')).auditCommand),
  },
  status: {
    summary: 'say who has moved to Okta, who has not, and why',
    load: withSmallHeap(async () => (await import('./status/status.ts')).statusCommand),
  },
  reconcile: {
    summary: 'list where the legacy store, the ledger and Okta disagree about the same people',
    load: withSmallHeap(async () => (await import('./reconcile/reconcile.ts')).reconcileCommand),
  },
  cutoff: {
    summary: 'end the hook, in steps that can be undone',
    load: withSmallHeap(async () => (await import('./cutoff/cutoff.ts')).cutoffCommand),
  },
  import: {
    summary: 'create the accounts in Okta, from a file or from the legacy database',
    load: withSmallHeap(async () => (await import('./import/import.ts')).importCommand, 4),
  },
  who: {
    summary: 'say what happened to one person at the sign-in, and what support can do',
    load: async () => (await import('./who/who.ts')).whoCommand,
  },
  decisions: {
    summary: 'list what the hook has decided, from the ledger',
    load: async () => (await import('./decisions/decisions.ts')).decisionsCommand,
  },
  users: {
    summary: 'show the users of the Okta org',
    load: async () => (await import('./users/users.ts')).usersCommand,
  },
  register: {
    summary: 'register the hook server with Okta, or show, test and change what is registered',
    load: async () => (await import('./register/register.ts')).registerCommand,
  },
  sandbox: {
    summary: 'start an Okta org to practise on: offline, in memory, with faults on demand',
    load: async () => (await import('./sandbox/sandbox.ts')).sandboxCommand,
  },
  demo: {
    summary: 'try everything in a minute, offline: an import, sign-ins, and sixty days after',
    load: async () => (await import('./demo/demo.ts')).demoCommand,
  },
  completion: {
    summary: 'print a script that completes commands and options in a shell',
    load: async () => (await import('./completion/completion.ts')).completionCommand,
  },
  health: {
    summary: 'check whether the server on this machine is alive, for container health checks',
    load: async () => (await import('./health.ts')).healthCommand,
  },
}

/** @returns undefined where there is no such command */
export const buildCommand = async (
  name: string,
  perform: Perform,
): Promise<Command | undefined> => {
  const row = COMMANDS[name]
  return row && (await row.load())(perform).description(row.summary)
}

/** What a list of commands, or a hint, needs of one. */
export const nameCommand = (name: string): Command =>
  new Command(name).description(COMMANDS[name]?.summary ?? '')
