// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'

const LOCAL = ['config', 'completion', 'verify', 'backup', 'restore', 'setup']

/** The completion script of a shell for all operations. @throws Refused UNKNOWN_SHELL */
export function completion(shell: string, operations: readonly string[]): string {
  const nouns = new Map<string, string[]>()
  for (const name of operations) {
    const [noun, verb] = name.split('.') as [string, string]
    nouns.set(noun, [...(nouns.get(noun) ?? []), verb.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)])
  }
  const first = [...LOCAL, ...nouns.keys()].join(' ')
  switch (shell) {
    case 'bash':
    case 'zsh':
      return [
        ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
        '_assay() {',
        '  local word="${COMP_WORDS[COMP_CWORD]}"',
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        `    COMPREPLY=($(compgen -W "${first}" -- "$word")); return`,
        '  fi',
        '  case "${COMP_WORDS[1]}" in',
        ...[...nouns].map(
          ([noun, verbs]) => `    ${noun}) COMPREPLY=($(compgen -W "${verbs.join(' ')}" -- "$word"));;`,
        ),
        '  esac',
        '}',
        'complete -F _assay assay',
        '',
      ].join('\n')
    case 'fish':
      return [
        `complete -c assay -f -n __fish_use_subcommand -a "${first}"`,
        ...[...nouns].map(
          ([noun, verbs]) => `complete -c assay -f -n "__fish_seen_subcommand_from ${noun}" -a "${verbs.join(' ')}"`,
        ),
        '',
      ].join('\n')
    default:
      throw new Refused('UNKNOWN_SHELL', `expected bash, zsh or fish, got ${shell}`)
  }
}
