// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander'
import { WrongWords } from './cli-refusal.ts'

/** What may follow the words typed so far: `''` for the first word, `evidence` for its verbs, `evidence import` for its flags. */
function continuations(program: Command): Map<string, string[]> {
  const flags = (command: Command): string[] => command.options.flatMap(({ long }) => long ?? [])
  const all = new Map<string, string[]>([['', program.commands.map((command) => command.name())]])
  for (const command of program.commands) {
    const verbs = command.commands.map((verb) => verb.name())
    all.set(command.name(), verbs.length > 0 ? verbs : flags(command))
    for (const verb of command.commands)
      all.set(`${command.name()} ${verb.name()}`, [...flags(verb), ...flags(program)])
  }
  return all
}

/** The completion script of a shell for all commands and their flags. @throws WrongWords UNKNOWN_SHELL */
export function completion(shell: string, program: Command): string {
  const all = continuations(program)
  switch (shell) {
    case 'bash':
      return inBash(all)
    case 'zsh':
      return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${inBash(all)}`
    case 'fish':
      return inFish(all)
    default:
      throw new WrongWords('UNKNOWN_SHELL', `expected bash, zsh or fish, got ${shell}`)
  }
}

const inBash = (all: ReadonlyMap<string, readonly string[]>): string =>
  [
    '_assay() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  case "${COMP_CWORD}:${COMP_WORDS[1]} ${COMP_WORDS[2]}" in',
    ...[...all].map(([typed, next]) => {
      const [noun, verb] = typed.split(' ')
      const isLeaf = next.every((word) => word.startsWith('--'))
      const pattern = noun === '' ? '1:*' : verb === undefined ? `${isLeaf ? '*' : '2'}:"${noun} "*` : `*:"${typed}"`
      return `    ${pattern}) words="${next.join(' ')}";;`
    }),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    // Where no word of ours fits, the shell offers files.
    'complete -o default -F _assay assay',
    '',
  ].join('\n')

const inFish = (all: ReadonlyMap<string, readonly string[]>): string =>
  [...all]
    .flatMap(([typed, next]) => {
      const [noun, verb] = typed.split(' ')
      const seen =
        noun === ''
          ? '__fish_use_subcommand'
          : verb === undefined
            ? `"__fish_seen_subcommand_from ${noun}; and test (count (commandline -opc)) -eq 2"`
            : `"__fish_seen_subcommand_from ${noun}; and __fish_seen_subcommand_from ${verb}"`
      const words = next.filter((word) => !word.startsWith('--'))
      return [
        ...(words.length > 0 ? [`complete -c assay -f -n ${seen} -a "${words.join(' ')}"`] : []),
        ...next
          .filter((word) => word.startsWith('--'))
          .map((flag) => `complete -c assay -n ${seen} -l ${flag.slice(2)}`),
      ]
    })
    .concat('')
    .join('\n')
