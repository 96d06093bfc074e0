/**
 * The third printer: agent events to lines of the transcript, which are written once, and to the live tail above the editor.
 *
 * In: events, prompts, notices. Out: `print` for what is final, `live` for what still changes (the open block of the answer, the
 * last lines of a thought, calls under way). Long things are folded (`folding.ts`). An empty line stands before each prompt and
 * each answer, and behind each prompt.
 */
import type { AgentEvent, RunResult } from '@sx/agent';
import type { Message, StreamEvent, ToolCallPart, UserPart } from '@sx/llm';
import {
  createMarkdownStream, foldLines, type Line, lineWidth, type MarkdownStream, parseMarkdown, renderBlocks, rowText, type Size,
  span, textLines, type Theme, truncateLine, wrapLine,
} from '@sx/tui';

import { messageOf } from '../../report-error.ts';
import { plainThought } from '../plain-thought.ts';
import { callTitle } from './call-title.ts';
import { createFolding } from './folding.ts';
import { showPastMessages } from './past-messages.ts';

export interface TranscriptOptions {
  readonly print: (lines: readonly Line[], options?: { readonly by?: 'words' | 'clusters'; readonly hang?: Line }) => void;
  readonly size: () => Size;
  readonly theme: () => Theme;
  readonly hyperlinks: boolean;
  /** Whether a call is said when it starts: where `live` is not shown, and nothing else says it. */
  readonly announces: () => boolean;
  /** What shows in full what was folded: a key, or a command. */
  readonly unfoldBy: string;
  /** Milliseconds. Default: the system's clock. */
  readonly now?: () => number;
}

export interface Transcript {
  event(event: AgentEvent): void;
  prompt(parts: readonly UserPart[]): void;
  notice(text: string, kind?: 'muted' | 'warning' | 'danger' | 'success'): void;
  /** @param callId - Of the call that is about to make this change: its result does not show it again. */
  diff(text: string, callId?: string): void;
  /** A command of which every character counts: shown whole. @param callId - As for `diff`. */
  command(text: string, callId?: string): void;
  /** What was typed to us, not to the model. */
  echo(text: string): void;
  markdown(text: string): void;
  /** Shows the last thing that was folded in full. False: there is none. */
  unfold(): boolean;
  /** A conversation that goes on: its last messages. */
  history(messages: readonly Message[]): void;
  /** @param asked - The call that a question stands for: it is not shown twice. */
  live(columns: number, asked?: string): Line[];
}

const THINKING_ROWS = 3;
const PROMPT_ROWS = { head: 20, tail: 5 } as const;
const THOUGHT_CHARS_MAX = 400_000;
const PROGRESS_CHARS_MAX = 2_000;

/** Columns that a call's title has at least, however long what stands behind it is. */
const TITLE_COLUMNS_MIN = 10;

interface RunningCall {
  readonly title: string;
  /** False where the title is the first line of more. */
  readonly isWhole: boolean;
  progress: string;
}

export function createTranscript(options: TranscriptOptions): Transcript {
  let answer: MarkdownStream | undefined;
  let thinking = '';
  /** The last thing printed was a prompt. */
  let behindPrompt = false;
  /** The run has shown something of the model's. */
  let answered = false;
  /** When the next attempt begins. */
  let retriesAtMs: number | undefined;
  /** The call whose arguments the model is writing. */
  let writing: { readonly name: string; chars: number } | undefined;
  const calls = new Map<string, RunningCall>();
  const previewed = new Set<string>();

  const theme = (): Theme => options.theme();
  const { hyperlinks } = options;
  const rendering = (columns = options.size().columns): Parameters<typeof renderBlocks>[1] => {
    return { columns, theme: theme(), hyperlinks };
  };
  const print: TranscriptOptions['print'] = (lines, how) => {
    if (behindPrompt) options.print([[]]);
    behindPrompt = false;
    options.print(lines, how);
  };
  const folding = createFolding({ ...options, print: (lines, how) => print(lines, how) });
  const gap = (): void => {
    behindPrompt = false;
    options.print([[]]);
  };
  const endAnswer = (): void => {
    if (answer !== undefined) print(renderBlocks(answer.end(), rendering()));
    answer = undefined;
  };

  const now = options.now ?? Date.now;

  const model = (event: StreamEvent): void => {
    retriesAtMs = event.type === 'retry' ? now() + event.delayMs : undefined;
    switch (event.type) {
      case 'text-start':
        endAnswer();
        gap();
        answer = createMarkdownStream();
        return;
      case 'text-delta': {
        answered ||= event.text.trim() !== '';
        answer ??= createMarkdownStream();
        const blocks = answer.push(event.text);
        if (blocks.length > 0) print(renderBlocks(blocks, rendering()));
        return;
      }
      case 'text-end':
        return endAnswer();
      case 'reasoning-delta':
        thinking = (thinking + event.text).slice(-THOUGHT_CHARS_MAX);
        return;
      case 'reasoning-end':
        return endThinking();
      case 'retry':
        return notice(
          `attempt ${event.attempt} of ${event.attemptsMax} in ${seconds(event.delayMs)}: ${messageOf(event.error)}`,
          'warning',
        );
      case 'warning':
        return notice(event.message, 'warning');
      case 'tool-input-start':
        writing = { name: event.name, chars: 0 };
        return;
      case 'tool-input-delta':
        if (writing !== undefined) writing.chars += event.text.length;
        return;
      case 'tool-input-end':
        writing = undefined;
        return;
      default:
        return;
    }
  };

  const endThinking = (): void => {
    const text = plainThought(thinking.trim());
    thinking = '';
    if (text === '') return;
    folding.keep('thought', text);
    const lines = text.split('\n').length;
    print([[span(`∴ thought, ${lines} ${lines === 1 ? 'line' : 'lines'} (${options.unfoldBy} shows it)`, theme().thinking)]]);
  };

  const notice = (text: string, kind: 'muted' | 'warning' | 'danger' | 'success' = 'muted'): void => {
    // What went wrong can be told from what was said without colours, too.
    const style = theme()[kind];
    // An address that is copied from several rows is whole only where nothing stands before them.
    for (const [index, piece] of (kind === 'danger' ? `✗ ${text}` : text).split(/^(https?:\/\/\S+)$/m).entries()) {
      // Between two of them, or before the first, there is nothing.
      if ((index > 0 || text !== '') && (piece === '' || piece === '\n')) continue;
      const isAddress = /^https?:\/\/\S+$/.test(piece);
      if (isAddress) print([[span(piece, { ...style, link: piece })]], { by: 'clusters' });
      else print(textLines(piece.replace(/^\n|\n$/g, ''), style), { hang: [span('  ')] });
    }
  };

  /** One row, however long its title is. @returns whether all of the title is in it. */
  const callLine = (title: string, rest: string, isError: boolean): boolean => {
    const behind = span(rest, theme().muted);
    const columns = options.size().columns - 2;
    const shown = truncateLine([span(title, theme().strong)], Math.max(TITLE_COLUMNS_MIN, columns - lineWidth([behind])));
    print(
      [[span(isError ? '✗ ' : '✓ ', isError ? theme().danger : theme().success), ...shown.spans, behind]],
      { hang: [span('  ')] },
    );
    return rowText(shown) === title;
  };

  const toolEnd = ({ call, output, durationMs }: Extract<AgentEvent, { type: 'tool-end' }>, running: RunningCall): void => {
    const { isError, summary = '' } = output;
    const isPreviewed = previewed.delete(call.id);
    const took = durationMs < 1_000 || summary.endsWith(' s') ? '' : ` · ${seconds(durationMs)}`;
    const isWhole = callLine(running.title, `${summary === '' ? '' : ` · ${summary}`}${took}`, isError) && running.isWhole;
    const whole = output.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n').replace(/\n+$/, '');
    // The line above has said it.
    const isSaid = summary !== '' && whole.endsWith(`[${summary}]`);
    const text = isSaid ? whole.slice(0, -summary.length - 2).replace(/\n+$/, '') : whole;
    const diffAt = text.search(/^--- /m);
    if (!isError && output.changedFiles !== undefined && isPreviewed) return;
    if (!isError && output.changedFiles !== undefined && diffAt !== -1) return folding.diff(running.title, text.slice(diffAt));
    const command = call.name === 'shell' && !isPreviewed ? call.input?.['command'] : undefined;
    const full = isWhole || typeof command !== 'string' ? text : `$ ${command}\n\n${text}`;
    if (full === '') return;
    if (!isError && call.name !== 'shell') folding.keep(running.title, text);
    else folding.output(running.title, text, full, isError);
  };

  const end = (result: RunResult): void => {
    endAnswer();
    endThinking();
    calls.clear();
    previewed.clear();
    writing = undefined;
    retriesAtMs = undefined;
    if (result.outcome === 'success' && !answered) notice('the model answered nothing', 'warning');
    if (result.outcome === 'interrupted') notice('stopped', 'warning');
    else if (result.outcome !== 'success' && result.outcome !== 'error') notice(
      `stopped: the limit ${result.outcome} is reached`,
      'warning',
    );
  };

  return {
    event(event) {
      switch (event.type) {
        case 'model':
          return model(event.event);
        case 'tool-start':
          endAnswer();
          answered = true;
          calls.set(event.call.id, runningCall(event.call, event.title));
          if (options.announces()) print([[span('• ', theme().accent), span(callTitle(event.call, event.title), theme().strong)]]);
          return;
        case 'tool-progress': {
          const call = calls.get(event.callId);
          if (call !== undefined) call.progress = (call.progress + event.text).slice(-PROGRESS_CHARS_MAX);
          return;
        }
        case 'tool-denied':
          return;
        case 'tool-end':
          toolEnd(event, calls.get(event.call.id) ?? runningCall(event.call, event.call.name));
          calls.delete(event.call.id);
          return;
        case 'user-message':
          return this.prompt(event.message.content);
        case 'turn-restart':
          endAnswer();
          retriesAtMs = now() + event.delayMs;
          return notice(`the response broke off; once more in ${seconds(event.delayMs)}: ${messageOf(event.error)}`, 'warning');
        case 'compaction-start':
          return notice('condensing the conversation …');
        case 'compaction':
          return notice(
            event.failure === undefined
              ? 'the conversation was condensed'
              : `condensed to facts alone, no summary could be made: ${messageOf(event.failure)}`,
            event.failure === undefined ? 'success' : 'warning',
          );
        case 'run-end':
          return end(event.result);
        case 'run-start':
          answered = false;
          return;
        case 'turn-start':
        case 'message':
        case 'tool-results':
        case 'turn-end':
          return;
        default:
          return event satisfies never;
      }
    },
    prompt(parts) {
      const text = parts.map((part) => (part.type === 'text' ? part.text : `[${part.filename ?? part.mediaType}]`)).join('\n');
      gap();
      const lines = textLines(text, theme().strong).map(
        (line, index): Line => [span(index === 0 ? '› ' : '  ', theme().prompt), ...line],
      );
      print(foldLines(folding.rows(lines, 'words'), { ...PROMPT_ROWS, style: theme().muted }));
      behindPrompt = true;
    },
    notice,
    diff(text, callId) {
      if (callId !== undefined) previewed.add(callId);
      folding.wholeDiff(text);
    },
    command(text, callId) {
      if (callId !== undefined) previewed.add(callId);
      print(
        textLines(text, theme().code).map((line, index): Line => [span(index === 0 ? '$ ' : '  ', theme().muted), ...line]),
        { by: 'clusters', hang: [span('  ')] },
      );
    },
    echo(text) {
      gap();
      print([[span('› ', theme().prompt), span(text, theme().muted)]], { hang: [span('  ')] });
      behindPrompt = true;
    },
    markdown: (text) => print(renderBlocks(parseMarkdown(text), rendering())),
    unfold() {
      const show = folding.last();
      if (show === undefined) return false;
      gap();
      show();
      return true;
    },
    history(messages) {
      showPastMessages(messages, { transcript: this, gap, print, theme: theme() });
    },
    live(columns, asked) {
      const lines: Line[] = [];
      if (thinking !== '') {
        const rows = textLines(plainThought(thinking.slice(-2_000).trim()), theme().thinking).flatMap((line) => wrapLine(line, columns));
        lines.push(...rows.slice(-THINKING_ROWS).map((row): Line => [span(rowText(row), theme().thinking)]));
      }
      if (answer !== undefined) lines.push(...renderBlocks(answer.tail(), rendering(columns)));
      const waits = Math.ceil(((retriesAtMs ?? 0) - now()) / 1_000);
      if (waits > 0) lines.push([span(`next attempt in ${waits} s`, theme().warning)]);
      if (writing !== undefined) {
        const size = writing.chars < 1_000 ? '' : ` · ${Math.floor(writing.chars / 1_000)}k characters`;
        lines.push([span('• ', theme().accent), span(writing.name, theme().strong), span(` …${size}`, theme().muted)]);
      }
      for (const [id, { title, progress }] of calls) {
        if (id === asked) continue;
        lines.push([span('• ', theme().accent), span(title, theme().strong)]);
        const last = progress.trimEnd().split('\n').at(-1) ?? '';
        if (last !== '') lines.push([span(`  ${last}`, theme().muted)]);
      }
      return behindPrompt && lines.length > 0 ? [[], ...lines] : lines;
    },
  };
}

function runningCall(call: ToolCallPart, title: string): RunningCall {
  const shown = callTitle(call, title);
  return { title: shown, isWhole: shown === title, progress: '' };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
