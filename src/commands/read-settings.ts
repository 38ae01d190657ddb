/** Reads the settings of a command from its environment. */
import { loadSettings, type SettingsSpec } from '../config/load.ts'
import type { VariableName } from '../config/variables.ts'
import { printNotices, readText, type CommandContext } from './context.ts'

/**
 * Reads the settings of a command; notices go to stderr.
 * @throws AppError `config_invalid`
 */
export const readSettings = <N extends VariableName, S>(
  context: Pick<CommandContext, 'env' | 'stderr'>,
  spec: SettingsSpec<N, S>,
): S => {
  const { settings, notices } = loadSettings(spec, context.env, readText)
  printNotices(context, notices)
  return settings
}
