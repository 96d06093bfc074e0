/**
 * A neutral request as the body of `POST /v1/messages` (Anthropic Messages API, `anthropic-version: 2023-06-01`).
 *
 * Fields are written in one order and history is only appended to, so the prefix of the body stays the same from turn to turn, but for
 * the `cache_control` marks, which are no content. The marks: last tool, system prompt, last block of the last two user messages;
 * four is what the API takes. Never sent: sampling parameters (the newer models refuse them), prefill, empty text blocks.
 *
 * What differs between Anthropic and servers that only speak its dialect: those get no `thinking.display` and no `output_config`
 * unless their capabilities ask for it.
 */
import {
  type JsonObject, type JsonValue, type MediaPart, type ModelRequest, type ProtocolContext, ProviderError, type ReplayAssistant,
  type ReplayMessage, isObject, sanitizeText, toReplay, type ToolDefinition, type ToolResultPart, type UserPart,
} from '@sx/llm';

import { type ThinkingPlan, thinkingPlan } from './thinking.ts';

const CALL_ID_CHARS_MAX = 64;
const MAX_TOKENS_DEFAULT = 32_000;
const CACHED: JsonObject = { type: 'ephemeral' };

export interface Dialect {
  /** False for servers that speak the dialect without being Anthropic. Default true. */
  readonly official: boolean;
}

export function toBody(request: ModelRequest, context: ProtocolContext, dialect: Dialect): JsonObject {
  const { capabilities } = context;
  const maxTokens = request.maxOutputTokens ?? capabilities.maxOutputTokens ?? MAX_TOKENS_DEFAULT;
  const plan = thinkingPlan(request, capabilities, maxTokens, dialect.official);
  const outputConfig: JsonObject = {
    ...(plan.effort === undefined ? {} : { effort: plan.effort }),
    ...(request.responseFormat === undefined ? {} : { format: { type: 'json_schema', schema: request.responseFormat.schema } }),
  };
  return {
    model: request.model,
    max_tokens: maxTokens,
    system: [{ type: 'text', text: sanitizeText(request.system), cache_control: CACHED }],
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toTool), ...toToolChoice(request, plan) }),
    messages: markCache(toMessages(request, context)),
    ...(plan.thinking === undefined ? {} : { thinking: plan.thinking }),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    stream: true,
  };
}

function toTool(tool: ToolDefinition, index: number, tools: readonly ToolDefinition[]): JsonObject {
  const mark = index === tools.length - 1 ? { cache_control: CACHED } : {};
  return { name: tool.name, description: tool.description, input_schema: tool.inputSchema, ...mark };
}

/** A tool cannot be forced while the model thinks: then it is asked, not forced (`warnings` says so). */
function toToolChoice(request: ModelRequest, plan: ThinkingPlan): JsonObject {
  const { toolChoice = 'auto', parallelToolCalls } = request;
  const one = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === 'none') return { tool_choice: { type: 'none' } };
  if (toolChoice === 'auto' || !plan.mayForceTools) return parallelToolCalls === false ? { tool_choice: { type: 'auto', ...one } } : {};
  if (toolChoice === 'required') return { tool_choice: { type: 'any', ...one } };
  return { tool_choice: { type: 'tool', name: toolChoice.name, ...one } };
}

interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: JsonValue[];
}

/** User and tool messages are both `user` there; neighbours are one message, results of a turn first in it. */
function toMessages(request: ModelRequest, context: ProtocolContext): WireMessage[] {
  const replayed = toReplay(request.messages, context.origin, context.capabilities, { callIdCharsMax: CALL_ID_CHARS_MAX });
  const withoutThinking = context.capabilities.extra?.['dropThinking'] === true;
  const messages: WireMessage[] = [];
  for (const message of replayed) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = toContent(message, withoutThinking);
    if (content.length === 0) continue;
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content });
  }
  if (messages[0]?.role !== 'user') throw new ProviderError('PROVIDER_UNSUPPORTED', 'a conversation has to begin with a message of the user');
  return messages;
}

function toContent(message: ReplayMessage, withoutThinking: boolean): JsonValue[] {
  switch (message.role) {
    case 'user':
      return message.content.map(toBlock);
    case 'assistant':
      return toAssistantBlocks(message, withoutThinking);
    case 'tool': {
      // All results stand before anything else: an ordinary block between two of them would orphan the second.
      const results = message.content.map(toResult);
      return [...results.map(({ block }) => block), ...results.flatMap(({ behind }) => behind)];
    }
    default:
      return message satisfies never;
  }
}

function toAssistantBlocks({ raw, content }: ReplayAssistant, withoutThinking: boolean): JsonValue[] {
  if (raw !== undefined) return withoutThinking ? raw.filter((block) => !isThinking(block)) : [...raw];
  return content.map((part): JsonObject => {
    if (part.type === 'text') return { type: 'text', text: part.text };
    return { type: 'tool_use', id: part.id, name: part.name, input: part.input ?? {} };
  });
}

function isThinking(block: JsonValue): boolean {
  return isObject(block) && (block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
}

/** An error result holds text only; what else it had comes behind it, as ordinary blocks. */
function toResult(part: ToolResultPart): { block: JsonObject; behind: JsonValue[] } {
  const media = part.content.filter((item): item is MediaPart => item.type === 'media');
  const inside = part.isError ? part.content.filter((item) => item.type === 'text') : part.content;
  const block: JsonObject = {
    type: 'tool_result',
    tool_use_id: part.callId,
    content: inside.length === 0 ? '(no output)' : inside.map(toBlock),
    ...(part.isError ? { is_error: true } : {}),
  };
  return { block, behind: part.isError ? media.map(toBlock) : [] };
}

function toBlock(part: UserPart): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const source = { type: 'base64', media_type: part.mediaType, data: part.data };
  if (part.mediaType.startsWith('image/')) return { type: 'image', source };
  return { type: 'document', source, ...(part.filename === undefined ? {} : { title: sanitizeText(part.filename) }) };
}

/**
 * Marks the last block of the last two user messages: the newer mark writes the cache that the next turn reads, the older one reads what the
 * turn before wrote, also when more than twenty blocks (the API's look-back) came in between.
 */
function markCache(messages: readonly WireMessage[]): JsonObject[] {
  const marked = new Set(messages.filter(({ role }) => role === 'user').slice(-2));
  return messages.map((message): JsonObject => {
    const last = message.content.at(-1);
    if (!marked.has(message) || !isObject(last)) return { role: message.role, content: message.content };
    return { role: message.role, content: [...message.content.slice(0, -1), { ...last, cache_control: CACHED }] };
  });
}
