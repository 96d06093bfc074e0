/** Completion for bash, from 3.2 on. Values after `--flag=` as well: bash cuts words at the equals sign. */
import type { CompletedCommand, CompletedOption, CompletionTable } from './completion-table.ts';

export function bashCompletion({ commands, options }: CompletionTable): string {
  const names = commands.map(({ name }) => name);
  return `# Completion of sx for bash. In ~/.bashrc: source <(sx completion bash)
_sx() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command= argument= i word IFS=$' \\t\\n'
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      ${pattern(options.filter(({ value }) => value.kind !== 'none'))}) ((i++)) ;;
      -p|--print) [[ -n $command ]] || command=exec ;;
      -*|=) ;;
      ${names.join('|')}) if [[ -z $command ]]; then command="$word"; else argument="\${argument:-$word}"; fi ;;
      *) [[ -n $command ]] && argument="\${argument:-$word}" || command=exec ;;
    esac
  done
  case "$prev" in
${options.flatMap(valueCase).join('\n')}
  esac
  local words=
  case "$command" in
${commands.map(({ name, options: own }) => `    ${name === 'exec' ? "''|exec" : name}) words='${own.flatMap(({ flags }) => flags).join(' ')}' ;;`).join('\n')}
  esac
  if [[ $cur != -* ]]; then
    words=
    case "$command" in
      '') words='${names.join(' ')}' ;;
${commands.filter(({ words }) => words.length > 0).map(({ name, words }) => `      ${name}) [[ -n $argument ]] || words='${words.join(' ')}' ;;`).join('\n')}
    esac
    case "$command $argument" in
${commands.flatMap(secondCase).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -F _sx sx
`;
}

function pattern(options: readonly CompletedOption[]): string {
  return options.flatMap(({ flags }) => flags).join('|');
}

function secondCase({ name, second }: CompletedCommand): string[] {
  return second === undefined ? [] : [`      ${second.behind.map((first) => `'${name} ${first}'`).join('|')}) words='${second.words.join(' ')}' ;;`];
}

function valueCase(option: CompletedOption): string[] {
  const { value } = option;
  switch (value.kind) {
    case 'none':
      return [];
    case 'choice':
      return [`    ${pattern([option])}) COMPREPLY=($(compgen -W '${value.choices.join(' ')}' -- "$cur")); return ;;`];
    case 'assignment':
      return [`    ${pattern([option])}) COMPREPLY=($(compgen -S = -W '${value.names.join(' ')}' -- "$cur")); compopt -o nospace 2>/dev/null; return ;;`];
    case 'file':
    case 'directory':
      return [`    ${pattern([option])}) IFS=$'\\n'; COMPREPLY=($(compgen ${value.kind === 'file' ? '-f' : '-d'} -- "$cur")); compopt -o filenames 2>/dev/null; return ;;`];
    case 'text':
      return [`    ${pattern([option])}) return ;;`];
    default:
      return value satisfies never;
  }
}
