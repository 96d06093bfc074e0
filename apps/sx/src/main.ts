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

type Ends = Pick<Invocation, 'stdout' | 'stderr' | 'interrupts'>;

export async function main(process: NodeJS.Process, program: { readonly built: boolean }): Promise<void> {
  const words = process.argv.slice(2);
  const stdout = createOutput(() => process.stdout);
  const stderr = createOutput(() => process.stderr);
  const interrupts = createInterrupts(process, (exitCode) => process.exit(exitCode));
  const report = async (error: unknown): Promise<ExitCode> => {
    const { errorReport } = await import('./report-error.ts');
    const debug = words.includes('--debug');
    // Messages of ours hold no secrets; a stack is not ours. What was loaded is not known here, names and shapes are.
    const redact = debug ? (await import('@sx/net')).createRedactor().redactText : (text: string): string => text;
    await stderr.write(errorReport(error, { debug, redact }));
    const exitCode = exitCodeOfError(error);
    return exitCode === 130 && interrupts.received === 'SIGTERM' ? 143 : exitCode;
  };
  // A defect: without this Node would print a stack, and whoever waits for a result would get none.
  process.on('uncaughtException', (error) => {
    interrupts.lastWord(error);
    void report(error).then((exitCode) => process.exit(exitCode));
  });
  const exitCode = await dispatch(process, program, words, { stdout, stderr, interrupts }).catch(report);
  // Everything that was printed has been handed over. What still is open (an idle connection, a timer) must not keep us.
  process.exit(exitCode);
}

async function dispatch(process: NodeJS.Process, program: { readonly built: boolean }, given: readonly string[], ends: Ends): Promise<ExitCode> {
  const words = program.built ? await ownWords(process, given) : given;
  const [first] = words;
  if (words.length === 1 && (first === 'version' || first === '--version' || first === '-V')) {
    const { VERSION } = await import('./version.ts');
    await ends.stdout.write(`sx ${VERSION}\n`);
    return 0;
  }
  const { parseArguments } = await import('./cli/parse-arguments.ts');
  const args = await parsed(() => parseArguments(words), words, ends);
  const { findCommand } = await import('./cli/commands.ts');
  const row = findCommand(nameOf(args));
  if (row === undefined) throw new TypeError(`no command ${args.command}`);
  const screen = !args.headless && isScreen(process, args);
  const command = screen ? await import('./modes/interactive/command.ts') : await row.load();
  return command.run(invocationOf(process, program, ends), args);
}

/**
 * Called by the name of one of the original's tools, its flags are taken for ours. In a single executable `argv0` is the name of
 * the call, `execPath` the file.
 */
async function ownWords({ argv0, execPath }: NodeJS.Process, words: readonly string[]): Promise<readonly string[]> {
  if (!argv0.includes('scorpiox-') && !execPath.includes('scorpiox-')) return words;
  const { toolWords } = await import('./cli/invoked-name.ts');
  return toolWords(argv0, execPath, words) ?? words;
}

async function parsed<Value>(parse: () => Value, words: readonly string[], { stdout, stderr }: Ends): Promise<Value> {
  try {
    return parse();
  } catch (error) {
    await (await import('./modes/refused-arguments.ts')).printRefusal(words, error, stdout, stderr);
    throw error;
  }
}

/** A person at both ends, and no output that is for machines. */
function isScreen({ stdin, stdout }: NodeJS.Process, args: Arguments): boolean {
  if (nameOf(args) !== 'exec' || !stdout.isTTY || !stdin.isTTY) return false;
  return !(['json', 'output-format', 'input-format', 'json-schema', 'output'] as const).some((flag) => args.on(flag));
}

/** `-h` and `-V` work everywhere. */
function nameOf(args: Arguments): string {
  return args.on('help') ? 'help' : args.on('version') ? 'version' : args.command;
}

function invocationOf(process: NodeJS.Process, program: { readonly built: boolean }, ends: Ends): Invocation {
  return {
    ...ends,
    environment: process.env,
    workingDirectory: workingDirectoryOf(process),
    homedir,
    userId: process.getuid?.(),
    program: { path: program.built ? process.execPath : (process.argv[1] ?? ''), built: program.built },
    stdin: () => process.stdin,
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
