/**
 * What a conversation says beyond doubt, read from its calls and prompts. Pure.
 *
 * A summary written by a model forgets; these do not: the user's own words, which files were read and which changed, and
 * the open to-do list. They stand in every compacted conversation, and alone where no summary could be had.
 */
import type { JsonObject, Message, ToolCallPart } from '@sx/llm';

import { agentLimits } from '../limits.ts';
import { COMPACTED_OPENING } from './compacted-opening.ts';

export interface ConversationFacts {
  /** Oldest first: the first prompt, then the last ones. */
  readonly userWords: readonly string[];
  readonly filesRead: readonly string[];
  readonly filesChanged: readonly string[];
  /** As the model last wrote it. */
  readonly todo: string | undefined;
}

const READING = new Set(['read', 'view_image']);
const CHANGING = new Set(['edit', 'write']);

export function conversationFacts(messages: readonly Message[]): ConversationFacts {
  const read = new Set<string>();
  const changed = new Set<string>();
  let todo: string | undefined;
  for (const call of callsWithResult(messages)) {
    const path = typeof call.input?.['path'] === 'string' ? call.input['path'] : undefined;
    if (path !== undefined && READING.has(call.name)) read.add(path);
    if (path !== undefined && CHANGING.has(call.name)) changed.add(path);
    if (call.name === 'todo' && call.input !== undefined) todo = todoText(call.input);
  }
  return { userWords: userWords(messages), filesRead: lastOf(read), filesChanged: lastOf(changed), todo };
}

/** Calls that failed changed nothing. */
function callsWithResult(messages: readonly Message[]): ToolCallPart[] {
  const failed = new Set(messages.flatMap((message) => (message.role === 'tool' ? message.content.filter(({ isError }) => isError).map(({ callId }) => callId) : [])));
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.content.filter((part) => part.type === 'tool-call') : []));
  return calls.filter(({ id }) => !failed.has(id));
}

function lastOf(paths: ReadonlySet<string>): string[] {
  return [...paths].slice(-agentLimits.compactionPathsMax);
}

function userWords(messages: readonly Message[]): string[] {
  const prompts = messages.flatMap((message) => {
    if (message.role !== 'user') return [];
    const text = message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n').trim();
    // What an earlier compaction wrote holds the words of before.
    return text === '' || text.startsWith(COMPACTED_OPENING) ? [] : [text];
  });
  const earlier = messages.flatMap((message) => (message.role === 'user' ? message.content.flatMap((part) => (part.type === 'text' ? quotedWords(part.text) : [])) : []));
  const all = [...earlier, ...prompts];
  const chosen = all.length <= agentLimits.compactionPromptsMax ? all : [...all.slice(0, 1), ...all.slice(1 - agentLimits.compactionPromptsMax)];
  return chosen.map((text) => middleCut(text, agentLimits.compactionPromptCharsMax));
}


/** The user's words out of an earlier compaction. */
function quotedWords(text: string): string[] {
  if (!text.startsWith(COMPACTED_OPENING)) return [];
  return [...text.matchAll(/^<user-said>\n([\s\S]*?)\n<\/user-said>$/gm)].map((match) => match[1] ?? '');
}

function todoText(input: JsonObject): string {
  return middleCut(JSON.stringify(input['items'] ?? input), agentLimits.compactionPromptCharsMax);
}

/** Beginning and end of a text that is too long. */
export function middleCut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const half = Math.floor(charsMax / 2);
  return `${wellFormed(text.slice(0, half))}\n[… ${text.length - 2 * half} characters left out …]\n${wellFormed(text.slice(-half))}`;
}

/** A cut may part a surrogate pair; a lone half is no JSON that every vendor takes. */
function wellFormed(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}
