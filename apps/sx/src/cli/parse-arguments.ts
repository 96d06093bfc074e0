/**
 * Arguments to a command, its options and its positionals, by the two tables. Pure.
 *
 * `--flag value`, `--flag=value`, `-f value`, `-fvalue` and clusters of switches (`-pV`); `--` ends the options, `-` is a
 * positional (standard input). A value is the next argument whatever it looks like, so a prompt or password may begin with a
 * dash. The first positional names the command, unless `-p` stands before it: `sx -p version` is a prompt.
 */
import { nearest } from '@sx/config/nearest-key';

import { CliError } from './cli-error.ts';
import { COMMANDS, type CommandName, type CommandRow, findCommand } from './commands.ts';
import { type OptionName, type OptionRow, OPTIONS } from './options.ts';

export interface Arguments {
  /** `exec` where no command was named. */
  readonly command: CommandName;
  /** Whether the command was named, or `-p` given: both mean one turn without a screen. */
  readonly headless: boolean;
  readonly positionals: readonly string[];
  on(name: OptionName): boolean;
  /** The last value given. */
  value(name: OptionName): string | undefined;
  values(name: OptionName): readonly string[];
}

const ROWS: readonly OptionRow[] = OPTIONS;

/** @throws {CliError} `CLI_UNKNOWN_FLAG`, `CLI_MISPLACED_FLAG`, `CLI_MISSING_VALUE`, `CLI_UNEXPECTED_VALUE`, `CLI_BAD_VALUE`, `CLI_TOO_MANY_ARGUMENTS`. */
export function parseArguments(args: readonly string[]): Arguments {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const rest = [...args];
  let command: CommandName | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest.splice(0));
    } else if (word.startsWith('--')) {
      takeLong(word, rest, given);
    } else if (word.startsWith('-') && word !== '-') {
      takeShort(word, rest, given);
    } else if (command === undefined && positionals.length === 0 && !given.has('print') && findCommand(word) !== undefined) {
      command = COMMANDS.find((row) => row.name === word)?.name;
    } else {
      positionals.push(word);
    }
  }
  const asked = given.has('help') || given.has('version');
  if (!asked) check(command ?? 'exec', given, positionals);
  return {
    command: command ?? 'exec',
    headless: command !== undefined || given.has('print'),
    positionals,
    on: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
  };
}

function takeLong(word: string, rest: string[], given: Map<string, string[]>): void {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const row = ROWS.find((candidate) => candidate.name === name || candidate.aliases?.includes(name));
  if (row === undefined) throw unknownFlag(`--${name}`);
  if (row.value === undefined && equals >= 0) throw new CliError('CLI_UNEXPECTED_VALUE', `--${name} takes no value`);
  keep(row, `--${name}`, equals < 0 ? undefined : word.slice(equals + 1), rest, given);
}

function takeShort(word: string, rest: string[], given: Map<string, string[]>): void {
  for (let index = 1; index < word.length; index += 1) {
    const letter = word.charAt(index);
    const row = ROWS.find((candidate) => candidate.short === letter);
    if (row === undefined) throw unknownFlag(index === 1 ? word : `-${letter}`);
    const attached = row.value !== undefined && index + 1 < word.length ? word.slice(index + 1).replace(/^=/, '') : undefined;
    keep(row, `-${letter}`, attached, rest, given);
    if (row.value !== undefined) return;
  }
}

function keep(row: OptionRow, written: string, attached: string | undefined, rest: string[], given: Map<string, string[]>): void {
  const word = row.value === undefined ? '' : (attached ?? rest.shift());
  const aliases = row.choiceAliases ?? {};
  const value = word !== undefined && Object.hasOwn(aliases, word) ? aliases[word] : word;
  if (value === undefined) throw new CliError('CLI_MISSING_VALUE', `${written} needs a value (${row.value})`);
  if (row.choices !== undefined && !row.choices.includes(value)) {
    throw new CliError('CLI_BAD_VALUE', `${written}: expected one of ${row.choices.join(', ')}, got ${JSON.stringify(value.slice(0, 80))}`);
  }
  given.set(row.name, [...(given.get(row.name) ?? []), value]);
}

function check(command: CommandName, given: ReadonlyMap<string, string[]>, positionals: readonly string[]): void {
  for (const name of given.keys()) {
    const row = ROWS.find((candidate) => candidate.name === name);
    if (row?.commands !== undefined && !row.commands.includes(command)) {
      throw new CliError('CLI_MISPLACED_FLAG', `--${name} means nothing for sx ${command}`, { hint: `sx help ${command} shows its flags` });
    }
  }
  const row: CommandRow | undefined = findCommand(command);
  const excess = positionals[row?.argumentsMax ?? 0];
  if (excess === undefined) return;
  const hint = command === 'exec' ? 'a prompt is one argument: put it in quotes' : `sx help ${command} shows its arguments`;
  throw new CliError('CLI_TOO_MANY_ARGUMENTS', `one argument too many: ${JSON.stringify(excess.slice(0, 80))}`, { hint });
}

function unknownFlag(written: string): CliError {
  const known = ROWS.flatMap((row) => [`--${row.name}`, ...(row.aliases ?? []).map((alias) => `--${alias}`)]);
  const near = nearest(written, known);
  const dash = 'if it is part of the prompt, put -- before the prompt';
  return new CliError('CLI_UNKNOWN_FLAG', `unknown flag ${JSON.stringify(written.slice(0, 80)).slice(1, -1)}`, { hint: near === undefined ? dash : `did you mean ${near}?` });
}
