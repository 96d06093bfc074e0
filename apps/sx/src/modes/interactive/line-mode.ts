/**
 * The session as plain lines, for terminals that can do no more (`TERM=dumb`) and for screen readers: no escape sequence, no
 * redrawing. The terminal itself edits and echoes the line.
 *
 * A line is a prompt; `/quit` or the end of input leaves; Ctrl-C stops a turn, or leaves. Questions are answered with a line:
 * `y`, `s` (session), `a` (always), anything else is no, and why.
 */
import type { Ask } from '@sx/agent';

import type { ExitCode } from '../../cli/exit-codes.ts';
import { exitCodeOfError } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { readInputLines } from '../../login/input-lines.ts';
import { errorReport } from '../../report-error.ts';
import { terminalText } from '../../terminal-text.ts';
import { createTextPrinter } from '../text.ts';
import { createDesk } from './desk.ts';
import { lastingRule, sessionRule, storeRule } from './permissions-file.ts';

const LINE_CHARS_MAX = 100_000;
const LINES_WAITING_MAX = 1_000;

export async function runLineMode(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr, stdin, interrupts } = invocation;
  const waiting: string[] = [];
  let ended = false;
  let wake: () => void = () => undefined;
  const lines = readInputLines(stdin, LINE_CHARS_MAX, (line) => {
    if (waiting.length < LINES_WAITING_MAX) waiting.push(line);
    wake();
  });
  const end = (): void => {
    ended = true;
    wake();
  };
  stdin().once('end', end);
  interrupts.signal.addEventListener('abort', end, { once: true });
  const nextLine = async (): Promise<string | undefined> => {
    while (waiting.length === 0 && !ended) await new Promise<void>((resolve) => void (wake = resolve));
    return waiting.shift();
  };
  const ask: Ask = async ({ title, reason, accesses, preview, suggestedRule }) => {
    const shell = accesses.find((access) => access.action === 'shell');
    await stdout.write(terminalText(`${shell === undefined ? (preview ?? title) : `$ ${shell.command}`}\n${reason}\n`));
    await stdout.write(
      suggestedRule === undefined
        ? 'yes? y, or why not: '
        : `yes? y, s (this session) or a (always) for ${terminalText(suggestedRule)}, or why not: `,
    );
    const answer = ((await nextLine()) ?? '').trim();
    const { session, settings } = desk;
    if (suggestedRule !== undefined && answer === 's') session?.permissions.add(sessionRule(suggestedRule));
    if (suggestedRule !== undefined && answer === 'a' && settings !== undefined) {
      const lasting = lastingRule(suggestedRule, settings);
      if (lasting !== undefined) session?.permissions.add(await storeRule(lasting, settings));
    }
    if (answer === 'y' || (suggestedRule !== undefined && (answer === 's' || answer === 'a'))) return { behavior: 'allow' };
    return {
      behavior: 'deny',
      reason: answer === '' || answer === 'n' ? 'the user declined.' : `the user declined, and says: ${answer}`,
    };
  };
  const desk = createDesk(invocation, args, { ask, takeSteering: () => [] });
  const printer = createTextPrinter({ stdout, stderr, streaming: 'terminal', verbose: args.on('verbose'), color: false });
  try {
    const session = await desk.open();
    let [prompt] = args.positionals;
    for (;;) {
      if (prompt === undefined) await stdout.write('> ');
      prompt ??= await nextLine();
      if (prompt === undefined || prompt.trim() === '/quit') break;
      if (prompt.trim() !== '') {
        for await (const event of session.run([{ type: 'text', text: prompt }], interrupts.signal)) {
          await printer.print(event);
          if (event.type === 'run-end' && event.result.outcome === 'error') await stderr.write(
            errorReport(event.result.error, { debug: args.on('debug'), redact: session.redact }),
          );
        }
      }
      prompt = undefined;
    }
    return interrupts.received === undefined ? 0 : interrupts.received === 'SIGTERM' ? 143 : 130;
  } catch (error) {
    await stderr.write(errorReport(error, { debug: args.on('debug'), redact: desk.session?.redact ?? ((text) => text) }));
    return exitCodeOfError(error);
  } finally {
    lines.stop();
    await desk.close();
  }
}
