/**
 * `sx install-links DIR`: links by which the program is called as the original's tools are. Overwrites nothing that is not ours.
 */
import { lstatSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import { TOOL_NAMES } from '../cli/invoked-name.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { directoryOf } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';

export async function run({ program, stdout, workingDirectory }: Invocation, args: Arguments): Promise<ExitCode> {
  const [path] = args.positionals;
  if (path === undefined) {
    throw new CliError('CLI_MISSING_ARGUMENT', 'sx install-links needs a directory', {
      hint: 'for example sx install-links ~/.local/bin',
    });
  }
  if (!program.built) {
    throw new CliError('CLI_BAD_VALUE', 'only the built executable can be linked', { hint: 'npm run build:exe makes dist/sx' });
  }
  const directory = directoryOf(path, workingDirectory);
  const executable = realpathSync(program.path);
  const links = TOOL_NAMES.map((name) => ({ file: join(directory, name), state: stateOf(join(directory, name), executable) }));
  const foreign = links.filter(({ state }) => state === 'foreign').map(({ file }) => file);
  // All or nothing: half of the names would be of one program, half of another.
  if (foreign.length > 0) {
    throw new CliError('CLI_OUTPUT_FILE', `not overwritten, because it is not a link to this program: ${foreign.join(', ')}`, {
      hint: 'move it away, or choose another directory',
    });
  }
  for (const { file, state } of links) {
    if (state === 'absent') link(executable, file);
    await stdout.write(
      `${terminalLine(file, 500)} ${state === 'absent' ? 'links' : 'already links'} to ${terminalLine(executable, 500)}\n`,
    );
  }
  return 0;
}

function stateOf(file: string, executable: string): 'absent' | 'ours' | 'foreign' {
  const status = lstatSync(file, { throwIfNoEntry: false });
  if (status === undefined) return 'absent';
  if (!status.isSymbolicLink()) return 'foreign';
  try {
    return realpathSync(file) === executable ? 'ours' : 'foreign';
  } catch {
    // It leads nowhere, but somebody put it there.
    return 'foreign';
  }
}

function link(executable: string, file: string): void {
  try {
    symlinkSync(executable, file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_OUTPUT_FILE', `${file} cannot be made (${code})`, { cause });
  }
}
