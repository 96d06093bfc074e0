/** How much of a model's context a conversation takes: the vendor's last count, and an estimate for what came after it. Pure. */
import type { Message } from '@sx/llm';

/** On the safe side for prose and code in Latin script. */
export const CHARS_PER_TOKEN = 3;

/** Undefined where no vendor has counted yet. */
export function contextTokens(messages: readonly Message[]): number | undefined {
  const at = messages.findLastIndex((message) => message.role === 'assistant' && message.usage?.inputTokens !== undefined);
  const last = messages[at];
  if (last?.role !== 'assistant' || last.usage === undefined) return undefined;
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = last.usage;
  const since = messages.slice(at + 1).reduce((sum, message) => sum + textChars(message), 0);
  return inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens + Math.ceil(since / CHARS_PER_TOKEN);
}

/** Of a conversation of which no vendor said what it counts: some servers never do. */
export function estimatedTokens(messages: readonly Message[]): number {
  return Math.ceil(messages.reduce((sum, message) => sum + textChars(message) + answerChars(message), 0) / CHARS_PER_TOKEN);
}

function answerChars(message: Message): number {
  if (message.role !== 'assistant') return 0;
  return message.content.reduce((sum, part) => sum + (part.type === 'tool-call' ? part.inputText.length : part.text.length), 0);
}

function textChars(message: Message): number {
  if (message.role === 'assistant') return 0;
  const parts = message.role === 'user' ? message.content : message.content.flatMap(({ content }) => content);
  return parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0);
}
