/** `sx help`, `sx help config`, `sx config --help`. */
import { CliError } from '../cli/cli-error.ts';
import { COMMANDS } from '../cli/commands.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import { helpText } from '../cli/help.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';

export async function run({ stdout }: Invocation, args: Arguments): Promise<ExitCode> {
  const [asked] = args.command === 'help' ? args.positionals : [args.command];
  const row = COMMANDS.find(({ name }) => name === asked);
  if (asked !== undefined && row === undefined) {
    throw new CliError('CLI_UNKNOWN_COMMAND', `no command ${JSON.stringify(asked.slice(0, 80))}`, { hint: `commands: ${COMMANDS.map(({ name }) => name).join(', ')}` });
  }
  await stdout.write(helpText(row?.name));
  return 0;
}
