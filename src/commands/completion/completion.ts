/** The command `okta-migrate completion`: prints a script that completes the command line in a shell. */
import { Argument, Command } from 'commander'
import type { CommandContext, Perform } from '../context.ts'
import { SCRIPTS, type Shell } from './scripts.ts'
import { placesIn } from './words.ts'

const HELP = `
Prints a script for the shell. It knows the commands, their options and the words that an option takes; print it again
after an update.

Examples:
  okta-migrate completion bash > /etc/bash_completion.d/okta-migrate
  okta-migrate completion zsh > "\${fpath[1]}/_okta-migrate"
  okta-migrate completion fish > ~/.config/fish/completions/okta-migrate.fish
  source <(okta-migrate completion bash)
`

export const completionCommand = (perform: Perform): Command =>
  new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', HELP)
    .action((shell: Shell, _: object, command: Command) =>
      perform(async ({ stdout }: CommandContext) => {
        const program = command.parent ?? command
        stdout.write(SCRIPTS[shell](placesIn(program)))
        return 0
      }),
    )
