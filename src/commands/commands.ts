/** The table of commands: the name of each, and how to load it. */
import type { Command } from 'commander'
import type { Perform } from './context.ts'

/** Loaded on demand: an import, which runs for hours, does not keep the server's database drivers in memory. */
export const COMMANDS: Readonly<Record<string, () => Promise<(perform: Perform) => Command>>> = {
  serve: async () => (await import('./serve/serve.ts')).serveCommand,
  check: async () => (await import('./serve/check.ts')).checkCommand,
  audit: async () => (await import('./audit/audit.ts')).auditCommand,
  status: async () => (await import('./status/status.ts')).statusCommand,
  reconcile: async () => (await import('./reconcile/reconcile.ts')).reconcileCommand,
  import: async () => (await import('./import/import.ts')).importCommand,
  who: async () => (await import('./who/who.ts')).whoCommand,
  decisions: async () => (await import('./decisions/decisions.ts')).decisionsCommand,
  users: async () => (await import('./users/users.ts')).usersCommand,
  register: async () => (await import('./register/register.ts')).registerCommand,
  sandbox: async () => (await import('./sandbox/sandbox.ts')).sandboxCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  health: async () => (await import('./health.ts')).healthCommand,
}
