/** The table of commands: what each is called, and the file that has it. */
import type { Command } from 'commander'
import type { Perform } from './context.ts'

/** Loaded when they are asked for: an import, which runs for hours, holds no database driver of the server's. */
export const COMMANDS: Readonly<Record<string, () => Promise<(perform: Perform) => Command>>> = {
  serve: async () => (await import('./serve/serve.ts')).serveCommand,
  check: async () => (await import('./serve/check.ts')).checkCommand,
  import: async () => (await import('./import/import.ts')).importCommand,
  users: async () => (await import('./users/users.ts')).usersCommand,
  register: async () => (await import('./register/register.ts')).registerCommand,
  sandbox: async () => (await import('./sandbox/sandbox.ts')).sandboxCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  health: async () => (await import('./health.ts')).healthCommand,
}
