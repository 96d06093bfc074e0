/**
 * Values of the Messages API that more than one file reads: usage and stop reasons.
 *
 * Everything else of a stream is read where it is used; unknown events, blocks, fields and values never fail.
 */
import { type FinishReason, isObject, type JsonObject, type JsonValue, numberOr, type Usage } from '@sx/llm';

/**
 * `usage` of `message_start` and of each `message_delta`: later non-null fields overwrite earlier ones and are never added
 * (some servers send zeros first and the truth last, others leave the input side out of the later ones).
 */
export function mergeUsage(before: JsonObject, update: JsonValue | undefined): JsonObject {
  if (!isObject(update)) return before;
  return { ...before, ...Object.fromEntries(Object.entries(update).filter(([, value]) => value !== null && value !== undefined)) };
}

/** `input_tokens` is already what neither read nor wrote a cache; `output_tokens` contains the thinking. */
export function toUsage(usage: JsonObject): Usage {
  const details = isObject(usage['output_tokens_details']) ? usage['output_tokens_details'] : {};
  const count = (value: unknown): number | undefined => {
    const number = numberOr(value, undefined);
    return number === undefined ? undefined : Math.max(0, number);
  };
  return {
    inputTokens: count(usage['input_tokens']),
    cacheReadTokens: count(usage['cache_read_input_tokens']),
    cacheWriteTokens: count(usage['cache_creation_input_tokens']),
    outputTokens: count(usage['output_tokens']),
    reasoningTokens: count(details['thinking_tokens']),
    ...(Object.keys(usage).length === 0 ? {} : { raw: usage }),
  };
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'end',
  max_tokens: 'length',
  stop_sequence: 'stop-sequence',
  tool_use: 'tool-use',
  pause_turn: 'pause',
  refusal: 'refusal',
  model_context_window_exceeded: 'context-overflow',
};

/** Undefined for a word that nobody knows. */
export function toFinishReason(stopReason: string): FinishReason | undefined {
  return FINISH_REASONS[stopReason];
}
