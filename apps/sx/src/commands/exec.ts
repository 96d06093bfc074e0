/** `sx -p "prompt"`, `sx exec "prompt"`: prompts in, one or a client's; events to a printer; the exit code of the last run out. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { RunResult } from '@sx/agent';

import { CliError } from '../cli/cli-error.ts';
import { type ExitCode, exitCodeOfRun } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { compose, type Session } from '../compose/compose.ts';
import type { Invocation } from '../invocation.ts';
import { choosePrinter, outputFormat, type PrinterChoice } from '../modes/choose-printer.ts';
import { errorText, failedRun } from '../modes/run-result-json.ts';
import { readPrompt } from '../prompt/read-prompt.ts';
import type { ClientPrompt } from '../prompt/stream-json-input.ts';
import { errorReport } from '../report-error.ts';
import { loadSettings, type Settings } from '../settings.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { interrupts, stdout } = invocation;
  let session: Session | undefined;
  let redact = (text: string): string => text;
  // A reader that went away stops the run as Ctrl-C does, but nobody interrupted it.
  const unread = (result: RunResult): boolean =>
    stdout.closed && result.outcome === 'interrupted' && interrupts.received === undefined;
  const exitCodeOf = (result: RunResult): ExitCode => (unread(result) ? 1 : exitCodeOfRun(result, interrupts.received));
  const report = async (result: RunResult): Promise<void> =>
    (unread(result) ? undefined : reportEnd(invocation, args, result, redact));
  let printer = await choosePrinter(printerChoice(invocation, args, exitCodeOf));
  stdout.onClosed(interrupts.abort);
  interrupts.onLeave((error) => printer.abandon(error));
  let result: RunResult | undefined;
  try {
    const settings = await loadSettings(invocation, args);
    if (settings.home.stateDirectory === undefined) {
      await invocation.stderr.write('sx: there is no home directory, so nothing is kept (SX_HOME names another place)\n');
    }
    const prompts = await promptsOf(invocation, args, settings);
    session = await compose(invocation, args, settings);
    redact = session.redact;
    printer = await choosePrinter(printerChoice(invocation, args, exitCodeOf, settings, session));
    for await (const { content, signal } of prompts) {
      if (result !== undefined) await report(result);
      result = undefined;
      for await (const event of session.run(content, signal)) {
        await printer.print(event);
        if (event.type === 'run-end') result = event.result;
      }
      result ??= failedRun(new Error('the run ended without a result'), false);
    }
    // A signal that came between two runs of a client interrupted it, not them.
    const isClient = args.value('input-format') === 'stream-json';
    const betweenRuns = isClient && interrupts.received !== undefined && result?.outcome !== 'interrupted';
    if (result === undefined || betweenRuns) throw new CliError('CLI_EMPTY_PROMPT', 'no prompt came from standard input');
  } catch (error) {
    if (result !== undefined) await report(result);
    result = failedRun(error, interrupts.signal.aborted);
    await printer.fail(error, interrupts.signal.aborted);
  }
  try {
    if (args.value('output') !== undefined) writeAnswer(args.value('output') ?? '', result, invocation);
    // A full disk behind standard output: the answer is lost, and that is no success.
    if (stdout.fault !== undefined) throw new CliError('CLI_OUTPUT_FILE', `standard output cannot be written (${stdout.fault})`);
  } catch (error) {
    if (result.outcome === 'success' || stdout.fault !== undefined) result = failedRun(error, false);
  }
  await report(result);
  await session?.close();
  return exitCodeOf(result);
}

/** One prompt from the arguments, or those of a client on standard input as they come. */
async function promptsOf(
  invocation: Invocation,
  args: Arguments,
  { workingDirectory }: Settings,
): Promise<AsyncIterable<ClientPrompt> | Iterable<ClientPrompt>> {
  const { interrupts, stdin, stdout } = invocation;
  if (args.value('input-format') !== 'stream-json') {
    return [{ content: await readPrompt(invocation, args, workingDirectory), signal: interrupts.signal }];
  }
  if (args.positionals.length > 0) {
    throw new CliError(
      'CLI_BAD_VALUE',
      '--input-format stream-json takes prompts from standard input alone',
      { hint: 'leave the prompt argument out' },
    );
  }
  const { readStreamJson } = await import('../prompt/stream-json-input.ts');
  return readStreamJson({ stream: stdin(), signal: interrupts.signal, respond: (line) => void stdout.write(line) });
}

/** Before the configuration is known, only the format is: what fails until then has its last word in it as well. */
function printerChoice(
  invocation: Invocation,
  args: Arguments,
  exitCodeOf: (result: RunResult) => ExitCode,
  settings?: Settings,
  session?: Session,
): PrinterChoice {
  const { stdout, stderr, environment } = invocation;
  const noColor = environment['NO_COLOR'];
  const format = outputFormat(args);
  return {
    // What never ran has no events.
    format: session === undefined && format === 'stream-json' ? 'json' : format,
    stdout,
    stderr,
    verbose: args.on('verbose'),
    color: stderr.isTerminal && (noColor === undefined || noColor === '') && environment['TERM'] !== 'dumb',
    streaming: settings === undefined ? 'never' : streamingOf(args, settings),
    partialMessages: args.on('include-partial-messages'),
    workingDirectory: settings?.workingDirectory ?? '',
    permissionMode: session?.permissionMode ?? 'default',
    provider: session?.providerId ?? null,
    exitCodeOf,
    redact: session?.redact ?? ((text) => text),
    extensions: session?.extensions,
  };
}

function streamingOf(args: Arguments, { config }: Settings): 'terminal' | 'everywhere' | 'never' {
  if (!config.on('STREAMING')) return 'never';
  return args.on('include-partial-messages') ? 'everywhere' : 'terminal';
}

function writeAnswer(path: string, result: RunResult, { workingDirectory }: Invocation): void {
  try {
    writeFileSync(resolve(workingDirectory, path), result.text);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_OUTPUT_FILE', `${path} cannot be written (${code})`, { cause });
  }
}

async function reportEnd(
  { stderr }: Invocation,
  args: Arguments,
  result: RunResult,
  redact: (text: string) => string,
): Promise<void> {
  if (result.outcome === 'success') return;
  if (result.outcome === 'error') await stderr.write(errorReport(result.error, { debug: args.on('debug'), redact }));
  else await stderr.write(`sx: ${errorText(result)}\n`);
}
