/** Completion for zsh: as a file `_sx` in `$fpath`, or sourced after `compinit`. */
import type { CompletedCommand, CompletedOption, CompletionTable } from './completion-table.ts';

export function zshCompletion({ commands, options }: CompletionTable): string {
  const names = commands.map(({ name }) => name);
  const described = (entries: readonly (readonly [name: string, help: string])[]): string => entries.map(([name, help]) => quoted(`${name}:${help}`)).join(' ');
  return `#compdef sx
# Completion of sx for zsh. In ~/.zshrc, after compinit: source <(sx completion zsh)
_sx() {
  local cur="$words[CURRENT]" prev="$words[CURRENT-1]" command= argument= word
  local -i i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word="$words[i]"
    case "$word" in
      (${options.filter(({ value }) => value.kind !== 'none').flatMap(({ flags }) => flags).join('|')}) ((i++)) ;;
      (-p|--print) [[ -n $command ]] || command=exec ;;
      (-*) ;;
      (${names.join('|')}) if [[ -z $command ]]; then command="$word"; else argument="\${argument:-$word}"; fi ;;
      (*) if [[ -n $command ]]; then argument="\${argument:-$word}"; else command=exec; fi ;;
    esac
  done
  case "$prev" in
${options.flatMap(valueCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
${commands.map(({ name, options: own }) => `      (${name === 'exec' ? '|exec' : name}) found=(${described(own.flatMap(({ flags, help }) => flags.map((flag) => [flag, help] as const)))}) ;;`).join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$command $argument" in
${commands.flatMap(secondCase).join('\n')}
  esac
  case "$command" in
    ('') found=(${described(commands.map(({ name, help }) => [name, help] as const))}); _describe command found ;;
${commands.filter(({ words }) => words.length > 0).map(({ name, words }) => `    (${name}) [[ -n $argument ]] || compadd -- ${words.join(' ')} ;;`).join('\n')}
    (*) _files ;;
  esac
}
if [[ $funcstack[1] == _sx ]]; then _sx "$@"; else compdef _sx sx; fi
`;
}

function secondCase({ name, second }: CompletedCommand): string[] {
  return second === undefined ? [] : [`    (${second.behind.map((first) => `'${name} ${first}'`).join('|')}) compadd -- ${second.words.join(' ')}; return ;;`];
}

function valueCase({ flags, value }: CompletedOption): string[] {
  const pattern = `    (${flags.join('|')})`;
  switch (value.kind) {
    case 'none':
      return [];
    case 'choice':
      return [`${pattern} compadd -- ${value.choices.join(' ')}; return ;;`];
    case 'assignment':
      return [`${pattern} compadd -S = -- ${value.names.join(' ')}; return ;;`];
    case 'file':
      return [`${pattern} _files; return ;;`];
    case 'directory':
      return [`${pattern} _files -/; return ;;`];
    case 'text':
      return [`${pattern} return ;;`];
    default:
      return value satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
