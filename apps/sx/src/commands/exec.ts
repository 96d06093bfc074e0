/** `sx -p "prompt"` and `sx exec "prompt"`: one turn to its end. Prompt in, events to a printer, exit code out. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { RunResult } from '@sx/agent';

import { CliError } from '../cli/cli-error.ts';
import { type ExitCode, exitCodeOfRun } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { compose, type Session } from '../compose/compose.ts';
import type { Invocation } from '../invocation.ts';
import { createJsonPrinter } from '../modes/json.ts';
import type { Printer } from '../modes/printer.ts';
import { errorText, failedRun } from '../modes/run-result-json.ts';
import { createTextPrinter } from '../modes/text.ts';
import { readPrompt } from '../prompt/read-prompt.ts';
import { errorReport } from '../report-error.ts';
import { loadSettings, type Settings } from '../settings.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { interrupts, stdout } = invocation;
  // Without a screen the program is headless; with one, a later version starts it here.
  if (!args.headless && stdout.isTerminal) {
    throw new CliError('CLI_NOT_INTERACTIVE', 'this version has no interactive screen yet', { hint: 'sx -p "prompt" runs a prompt; sx --help shows the rest' });
  }
  let session: Session | undefined;
  let redact = (text: string): string => text;
  // A reader that went away stops the run as Ctrl-C does, but nobody interrupted it.
  const unread = (result: RunResult): boolean => stdout.closed && result.outcome === 'interrupted' && interrupts.received === undefined;
  const exitCodeOf = (result: RunResult): ExitCode => (unread(result) ? 1 : exitCodeOfRun(result, interrupts.received));
  let printer: Printer = earlyPrinter(invocation, args, exitCodeOf);
  stdout.onClosed(interrupts.abort);
  interrupts.onLeave((error) => printer.abandon(error));
  let result: RunResult | undefined;
  try {
    const settings = await loadSettings(invocation, args);
    if (settings.home.stateDirectory === undefined) await invocation.stderr.write('sx: there is no home directory, so nothing is kept (SX_HOME names another place)\n');
    const prompt = await readPrompt(invocation, args, settings.workingDirectory);
    session = await compose(invocation, args, settings);
    redact = session.redact;
    printer = printerOf(invocation, args, settings, session, exitCodeOf);
    for await (const event of session.run(prompt, interrupts.signal)) {
      await printer.print(event);
      if (event.type === 'run-end') result = event.result;
    }
  } catch (error) {
    result = failedRun(error, interrupts.signal.aborted);
    await printer.fail(error, interrupts.signal.aborted);
  }
  result ??= failedRun(new Error('the run ended without a result'), false);
  try {
    if (args.value('output') !== undefined) writeAnswer(args.value('output') ?? '', result, invocation);
  } catch (error) {
    if (result.outcome === 'success') result = failedRun(error, false);
  }
  if (!unread(result)) await reportEnd(invocation, args, result, redact);
  await session?.close();
  return exitCodeOf(result);
}

/** Before the configuration is known, only the format is: what fails until then has its last word in it as well. */
function earlyPrinter(invocation: Invocation, args: Arguments, exitCodeOf: (result: RunResult) => ExitCode): Printer {
  const redact = (text: string): string => text;
  if (formatOf(args) === 'text') return createTextPrinter({ ...textOptions(invocation, args), streaming: 'never' });
  return createJsonPrinter({ stdout: invocation.stdout, everyEvent: false, partialMessages: false, workingDirectory: invocation.workingDirectory, permissionMode: 'default', provider: null, exitCodeOf, redact });
}

function printerOf(invocation: Invocation, args: Arguments, settings: Settings, session: Session, exitCodeOf: (result: RunResult) => ExitCode): Printer {
  const format = formatOf(args);
  if (format === 'text') return createTextPrinter({ ...textOptions(invocation, args), streaming: streamingOf(args, settings) });
  return createJsonPrinter({
    stdout: invocation.stdout,
    everyEvent: format === 'stream-json',
    partialMessages: args.on('include-partial-messages'),
    workingDirectory: settings.workingDirectory,
    permissionMode: session.permissionMode,
    provider: session.providerId,
    exitCodeOf,
    redact: session.redact,
  });
}

function textOptions({ stdout, stderr, environment }: Invocation, args: Arguments) {
  const noColor = environment['NO_COLOR'];
  return { stdout, stderr, verbose: args.on('verbose'), color: stderr.isTerminal && (noColor === undefined || noColor === '') && environment['TERM'] !== 'dumb' };
}

function streamingOf(args: Arguments, { config }: Settings): 'terminal' | 'everywhere' | 'never' {
  if (!config.on('STREAMING')) return 'never';
  return args.on('include-partial-messages') ? 'everywhere' : 'terminal';
}

export function formatOf(args: Arguments): string {
  return args.value('output-format') ?? (args.on('json') ? 'stream-json' : 'text');
}

function writeAnswer(path: string, result: RunResult, { workingDirectory }: Invocation): void {
  try {
    writeFileSync(resolve(workingDirectory, path), result.text);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_OUTPUT_FILE', `${path} cannot be written (${code})`, { cause });
  }
}

async function reportEnd({ stderr }: Invocation, args: Arguments, result: RunResult, redact: (text: string) => string): Promise<void> {
  if (result.outcome === 'success') return;
  if (result.outcome === 'error') await stderr.write(errorReport(result.error, { debug: args.on('debug'), redact }));
  else await stderr.write(`sx: ${errorText(result)}\n`);
}
