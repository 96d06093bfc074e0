/** What a scripted model answers, in no vendor's shape. Each wire format has one writer that makes its events of it. */
import type { Json } from './json.ts';

export type ReplyPart =
  /** `redacted`: the client gets what it must echo, and nothing to read. */
  | { readonly type: 'reasoning'; readonly text: string; readonly redacted?: boolean }
  | { readonly type: 'text'; readonly text: string }
  /** `inputText` is what goes out, to the letter, where the input shall be no JSON or odd JSON. */
  | { readonly type: 'tool-call'; readonly name: string; readonly input?: Json; readonly inputText?: string }
  | { readonly type: 'refusal'; readonly text: string }
  /** Many deltas of one text, made while they are sent: for benchmarks. */
  | { readonly type: 'bulk-text'; readonly deltas: number; readonly deltaBytes: number };

export type ReplyEnd =
  | { readonly type: 'complete' }
  /** The model wants another request though it called no tool (`end_turn: false`, `pause_turn`). */
  | { readonly type: 'continue' }
  | { readonly type: 'max-output' }
  | { readonly type: 'content-filter' }
  /** A failure inside the stream, by its vendor-neutral name or the vendor's own code. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** A top-level error event, after the parts; the last one stays open. */
  | { readonly type: 'error-event'; readonly code: string; readonly message: string }
  /** Nothing: the stream ends after the parts, the last one open. */
  | { readonly type: 'cut' };

export interface Reply {
  readonly parts: readonly ReplyPart[];
  /** Default `complete`. */
  readonly end?: ReplyEnd;
}

export const inputTextOf = (part: Extract<ReplyPart, { type: 'tool-call' }>): string =>
  part.inputText ?? JSON.stringify(part.input ?? {});

/** Cuts a text where a model would: before each word. Joined, the pieces are the text. */
export const toDeltas = (text: string): string[] => text.match(/\s*\S+\s*$|\s*\S+|\s+$/g) ?? [];

export function* bulkDeltas(part: Extract<ReplyPart, { type: 'bulk-text' }>): Generator<string> {
  const delta = 'sx streams '.repeat(Math.ceil(part.deltaBytes / 11)).slice(0, part.deltaBytes);
  for (let sent = 0; sent < part.deltas; sent += 1) yield delta;
}
