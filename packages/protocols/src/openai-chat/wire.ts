/**
 * Names and shapes of Chat Completions as they stand on the wire, and in which of them servers differ. They never leave this
 * folder, but for the dialect, which a provider fills in.
 *
 * Readers are lenient: compatible servers leave out, add and rename as they please. What has the wrong type counts as absent.
 */
import { isObject, type JsonObject, type JsonValue, numberOr, objectOr, stringOr, type Usage } from '@sx/llm/provider-kit';

/** How a server differs from others that speak the same format. What comes back needs no flags: it is read in every way. */
export interface ChatDialect {
  /** OpenAI refuses `max_tokens` for models that think; many others know nothing else. */
  readonly maxTokensMember: 'max_tokens' | 'max_completion_tokens';
  /** Role of the system prompt. */
  readonly systemRole: 'system' | 'developer';
  /** Takes `stream_options: { include_usage: true }`. Others send the usage unasked, or never. */
  readonly usageOnRequest: boolean;
  /** How an effort is said: `reasoning_effort: "low"`, `reasoning: { effort: "low" }`. Absent: not at all. */
  readonly effortMember?: 'reasoning_effort' | 'reasoning';
  /** Thinking on and off: `thinking: { type }`, `chat_template_kwargs: { enable_thinking }`, `enable_thinking`. */
  readonly thinkingSwitch?: 'thinking' | 'chat_template_kwargs' | 'enable_thinking';
  /** Which thoughts of its own go back, under the names that they came by. */
  readonly replayedReasoning: readonly ReasoningMember[];
  /** A member that every message with calls must have, if only empty. */
  readonly requiredReasoning?: ReasoningMember;
  /** Content of a message that has calls and no text. */
  readonly emptyContent: null | '';
  /** Members that nobody knows go back with the message they came in. Strict servers refuse that. */
  readonly keepsUnknown: boolean;
  /** Templates that refuse two messages of the user in a row, as a turn that broke off leaves them. */
  readonly alternates?: boolean;
  /** Templates that want an answer between results and the next words of the user. */
  readonly assistantAfterResults?: boolean;
  /** Wants `tools` wherever the history has calls, even if none may be called now (LiteLLM in front of Anthropic). */
  readonly toolsWithHistory?: boolean;
  /** Call ids of other vendors become nine letters and digits (Mistral). */
  readonly nineCharIds?: boolean;
  /** `<think>…</think>` at the very beginning of the text is a thought: raw templates of local servers. */
  readonly thinkTags: boolean;
  /** Takes `parallel_tool_calls`. */
  readonly parallelSwitch: boolean;
  readonly verbosity: boolean;
  readonly promptCacheKey: boolean;
  /** Members that stand in every body, after all others. */
  readonly constants?: JsonObject;
}

/** Text, in order of preference; then what is structured or opaque. */
export const REASONING_TEXTS = ['reasoning_content', 'reasoning', 'reasoning_text'] as const;
export const REASONING_LISTS = ['reasoning_details', 'thinking_blocks'] as const;
export const REASONING_MEMBERS = [...REASONING_TEXTS, ...REASONING_LISTS, 'reasoning_opaque'] as const;
export type ReasoningMember = (typeof REASONING_MEMBERS)[number];

/** What may be assumed of a server that nobody knows: the least of everything. */
export const unknownServer: ChatDialect = {
  maxTokensMember: 'max_tokens',
  systemRole: 'system',
  usageOnRequest: true,
  replayedReasoning: REASONING_MEMBERS,
  emptyContent: '',
  keepsUnknown: true,
  thinkTags: true,
  parallelSwitch: false,
  verbosity: false,
  promptCacheKey: false,
};

export interface ReasoningPiece {
  readonly member: (typeof REASONING_TEXTS)[number];
  readonly text: string;
}

/** Which member of a delta has the thought, and its text. The first that is not empty counts: some servers send two. */
export function readReasoning(delta: JsonObject): ReasoningPiece | undefined {
  for (const member of REASONING_TEXTS) {
    const text = delta[member];
    if (typeof text === 'string' && text !== '') return { member, text };
  }
  return undefined;
}

/** The chunk's usage, wherever the server puts it. Some send one with every chunk; the last one counts. */
export function readUsage(chunk: JsonObject, choice: JsonObject | undefined): JsonObject | undefined {
  const { usage, x_groq: groq } = chunk;
  if (isObject(usage)) return usage;
  if (isObject(choice?.['usage'])) return choice['usage'];
  return isObject(groq) && isObject(groq['usage']) ? groq['usage'] : undefined;
}

/** The vendor counts cached tokens within the prompt; ours are disjoint. What it does not say stays undefined. */
export function toUsage(value: JsonObject): Usage {
  const prompt = count(value['prompt_tokens']);
  const promptDetails = objectOr(value['prompt_tokens_details'], {});
  const cacheRead = count(promptDetails['cached_tokens'] ?? value['prompt_cache_hit_tokens'] ?? value['cached_tokens']);
  const cacheWrite = count(promptDetails['cache_write_tokens']) ?? count(value['cache_creation_input_tokens']);
  const completion = count(value['completion_tokens']);
  const completionDetails = objectOr(value['completion_tokens_details'], {});
  const reasoning = count(completionDetails['reasoning_tokens'] ?? value['reasoning_tokens']);
  const total = count(value['total_tokens']);
  // Some count thoughts beside the completion (xAI): the total tells.
  const apart = (reasoning ?? 0) > 0 && total === (prompt ?? 0) + (completion ?? 0) + (reasoning ?? 0);
  const costUsd = numberOr(value['cost'], undefined);
  const cached = (cacheRead ?? 0) + (cacheWrite ?? 0);
  return {
    // More cached than there was: a server that counts the two apart.
    inputTokens: prompt === undefined || cached > prompt ? prompt : prompt - cached,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    outputTokens: completion === undefined ? undefined : completion + (apart ? (reasoning ?? 0) : 0),
    reasoningTokens: reasoning,
    ...(costUsd === undefined ? {} : { costUsd }),
    raw: value,
  };
}

function count(value: JsonValue | undefined): number | undefined {
  const number = numberOr(value, undefined);
  return number === undefined ? undefined : Math.max(0, number);
}

/** A piece of content: text, a thought (Mistral's lists of parts), or something to be kept as it is. */
export type ContentPiece =
  | { readonly kind: 'text' | 'thinking' | 'refusal'; readonly text: string }
  | { readonly kind: 'other'; readonly part: JsonObject };

/** `content` of a delta or message: a string, or a list of parts. */
export function readContent(content: JsonValue | undefined): readonly ContentPiece[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part): ContentPiece[] => {
    if (!isObject(part)) return [];
    switch (part['type']) {
      case 'text': case 'output_text': return [{ kind: 'text', text: stringOr(part['text'], '') }];
      case 'refusal': return [{ kind: 'refusal', text: stringOr(part['refusal'], '') }];
      case 'thinking': return [{ kind: 'thinking', text: thinkingText(part['thinking']) }];
      default: return [{ kind: 'other', part }];
    }
  });
}

function thinkingText(value: JsonValue | undefined): string {
  if (!Array.isArray(value)) return stringOr(value, '');
  return value.map((part) => (isObject(part) ? stringOr(part['text'], '') : '')).join('');
}
