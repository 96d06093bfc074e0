/** `--help`, made from the tables. */
import { COMMANDS, type CommandName, type CommandRow, findCommand } from './commands.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { type OptionRow, OPTIONS } from './options.ts';

const LEFT_WIDTH = 34;

/** Help of one command; of the program, where none is given. */
export function helpText(command?: CommandName): string {
  const rows: readonly OptionRow[] = OPTIONS;
  if (command !== undefined && command !== 'exec' && command !== 'help') {
    const row = findCommand(command);
    const own = rows.filter((option) => option.commands?.includes(command) ?? true);
    return [`Usage: sx ${command} ${row?.usage ?? ''}`.trimEnd(), '', `  ${row?.help ?? ''}`, '', 'Options:', ...own.map(optionLine), ''].join('\n');
  }
  const commands: readonly CommandRow[] = COMMANDS;
  const general = rows.filter((option) => option.commands === undefined || option.commands.includes('exec'));
  return [
    'Usage: sx [prompt] [options]      the interactive screen, on a terminal',
    '       sx -p "prompt" [options]   one turn to the end; sx -p - < file',
    '       sx <command> [options]',
    '',
    'Commands:',
    ...commands.map((row) => columns(`  ${row.name} ${row.usage}`, row.help)),
    '',
    'Options:',
    ...general.map(optionLine),
    '',
    'Exit codes:',
    ...EXIT_CODES.map(([code, meaning]) => columns(`  ${code}`, meaning, 8)),
    '',
  ].join('\n');
}

function optionLine(row: OptionRow): string {
  const short = row.short === undefined ? '    ' : `-${row.short}, `;
  const aliases = (row.aliases ?? []).map((alias) => `, --${alias}`).join('');
  return columns(`  ${short}--${row.name}${aliases}${row.value === undefined ? '' : ` ${row.value}`}`, row.help);
}

function columns(left: string, right: string, width = LEFT_WIDTH): string {
  return left.length < width - 1 ? `${left.padEnd(width)}${right}` : `${left}\n${' '.repeat(width)}${right}`;
}
