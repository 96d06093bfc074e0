/** Completion for fish: a line for each command, word and flag. A flag of a run also counts where no command was named yet. */
import type { CompletedOption, CompletedValue, CompletionTable } from './completion-table.ts';

export function fishCompletion({ commands, options }: CompletionTable): string {
  const names = commands.map(({ name }) => name);
  const seen = (which: readonly string[]): string => `__fish_seen_subcommand_from ${which.join(' ')}`;
  const condition = ({ commands: own }: CompletedOption): string => {
    if (own === undefined) return '';
    const others = names.filter((name) => !own.includes(name));
    return own.includes('exec') ? ` -n 'not ${seen(others)}'` : ` -n '${seen(own)}'`;
  };
  return [
    '# Completion of sx for fish: sx completion fish > ~/.config/fish/completions/sx.fish',
    'complete -c sx -f',
    ...commands.map(({ name, help }) => `complete -c sx -n __fish_use_subcommand -a ${name} -d ${quoted(help)}`),
    ...commands.flatMap(({ name, words, second }) => {
      const first = second === undefined ? seen([name]) : `${seen([name])}; and not ${seen(second.behind)}`;
      return [
        ...(words.length === 0 ? [] : [`complete -c sx -n '${first}' -a ${quoted(words.join(' '))}`]),
        ...(second === undefined ? [] : [`complete -c sx -n '${seen([name])}; and ${seen(second.behind)}' -a ${quoted(second.words.join(' '))}`]),
      ];
    }),
    ...options.map((option) => `complete -c sx${condition(option)}${option.flags.map(flagWord).join('')}${valueWord(option.value)} -d ${quoted(option.help)}`),
    '',
  ].join('\n');
}

function flagWord(flag: string): string {
  return flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`;
}

function valueWord(value: CompletedValue): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'choice':
      return ` -x -a ${quoted(value.choices.join(' '))}`;
    case 'assignment':
      return ` -x -a ${quoted(value.names.map((name) => `${name}=`).join(' '))}`;
    case 'file':
      return ' -r -F';
    case 'directory':
      return " -x -a '(__fish_complete_directories)'";
    case 'text':
      return ' -x';
    default:
      return value satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
