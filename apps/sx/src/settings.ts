/** The configuration as one call sees it: files and environment of the process, `-C`, `-e` and the flags that are keys. */
import { realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { isKeyName, loadConfig, type Loaded } from '@sx/config';

import { CliError } from './cli/cli-error.ts';
import { type OptionRow, OPTIONS } from './cli/options.ts';
import type { Arguments } from './cli/parse-arguments.ts';
import type { Invocation } from './invocation.ts';
import { terminalLine } from './terminal-text.ts';

export interface Settings extends Loaded {
  /** Absolute, links resolved; that of `-C`, where given. */
  readonly workingDirectory: string;
  /** `--bare`: nothing of the project may widen or add anything. */
  readonly bare: boolean;
}

const WARNINGS_MAX = 5;

/** Also prints the configuration's warnings. `tolerant`: what is wrong with it is one of them. @throws {ConfigError}, {CliError} `CLI_BAD_DIRECTORY`, `CLI_BAD_VALUE`. */
export async function loadSettings(invocation: Invocation, args: Arguments, { tolerant = false }: { readonly tolerant?: boolean } = {}): Promise<Settings> {
  const workingDirectory = directoryOf(args.value('cd') ?? '.', invocation.workingDirectory);
  const loaded = loadConfig({
    environment: invocation.environment,
    workingDirectory,
    homedir: invocation.homedir,
    executableDirectory: invocation.program.built ? dirname(realpathSync(invocation.program.path)) : undefined,
    userId: invocation.userId,
    withoutProject: args.on('bare'),
    tolerant,
    overrides: [...args.values('env').map(readOverride), ...flagOverrides(args)],
  });
  const shown = args.on('verbose') ? loaded.warnings : loaded.warnings.slice(0, WARNINGS_MAX);
  for (const warning of shown) await invocation.stderr.write(`sx: ${terminalLine(warning, 500)}\n`);
  const rest = loaded.warnings.length - shown.length;
  if (rest > 0) await invocation.stderr.write(`sx: ${rest} more warnings about the configuration: --verbose shows them\n`);
  return { ...loaded, workingDirectory, bare: args.on('bare') };
}

/** @throws {CliError} `CLI_BAD_DIRECTORY`. */
export function directoryOf(path: string, base: string): string {
  const absolute = resolve(base, path);
  try {
    if (statSync(absolute).isDirectory()) return realpathSync(absolute);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_BAD_DIRECTORY', `${absolute} cannot be used as a directory (${code})`, { cause });
  }
  throw new CliError('CLI_BAD_DIRECTORY', `${absolute} is not a directory`);
}

function readOverride(text: string): { key: string; value: string } {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new CliError('CLI_BAD_VALUE', '-e: expected KEY=VALUE', { hint: 'for example -e MODEL=opus' });
  return { key: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() };
}

/** Flags stand above `-e`: they are the more deliberate of the two. */
function flagOverrides(args: Arguments): { key: string; value: string }[] {
  const rows: readonly OptionRow[] = OPTIONS;
  return OPTIONS.flatMap(({ name }) => {
    const key = rows.find((row) => row.name === name)?.key;
    const value = args.value(name);
    return key === undefined || value === undefined || !isKeyName(key) ? [] : [{ key, value }];
  });
}
