/**
 * What an agent run tells its printers. Three of them exist (text, JSON lines, screen); none needs more than this.
 *
 * run-start
 *   turn-start
 *     model*                    every StreamEvent, as it comes
 *     message                   the finished assistant message
 *     tool-start  tool-progress*  tool-end      for each call; parallel calls interleave
 *     tool-results              the message that answers all calls
 *     user-message              what the user says meanwhile, or the run itself: an answer that did not fit
 *   turn-end
 *   compaction-start, compaction  between turns: the conversation so far is replaced by one message
 * run-end                       exactly one, always last, also after an abort or an error
 */
import type { AssistantMessage, JsonValue, Message, ProviderError, StreamEvent, ToolCallPart, ToolMessage, Usage, UserMessage } from '@sx/llm';

import type { ToolOutput } from './tool.ts';

export type AgentEvent =
  | { readonly type: 'run-start'; readonly sessionId: string; readonly turnId: string; readonly model: string; readonly provider: string; readonly toolNames: readonly string[] }
  | { readonly type: 'turn-start'; readonly turn: number }
  | { readonly type: 'model'; readonly event: StreamEvent }
  | { readonly type: 'message'; readonly message: AssistantMessage }
  | { readonly type: 'tool-start'; readonly call: ToolCallPart; readonly title: string }
  | { readonly type: 'tool-progress'; readonly callId: string; readonly text: string }
  | { readonly type: 'tool-denied'; readonly call: ToolCallPart; readonly reason: string }
  | { readonly type: 'tool-end'; readonly call: ToolCallPart; readonly output: ToolOutput; readonly durationMs: number }
  | { readonly type: 'tool-results'; readonly message: ToolMessage }
  | { readonly type: 'user-message'; readonly message: UserMessage }
  | { readonly type: 'turn-end'; readonly turn: number; readonly usage: Usage }
  /** A whole turn is repeated: its response broke off before any of its tools ran. */
  | { readonly type: 'turn-restart'; readonly attempt: number; readonly delayMs: number; readonly error: ProviderError }
  | { readonly type: 'compaction-start'; readonly trigger: CompactionTrigger; readonly tokens: number | undefined }
  | CompactionEvent
  | { readonly type: 'run-end'; readonly result: RunResult };

export type CompactionTrigger = 'threshold' | 'overflow' | 'manual';

export interface CompactionEvent {
  readonly type: 'compaction';
  readonly trigger: CompactionTrigger;
  /** Stands for everything before it. */
  readonly message: UserMessage;
  /** Messages at the end of the conversation that stay behind it. */
  readonly kept: number;
  /** Of the prompt before, as the vendor counted it. */
  readonly tokens: number | undefined;
  readonly usage: Usage;
  /** Why it holds no summary by the model, only facts. */
  readonly failure?: ProviderError;
}

export interface RunResult {
  readonly outcome: RunOutcome;
  /** Text of the last assistant message; what `sx -p` prints. With a schema, the JSON text of the answer. */
  readonly text: string;
  /** The answer, where it had to fit a schema and does. */
  readonly structuredOutput?: JsonValue;
  readonly turns: number;
  readonly usage: Usage;
  readonly durationMs: number;
  /** Of which waiting for the model. */
  readonly apiDurationMs: number;
  readonly permissionDenials: readonly { readonly toolName: string; readonly callId: string; readonly input: unknown }[];
  /** Only with outcome `error`. */
  readonly error?: unknown;
  /** What the run added to the conversation. */
  readonly messages: readonly Message[];
  /** After a compaction: the whole conversation, in place of what it was. */
  readonly conversation?: readonly Message[];
}

export type RunOutcome = 'success' | 'interrupted' | 'max-turns' | 'max-budget' | 'max-tokens' | 'max-seconds' | 'error';
