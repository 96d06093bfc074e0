/**
 * Names and shapes of the Responses API as they stand on the wire. They never leave this folder.
 *
 * Readers are lenient where a vendor's server leaves something out, and throw `JsonPathError` where a known key has the
 * wrong type: then the event is skipped as a whole.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, numberOr, objectOr, readString, stringOr, type Usage,
} from '@sx/llm/provider-kit';

/**
 * `codex`: the ChatGPT backend. Refuses every setting that is not in its list, wants each item in its barest form.
 * `public`: `POST /responses` of api.openai.com and of servers that imitate it.
 */
export type Dialect = 'codex' | 'public';

/** Kinds of items that may go back, and which members of each. Ids and states stay behind: `store` is false. */
export const REPLAYED_MEMBERS = new Map<string, readonly string[]>(Object.entries({
  message: ['role', 'content', 'phase'],
  reasoning: ['summary', 'encrypted_content'],
  function_call: ['name', 'arguments', 'call_id', 'namespace', 'encrypted_function_args'],
  custom_tool_call: ['call_id', 'name', 'input', 'namespace'],
  web_search_call: ['status', 'action'],
  image_generation_call: ['status', 'result', 'revised_prompt'],
  compaction: ['encrypted_content'],
  compaction_summary: ['encrypted_content'],
  context_compaction: ['encrypted_content'],
}));

export function readIndex(event: JsonObject): number | undefined {
  return numberOr(event['output_index'], undefined);
}

/** @throws {JsonPathError} where there is no string: the event says nothing. */
export function readDelta(event: JsonObject): string {
  return readString(event['delta'], '$.delta');
}

/** Text of a finished message: what it says, or why it does not. */
export function messageText(item: JsonObject): { readonly text: string; readonly refused: boolean } {
  let text = '';
  let refused = false;
  for (const part of arrayOr(item['content'], [])) {
    if (!isObject(part)) continue;
    if (part['type'] === 'refusal') refused = true;
    text += stringOr(part['type'] === 'refusal' ? part['refusal'] : part['text'], '');
  }
  return { text, refused };
}

/** Text of a finished thought: its summary, else the thought itself; empty where the vendor shows neither. */
export function reasoningText(item: JsonObject): string {
  const summary = partTexts(item['summary']);
  return (summary.length > 0 ? summary : partTexts(item['content'])).join('\n\n');
}

function partTexts(parts: JsonValue | undefined): string[] {
  return arrayOr(parts, []).flatMap((part) => {
    const text = isObject(part) ? stringOr(part['text'], '') : '';
    return text === '' ? [] : [text];
  });
}

/** The vendor counts cached tokens within the input; ours are disjoint. What it does not say stays undefined. */
export function toUsage(value: JsonValue | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const count = (of: JsonObject, member: string): number | undefined => {
    const figure = numberOr(of[member], undefined);
    return figure === undefined ? undefined : Math.max(0, figure);
  };
  const input = count(value, 'input_tokens');
  const inputDetails = objectOr(value['input_tokens_details'], {});
  const cacheRead = count(inputDetails, 'cached_tokens');
  const cacheWrite = count(inputDetails, 'cache_write_tokens');
  return {
    inputTokens: input === undefined ? undefined : Math.max(0, input - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    outputTokens: count(value, 'output_tokens'),
    reasoningTokens: count(objectOr(value['output_tokens_details'], {}), 'reasoning_tokens'),
    raw: value,
  };
}
