/** The scripts with which bash, zsh and fish complete the command line; they are static, and start no process. */
import type { Place, Word } from './words.ts'

const wordsOf = (words: readonly Word[]): string => words.map(({ word }) => word).join(' ')

const quoted = (text: string): string => `'${text}'`

/** The commands that may follow, as patterns of a `case` over the path and the next word. */
const steps = (places: readonly Place[]): string =>
  places.flatMap(({ path }) => (path === '' ? [] : [`"${path}"`])).join('|')

/** Options whose value is one of a list, as cases over the path and the option. */
const choiceCases = (places: readonly Place[], act: (choices: string) => string): string =>
  places
    .flatMap(({ path, values }) =>
      values.map(({ option, choices }) => {
        return `    "${path} ${option}") ${act(choices.join(' '))}; return ;;`
      }),
    )
    .join('\n')

const bash = (places: readonly Place[]): string => `# okta-migrate completion for bash
_okta_migrate() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" next i
  # bash splits --option=value into three words.
  if [[ $prev == "=" ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [[ $cur == "=" ]]; then cur=""; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in ${steps(places)}) path="$next" ;; esac
  done
  case "$path $prev" in
${choiceCases(places, (choices) => `COMPREPLY=($(compgen -W "${choices}" -- "$cur"))`)}
  esac
  case "$path" in
${places
  .map(({ path, commands, options }) => {
    const words = [wordsOf(commands), wordsOf(options)].join(' ').trim()
    return `    "${path}") COMPREPLY=($(compgen -W "${words}" -- "$cur")) ;;`
  })
  .join('\n')}
  esac
}
# Files, where nothing else fits.
complete -o bashdefault -o default -F _okta_migrate okta-migrate
`

const described = (words: readonly Word[]): string =>
  words.map(({ word, help }) => quoted(`${word}:${help}`)).join(' ')

const zsh = (places: readonly Place[]): string => `#compdef okta-migrate
# okta-migrate completion for zsh
_okta_migrate() {
  local place="" next i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    next="\${place:+$place }\${words[i]}"
    case "$next" in ${steps(places)}) place="$next" ;; esac
  done
  case "$place \${words[CURRENT-1]}" in
${choiceCases(places, (choices) => (choices === '' ? '_files' : `compadd -- ${choices}`))}
  esac
  case "$place" in
${places
  .map(
    ({ path, commands, options }) =>
      `    "${path}") found=(${described([...commands, ...options])}) ;;`,
  )
  .join('\n')}
  esac
  _describe okta-migrate found || _files
}
if [[ $funcstack[1] == _okta_migrate ]]; then _okta_migrate "$@"; else compdef _okta_migrate okta-migrate; fi
`

const fishLines = ({ path, commands, options, values }: Place): string[] => {
  const at = `complete -c okta-migrate -n '__okta_migrate_at "${path}"'`
  return [
    ...commands.map(({ word, help }) => `${at} -a ${word} -d ${quoted(help)}`),
    ...options.map(({ word, help }) => {
      const choices = values.find(({ option }) => option === word)?.choices
      const value =
        choices && (choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ' -r -F')
      const name = word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`
      return `${at} ${name}${value ?? ''} -d ${quoted(help)}`
    }),
  ]
}

const fish = (places: readonly Place[]): string => `# okta-migrate completion for fish
function __okta_migrate_at
  set -l place ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$place $word")
    switch "$next"
      case ${steps(places).replaceAll('|', ' ')}
        set place "$next"
    end
  end
  test "$place" = "$argv[1]"
end
${places.flatMap(fishLines).join('\n')}
`

export const SCRIPTS = { bash, zsh, fish } as const

export type Shell = keyof typeof SCRIPTS
