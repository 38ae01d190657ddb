/** How a person starts this program again: a checkout has no `okta-migrate`, and npx installs none. */
import { relative, sep } from 'node:path'
import type { Environment } from '../../config/load.ts'

/** @param cli the file that runs now */
export const ownCommand = (cli: string, env: Environment): readonly string[] => {
  if (!cli.includes(`${sep}node_modules${sep}`)) return ['node', relative('', cli)]
  // npm tells a program of npx so.
  return env['npm_command'] === 'exec' ? ['npx', 'okta-password-import-hook'] : ['okta-migrate']
}
