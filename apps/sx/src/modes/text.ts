/**
 * A run as text: the answer on standard output, everything else on standard error.
 *
 * The answer is the text of the last message. Whether a message is the last, and whole, is known when it has ended without a
 * tool call: before, it may turn out a remark, or break off and be asked for again. So text is streamed as it comes where
 * people look (a terminal) or where it was asked for (`--include-partial-messages`). Elsewhere it is held until its message
 * ended; then it is the answer, or a remark for standard error.
 */
import type { AgentEvent, RunResult } from '@sx/agent';
import type { StreamEvent } from '@sx/llm';

import type { Output } from '../output.ts';
import { messageOf } from '../report-error.ts';
import { terminalLine, terminalText } from '../terminal-text.ts';
import { createThoughtText } from './plain-thought.ts';
import type { Printer } from './printer.ts';

export interface TextPrinterOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** On a terminal (`STREAMING`), on a terminal and into pipes, or nowhere. */
  readonly streaming: 'terminal' | 'everywhere' | 'never';
  readonly verbose: boolean;
  /** Dim what is not the answer (a terminal without `NO_COLOR`). */
  readonly color: boolean;
}

/** Events of the model behind which nothing of the thought before them comes. */
const AFTER_THOUGHT: ReadonlySet<StreamEvent['type']> = new Set(['reasoning-end', 'text-start', 'text-delta']);

export function createTextPrinter({ stdout, stderr, streaming, verbose, color }: TextPrinterOptions): Printer {
  /** What was last written did not end its line, and where. */
  let open: Output | undefined;
  const live = streaming === 'everywhere' || (streaming === 'terminal' && stdout.isTerminal);
  let streamed = false;
  let remarked = false;

  const write = async (output: Output, text: string): Promise<void> => {
    if (text === '') return;
    if (open !== undefined && open !== output) await endLine();
    open = text.endsWith('\n') ? undefined : output;
    await output.write(text);
  };
  const endLine = async (): Promise<void> => {
    const output = open;
    open = undefined;
    await output?.write('\n');
  };
  const dim = (text: string): string => (color ? `\u001b[2m${text}\u001b[22m` : text);
  const note = async (text: string): Promise<void> => {
    await endLine();
    await write(stderr, `${dim(text)}\n`);
  };

  const thought = createThoughtText();
  const endThought = (): Promise<void> => write(stderr, dim(terminalText(thought.end())));

  const printModel = async (event: StreamEvent): Promise<void> => {
    switch (event.type) {
      case 'text-start':
        if (live && streamed) await endLine();
        return;
      case 'text-delta':
        if (!live) return;
        streamed = true;
        return write(stdout, terminalText(event.text));
      case 'reasoning-delta':
        return write(stderr, dim(terminalText(thought.push(event.text))));
      case 'text-end':
      case 'reasoning-end':
        return endLine();
      case 'retry':
        return note(`sx: attempt ${event.attempt} of ${event.attemptsMax} in ${seconds(event.delayMs)}: ${terminalLine(messageOf(event.error))}`);
      case 'warning':
        return note(`sx: ${terminalLine(event.message)}`);
      case 'rate-limits':
        if (verbose) for (const limit of event.limits) await note(`sx: ${terminalLine(limit.limitId)} ${terminalLine(limit.window)}: ${limit.usedPercent}% used`);
        return;
      default:
        return;
    }
  };

  const printEnd = async (result: RunResult): Promise<void> => {
    await endLine();
    // Shown already: as it came, or as a remark of a run that was cut short after it.
    if (!streamed && !(remarked && result.outcome !== 'success')) await write(stdout, terminalText(result.text));
    await endLine();
    if (verbose) await note(`sx: ${summary(result)}`);
  };

  return {
    async print(event: AgentEvent) {
      if (event.type !== 'model' || AFTER_THOUGHT.has(event.event.type)) await endThought();
      switch (event.type) {
        case 'run-start':
          return verbose ? note(`sx: session ${event.sessionId}, ${terminalLine(event.provider)} ${terminalLine(event.model)}`) : undefined;
        case 'turn-start':
          streamed = false;
          remarked = false;
          return;
        case 'model':
          return printModel(event.event);
        case 'message': {
          if (live || !event.message.content.some((part) => part.type === 'tool-call')) return;
          const remark = event.message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
          remarked = remark !== '';
          return remarked ? note(terminalText(remark)) : undefined;
        }
        case 'tool-start':
          return note(`• ${terminalLine(event.title)}`);
        case 'tool-progress':
          return verbose ? note(`  ${terminalLine(event.text)}`) : undefined;
        case 'tool-denied':
          return note(`  ✗ refused: ${terminalLine(event.reason, 400)}`);
        case 'tool-end':
          return note(`  ${event.output.isError ? '✗' : '✓'} ${terminalLine(event.output.summary ?? event.call.name)} (${seconds(event.durationMs)})`);
        case 'turn-restart':
          return note(`sx: the response broke off; once more in ${seconds(event.delayMs)}: ${terminalLine(messageOf(event.error))}`);
        case 'compaction-start':
          return note(`sx: condensing the conversation (${event.trigger === 'overflow' ? 'it does not fit the model' : `${event.tokens ?? 'many'} tokens`})`);
        case 'compaction':
          return event.failure === undefined ? undefined : note(`sx: no summary could be made, only facts are kept: ${terminalLine(event.failure.message, 400)}`);
        case 'tool-results':
        case 'user-message':
        case 'turn-end':
          return;
        case 'run-end':
          return printEnd(event.result);
        default: {
          const unknown: never = event;
          return unknown;
        }
      }
    },
    async fail() {
      await endThought();
      await endLine();
    },
    abandon: () => undefined,
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

function summary({ turns, usage, durationMs }: RunResult): string {
  const input = (usage.inputTokens ?? 0) + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  return `${turns} ${turns === 1 ? 'turn' : 'turns'}, ${input} tokens in (${usage.cacheReadTokens ?? 0} from cache), ${usage.outputTokens ?? 0} out, ${seconds(durationMs)}`;
}
