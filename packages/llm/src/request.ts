/** One request to a model, in no vendor's shape. A protocol turns it into a body; what it cannot express, it refuses. */
import type { JsonObject } from './json.ts';
import type { Message } from './message.ts';

export interface ModelRequest {
  /** A wire id, aliases already resolved. */
  readonly model: string;
  /** System prompt. Never empty. Frozen with `tools` for a conversation, or every cache and signature breaks. */
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** Default `auto`. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Default true where the model can. */
  readonly parallelToolCalls?: boolean;
  /** Absent: the provider's default. `off` where the model can be kept from thinking. */
  readonly effort?: Effort;
  /** Thinking tokens, for the models that take a number. */
  readonly thinkingBudgetTokens?: number;
  readonly maxOutputTokens?: number;
  /**
   * Texts at which the answer ends; they are not part of it. Responses and Codex have none. Only Messages tells such an end
   * (`stop-sequence`) from an ordinary one.
   */
  readonly stopSequences?: readonly string[];
  readonly verbosity?: 'low' | 'medium' | 'high';
  /** Structured output: the answer must be JSON of this schema. */
  readonly responseFormat?: { readonly name: string; readonly schema: JsonObject };
  /** UUID of the conversation: cache key and session headers. */
  readonly sessionId: string;
  /** UUID of the user's turn: equal for all requests until the model is done. Sticky routing lives and dies with it. */
  readonly turnId: string;
}

export type Effort = 'off' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface ToolDefinition {
  /** `[A-Za-z0-9_-]{1,64}`, unique. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object, with `properties`. */
  readonly inputSchema: JsonObject;
}
