/** A conversation that goes on: its last messages, in short, as they stood there. */
import type { Message, ToolCallPart, ToolResultPart } from '@sx/llm';
import { type Line, span, type Theme } from '@sx/tui';

import type { Transcript } from './transcript.ts';

const MESSAGES_SHOWN_MAX = 30;
const ARGUMENT_CHARS_MAX = 120;

interface PastPrinting {
  readonly transcript: Pick<Transcript, 'notice' | 'prompt' | 'markdown'>;
  readonly gap: () => void;
  readonly print: (lines: readonly Line[]) => void;
  readonly theme: Theme;
}

export function showPastMessages(messages: readonly Message[], { transcript, gap, print, theme }: PastPrinting): void {
  const shown = messages.slice(-MESSAGES_SHOWN_MAX);
  if (shown.length < messages.length) transcript.notice(`… ${messages.length - shown.length} earlier messages`);
  const results = new Map(
    shown.flatMap(
      (message) => (message.role === 'tool' ? message.content.map((part): [string, ToolResultPart] => [part.callId, part]) : []),
    ),
  );
  for (const message of shown) {
    if (message.role === 'user') transcript.prompt(message.content);
    if (message.role !== 'assistant') continue;
    for (const part of message.content) {
      if (part.type === 'text' && part.text.trim() !== '') {
        gap();
        transcript.markdown(part.text);
      } else if (part.type === 'tool-call') print([pastCall(part, results.get(part.id), theme)]);
    }
  }
}

function pastCall(call: ToolCallPart, result: ToolResultPart | undefined, theme: Theme): Line {
  const failed = result?.isError === true;
  return [
    span(failed ? '✗ ' : '✓ ', failed ? theme.danger : theme.success),
    span(call.name, theme.strong),
    span(` ${call.inputText.replace(/\s+/g, ' ').slice(0, ARGUMENT_CHARS_MAX)}`, theme.muted),
  ];
}
