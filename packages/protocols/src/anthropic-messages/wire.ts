/**
 * Names and shapes of the Messages API as they stand on the wire. They never leave this folder.
 *
 * Readers are lenient: what is missing stays undefined, what nobody knows is kept.
 */
import {
  type FinishReason, isObject, type JsonObject, type JsonValue, numberOr, objectOr, type Usage,
} from '@sx/llm/provider-kit';

/** What is read of a block; the rest of it is kept as it came. */
export type BlockKind = 'text' | 'thinking' | 'tool_use' | 'other';

export function toKind(type: JsonValue | undefined): BlockKind {
  switch (type) {
    case 'text':
    case 'thinking':
    case 'tool_use':
      return type;
    default:
      return 'other';
  }
}

export function isThinking(block: JsonValue | undefined): boolean {
  return isObject(block) && (block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
}

/**
 * `usage` of `message_start`, then of each `message_delta`: a later figure replaces an earlier one and is never added to it.
 * Some servers send zeros first and the truth last, others leave the input side out of the later ones.
 */
export function mergeUsage(before: JsonObject, update: JsonValue | undefined): JsonObject {
  if (!isObject(update)) return before;
  const isSaid = (name: string): boolean => update[name] !== null && update[name] !== undefined;
  // Stands before the first text of every answer, and is run cold: lists of entries only where something is left out.
  if (Object.keys(update).every(isSaid)) return { ...before, ...update };
  return { ...before, ...Object.fromEntries(Object.entries(update).filter(([name]) => isSaid(name))) };
}

/** `input_tokens` is what neither read nor wrote a cache, `output_tokens` contains the thinking: as in ours. */
export function toUsage(usage: JsonObject): Usage {
  const written = objectOr(usage['cache_creation'], {});
  return {
    inputTokens: count(usage['input_tokens']),
    cacheReadTokens: count(usage['cache_read_input_tokens']),
    cacheWriteTokens:
      count(usage['cache_creation_input_tokens']) ??
      sum(count(written['ephemeral_5m_input_tokens']), count(written['ephemeral_1h_input_tokens'])),
    outputTokens: count(usage['output_tokens']),
    reasoningTokens: count(objectOr(usage['output_tokens_details'], {})['thinking_tokens']),
    ...(Object.keys(usage).length === 0 ? {} : { raw: usage }),
  };
}

function count(value: JsonValue | undefined): number | undefined {
  const figure = numberOr(value, undefined);
  return figure === undefined ? undefined : Math.max(0, figure);
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'end'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop-sequence'],
  ['tool_use', 'tool-use'],
  ['pause_turn', 'pause'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context-overflow'],
]);

/** Undefined for a word that nobody knows. */
export function toFinishReason(stopReason: string): FinishReason | undefined {
  return FINISH_REASONS.get(stopReason);
}

/** The answer was cut: what is begun but not finished was never said, and is no fault of the stream. */
export function isCut(stopReason: string | undefined): boolean {
  return stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded' || stopReason === 'refusal';
}
