/**
 * What a scripted model sees of a request: the conversation, in no vendor's shape. Each wire format has one reader that makes it.
 */
import type { Json } from './json.ts';

export interface Conversation {
  readonly model: string;
  readonly system: string;
  readonly tools: readonly ConversationTool[];
  readonly entries: readonly Entry[];
  /** What tells one session from another, where the wire format has such a thing. */
  readonly sessionKey: string;
  /** The JSON Schema that the answer must have. */
  readonly schema?: Json | undefined;
  /** The tool that the answer must call: a forced choice. */
  readonly forcedTool?: string | undefined;
}

export interface ConversationTool {
  readonly name: string;
  readonly schema: Json | undefined;
}

export type Entry =
  | { readonly kind: 'user'; readonly text: string; readonly mediaCount: number }
  | { readonly kind: 'assistant'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string; readonly name: string; readonly input: string }
  | { readonly kind: 'result'; readonly id: string; readonly text: string; readonly isError: boolean; readonly mediaCount: number };

/** The user's turn that the model is in. */
export interface Turn {
  /** Texts of the last user entries, joined by line feeds. */
  readonly userText: string;
  /** How many times tools have answered since. */
  readonly rounds: number;
  readonly results: readonly Extract<Entry, { kind: 'result' }>[];
  /** Which turn of the conversation, from 0. */
  readonly index: number;
}

export function currentTurn({ entries }: Conversation): Turn {
  const last = entries.findLastIndex((entry) => entry.kind === 'user');
  let first = last;
  while (first > 0 && entries[first - 1]?.kind === 'user') first -= 1;
  const userTexts = entries.slice(Math.max(first, 0), last + 1).map((entry) => (entry.kind === 'user' ? entry.text : ''));
  const after = entries.slice(last + 1);
  return {
    userText: userTexts.join('\n'),
    rounds: after.filter((entry, at) => entry.kind === 'result' && after[at - 1]?.kind !== 'result').length,
    results: after.filter((entry) => entry.kind === 'result'),
    index: entries.filter((entry, at) => entry.kind === 'user' && entries[at - 1]?.kind !== 'user').length - 1,
  };
}
