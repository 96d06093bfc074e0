/**
 * What a model stream consists of, in no vendor's shape.
 *
 * Grammar: `retry`* (`warning` | `rate-limits`)* `response-start` (block | `tool-call` | `usage` | `rate-limits` |
 * `warning`)* `finish`, or a throw. A block is `x-start` `x-delta`* `x-end` of one id; blocks may interleave. After
 * `tool-input-end` of an id comes its `tool-call` (under another id where the server changed it), unless the response was cut
 * (`length`, `blocked`); a `tool-call` may also come without a block. Exactly one `finish`, as the last event.
 * `stream-grammar.ts` checks it.
 */
import type { JsonValue } from './json.ts';
import type { ToolCallPart } from './message.ts';
import type { ProviderError } from './provider-error.ts';
import type { Usage } from './usage.ts';

export type StreamEvent =
  | { readonly type: 'response-start'; readonly responseId?: string; readonly model?: string; readonly requestId?: string }
  | { readonly type: 'text-start'; readonly id: string }
  | { readonly type: 'text-delta'; readonly id: string; readonly text: string }
  /** `text`: the authoritative whole, where the vendor sends one; it replaces the deltas. */
  | { readonly type: 'text-end'; readonly id: string; readonly text?: string }
  | { readonly type: 'reasoning-start'; readonly id: string }
  | { readonly type: 'reasoning-delta'; readonly id: string; readonly text: string }
  | { readonly type: 'reasoning-end'; readonly id: string; readonly text?: string }
  | { readonly type: 'tool-input-start'; readonly id: string; readonly name: string }
  | { readonly type: 'tool-input-delta'; readonly id: string; readonly text: string }
  | { readonly type: 'tool-input-end'; readonly id: string }
  /** The finished call. Nothing may be executed before `finish` with reason `tool-use`. */
  | { readonly type: 'tool-call'; readonly call: ToolCallPart }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'rate-limits';
      readonly limits: readonly RateLimitWindow[];
      readonly plan?: string;
      readonly credits?: { readonly hasCredits: boolean; readonly unlimited: boolean; readonly balance?: string };
    }
  /** A setting the vendor does not take, another model that answered, a value nobody knows: worth a line, not a failure. */
  | { readonly type: 'warning'; readonly message: string }
  /** A request failed before any of its events was shown and is repeated after `delayMs`. */
  | {
      readonly type: 'retry';
      /** Number of the attempt that comes next, from 2. */
      readonly attempt: number;
      readonly attemptsMax: number;
      readonly delayMs: number;
      readonly error: ProviderError;
    }
  | FinishEvent;

export interface FinishEvent {
  readonly type: 'finish';
  readonly reason: FinishReason;
  /** The vendor's own word for it. */
  readonly rawReason?: string;
  readonly usage: Usage;
  /** The content array as received, for replay to the same origin. */
  readonly raw: readonly JsonValue[];
  /** True where the vendor wants a follow-up request although no tool was called (`end_turn: false`, `pause_turn`). */
  readonly continueTurn?: boolean;
}

/**
 * `end` the model is done · `tool-use` it waits for results · `length` cut by the output limit · `stop-sequence` ·
 * `pause` the vendor's server tools paused: send again · `refusal` the model declined · `blocked` a filter cut it ·
 * `context-overflow` the window is full · `error` and `aborted` are set by the agent on messages that did not finish.
 */
export type FinishReason =
  | 'end'
  | 'tool-use'
  | 'length'
  | 'stop-sequence'
  | 'pause'
  | 'refusal'
  | 'blocked'
  | 'context-overflow'
  | 'error'
  | 'aborted';

export interface RateLimitWindow {
  /** The vendor's name of the limit: `codex`, `requests`, … */
  readonly limitId: string;
  readonly limitName?: string;
  /** Which of its windows: `primary`, `secondary`, … */
  readonly window: string;
  readonly usedPercent: number;
  readonly windowMinutes?: number;
  readonly resetsAtMs?: number;
}
