/**
 * The program: reads arguments, decides, loads what the command needs, ends with an exit code.
 *
 * The only reader of the environment, arguments and exit code of the process. `sx version` and `sx --help` are answered from
 * tables: no provider, no socket, no configuration is loaded for them.
 */
import { homedir } from 'node:os';

import { CliError } from './cli/cli-error.ts';
import { exitCodeOfError, type ExitCode } from './cli/exit-codes.ts';
import type { Arguments } from './cli/parse-arguments.ts';
import { createInterrupts } from './interrupts.ts';
import type { Invocation } from './invocation.ts';
import { createOutput } from './output.ts';

export async function main(process: NodeJS.Process, program: { readonly built: boolean }): Promise<void> {
  const args = process.argv.slice(2);
  const stdout = createOutput(() => process.stdout);
  const stderr = createOutput(() => process.stderr);
  let exitCode: ExitCode;
  try {
    exitCode = await dispatch(process, program, args, { stdout, stderr });
  } catch (error) {
    const { errorReport } = await import('./report-error.ts');
    await stderr.write(errorReport(error, { debug: args.includes('--debug'), redact: (text) => text }));
    exitCode = exitCodeOfError(error);
  }
  // Everything that was printed has been handed over. What still is open (an idle connection, a timer) must not keep us.
  process.exit(exitCode);
}

async function dispatch(process: NodeJS.Process, program: { readonly built: boolean }, words: readonly string[], outputs: Pick<Invocation, 'stdout' | 'stderr'>): Promise<ExitCode> {
  const [first] = words;
  if (words.length === 1 && (first === 'version' || first === '--version' || first === '-V')) {
    const { VERSION } = await import('./version.ts');
    await outputs.stdout.write(`sx ${VERSION}\n`);
    return 0;
  }
  const { parseArguments } = await import('./cli/parse-arguments.ts');
  const args = parseArguments(words);
  const { findCommand } = await import('./cli/commands.ts');
  const row = findCommand(nameOf(args));
  if (row === undefined) throw new TypeError(`no command ${args.command}`);
  const command = await row.load();
  return command.run(invocationOf(process, program, outputs), args);
}

/** `-h` and `-V` work everywhere. */
function nameOf(args: Arguments): string {
  return args.on('help') ? 'help' : args.on('version') ? 'version' : args.command;
}

function invocationOf(process: NodeJS.Process, program: { readonly built: boolean }, outputs: Pick<Invocation, 'stdout' | 'stderr'>): Invocation {
  return {
    ...outputs,
    environment: process.env,
    workingDirectory: workingDirectoryOf(process),
    homedir,
    userId: process.getuid?.(),
    program: { path: program.built ? process.execPath : (process.argv[1] ?? ''), built: program.built },
    stdin: () => process.stdin,
    interrupts: createInterrupts(process, (exitCode) => process.exit(exitCode)),
  };
}

/** @throws {CliError} `CLI_BAD_DIRECTORY` where the directory was deleted under us. */
function workingDirectoryOf(process: NodeJS.Process): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new CliError('CLI_BAD_DIRECTORY', 'the working directory does not exist any more', { cause });
  }
}
