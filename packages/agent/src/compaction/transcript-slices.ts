/**
 * A conversation as plain text, in slices that fit a request. Pure.
 *
 * Calls and results become text, so that no slice can part them, no signature is needed, and any model can read what another
 * one said. Long results are cut in the middle; media are named. A message that is longer than a slice is cut to it.
 */
import type { Message, UserPart } from '@sx/llm';

import { agentLimits } from '../limits.ts';
import { middleCut } from './conversation-facts.ts';

export function transcriptSlices(messages: readonly Message[], sliceCharsMax: number): string[] {
  const slices: string[] = [];
  let slice = '';
  for (const message of messages) {
    const text = middleCut(messageText(message), sliceCharsMax);
    if (slice !== '' && slice.length + text.length + 2 > sliceCharsMax) {
      slices.push(slice);
      slice = '';
    }
    slice += slice === '' ? text : `\n\n${text}`;
  }
  return slice === '' ? slices : [...slices, slice];
}

function messageText(message: Message): string {
  switch (message.role) {
    case 'user':
      return `USER: ${partsText(message.content)}`;
    case 'assistant':
      return message.content
        .flatMap((part) => {
          if (part.type === 'text') return [`ASSISTANT: ${part.text}`];
          if (part.type === 'tool-call') return [`CALL ${part.name}: ${middleCut(part.inputText, agentLimits.compactionCallCharsMax)}`];
          return [];
        })
        .join('\n');
    case 'tool':
      return message.content
        .map((result) => `RESULT ${result.name}${result.isError ? ' (failed)' : ''}: ${middleCut(partsText(result.content), agentLimits.compactionResultCharsMax)}`)
        .join('\n');
    default:
      return message satisfies never;
  }
}

function partsText(parts: readonly UserPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : `[${part.filename ?? part.mediaType}]`)).join('\n');
}
