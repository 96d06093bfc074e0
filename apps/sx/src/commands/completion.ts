/** `sx completion bash|zsh|fish|powershell`: a script that completes commands, flags and values, made from the tables. */
import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { bashCompletion } from '../completion/bash.ts';
import { completionTable } from '../completion/completion-table.ts';
import { fishCompletion } from '../completion/fish.ts';
import { powershellCompletion } from '../completion/powershell.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Invocation } from '../invocation.ts';

const SHELLS = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
  pwsh: powershellCompletion,
} as const;

export async function run({ stdout }: Invocation, args: Arguments): Promise<ExitCode> {
  const [asked] = args.positionals;
  const known = 'sx completion bash|zsh|fish|powershell';
  if (asked === undefined) throw new CliError('CLI_MISSING_ARGUMENT', 'sx completion needs the name of a shell', { hint: known });
  const shell = Object.entries(SHELLS).find(([name]) => name === asked)?.[1];
  if (shell === undefined) {
    throw new CliError('CLI_BAD_VALUE', `sx completion does not know ${JSON.stringify(asked.slice(0, 80))}`, { hint: known });
  }
  await stdout.write(shell(completionTable()));
  return 0;
}
