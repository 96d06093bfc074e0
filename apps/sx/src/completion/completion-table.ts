/** What can be completed, out of the tables of commands and flags. Pure; the files beside it say it in the words of a shell. */
import { KEY_NAMES } from '@sx/config';

import { COMMANDS, type CommandRow } from '../cli/commands.ts';
import { type OptionRow, OPTIONS } from '../cli/options.ts';
import { PROVIDERS } from '../providers.ts';

export interface CompletedCommand {
  readonly name: string;
  readonly help: string;
  /** What its first argument may be; empty: anything. */
  readonly words: readonly string[];
  /** What its second argument may be, behind these first ones. */
  readonly second: { readonly behind: readonly string[]; readonly words: readonly string[] } | undefined;
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption {
  /** `--model`, `-m`: the name, then the short form, then aliases. */
  readonly flags: readonly string[];
  readonly help: string;
  readonly value: CompletedValue;
  /** Commands it belongs to; undefined: all. */
  readonly commands: readonly string[] | undefined;
}

export type CompletedValue =
  | { readonly kind: 'none' | 'file' | 'directory' | 'text' }
  /** The beginning of a value that goes on behind the equals sign. */
  | { readonly kind: 'assignment'; readonly names: readonly string[] }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

export interface CompletionTable {
  readonly commands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
}

const PROVIDER_IDS = Object.keys(PROVIDERS);
const CONFIG_KEYS = { behind: ['get', 'set', 'unset'], words: KEY_NAMES } as const;

export function completionTable(): CompletionTable {
  const rows: readonly OptionRow[] = OPTIONS;
  const options = rows.map((row): CompletedOption => {
    const short = row.short === undefined ? [] : [`-${row.short}`];
    const flags = [`--${row.name}`, ...short, ...(row.aliases ?? []).map((alias) => `--${alias}`)];
    return { flags, help: row.help, value: valueOf(row), commands: row.commands };
  });
  const commands = COMMANDS.map(({ name, usage, help }: CommandRow): CompletedCommand =>
    ({
      name, help, words: wordsOf(usage), second: name === 'config' ? CONFIG_KEYS : undefined,
      options: options.filter((option) => option.commands?.includes(name) ?? true),
    }));
  return { commands, options };
}

function valueOf(row: OptionRow): CompletedValue {
  if (row.value === undefined) return { kind: 'none' };
  if (row.choices !== undefined) return { kind: 'choice', choices: row.choices };
  if (row.key === 'PROVIDER') return { kind: 'choice', choices: PROVIDER_IDS };
  if (row.value === 'KEY=VALUE') return { kind: 'assignment', names: KEY_NAMES };
  return { kind: row.value === 'FILE' ? 'file' : row.value === 'DIR' ? 'directory' : 'text' };
}

/** The usage line says it: `[list|show] [ID]`, `to-har FILE`, `[provider]`. */
function wordsOf(usage: string): string[] {
  const [first = ''] = usage.split(' ');
  if (first === '[provider]') return PROVIDER_IDS;
  if (first === '[command]') return COMMANDS.map(({ name }) => name);
  const words = first.replace(/^\[|\]$/g, '');
  return /^[a-z-]+(\|[a-z-]+)*$/.test(words) ? words.split('|') : [];
}
