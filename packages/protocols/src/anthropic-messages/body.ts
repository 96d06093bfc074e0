/**
 * The body of `POST /v1/messages`, from a request in no vendor's shape.
 *
 * Members stand in one fixed order and history is only appended to, so that the beginning of a conversation is the same, byte
 * for byte, in every later request of it; only the cache marks move, and they are no content. Signatures are bound to that.
 *
 * The marks (at most four): last tool, system prompt, last block of the last two messages of the user. The newer of these writes
 * what the next turn reads; the older one reads what the turn before wrote, also when more blocks came in between than the server
 * looks back (20).
 *
 * Never sent: sampling settings (newer models refuse them), an assistant's turn to be continued (likewise), blank texts and a
 * thought at the end of a turn (refused), an answer that the model declined to finish.
 */
import {
  isObject, type JsonObject, type JsonValue, type MediaPart, type ModelCapabilities, type ModelRequest, type ProtocolContext,
  ProviderError, type ReplayAssistant, type ReplayMessage, sanitizeText, stringOr, type ToolCallPart, type ToolDefinition,
  type ToolResultPart, toReplay, type UserPart,
} from '@sx/llm/provider-kit';

import { toOutputSchema } from './output-schema.ts';
import { isForced, planThinking, type ThinkingPlan } from './thinking.ts';
import { isThinking } from './wire.ts';

const CALL_ID_CHARS_MAX = 64;
/** Where the model's own limit is unknown, and beyond which an answer is no answer any more. */
const OUTPUT_TOKENS_DEFAULT = 32_000;
const OUTPUT_TOKENS_USUAL = 64_000;
const CACHE_MARK: JsonObject = { type: 'ephemeral' };
const CONTINUE: JsonObject = { type: 'text', text: 'Continue.' };

export function toBody(request: ModelRequest, { origin, capabilities }: ProtocolContext, official: boolean): JsonObject {
  const messages = toMessages(toReplay(request.messages, origin, capabilities, { callIdCharsMax: CALL_ID_CHARS_MAX }), official);
  if (messages.length === 0) throw new ProviderError('PROVIDER_INVALID_REQUEST', 'the conversation is empty: nothing to send');
  const maxTokens = outputTokens(request, capabilities);
  const plan = planThinking(request, capabilities, { maxTokens, official, mayBegin: beginsWithThought(messages) });
  const system = sanitizeText(request.system);
  const tools = request.tools.length === 0 ? calledTools(messages) : request.tools.map(toTool);
  const output = toOutputConfig(request, capabilities, plan);
  return {
    model: request.model,
    max_tokens: maxTokens,
    ...(system.trim() === '' ? {} : { system: [{ type: 'text', text: system, cache_control: CACHE_MARK }] }),
    ...(tools.length === 0 ? {} : { tools: markLast(tools), tool_choice: toToolChoice(request, plan) }),
    messages: markMessages(messages),
    ...(plan.thinking === undefined ? {} : { thinking: plan.thinking }),
    ...(Object.keys(output).length === 0 ? {} : { output_config: output }),
    ...stopsOf(request),
    stream: true,
  };
}

/** What the body leaves out of the request, a line for each. */
export function warningsOf(request: ModelRequest, { capabilities }: ProtocolContext): string[] {
  const warnings: string[] = [];
  if (isForced(request) && capabilities.extra?.['forcedTools'] === false) {
    warnings.push(`${request.model} takes no forced tool: it is asked, not made, to call one`);
  }
  const { maxOutputTokens } = request;
  if (maxOutputTokens !== undefined && maxOutputTokens > (capabilities.maxOutputTokens ?? Infinity)) {
    warnings.push(`${request.model} answers with ${capabilities.maxOutputTokens} tokens at most, not ${maxOutputTokens}`);
  }
  if (request.verbosity !== undefined) warnings.push('this protocol has no verbosity: left out');
  const blank = (request.stopSequences ?? []).some((text) => text.trim() === '');
  if (blank) warnings.push('this protocol takes no blank stop sequence: left out');
  return warnings;
}

/** Blank ones are refused, and with them the whole request. */
function stopsOf({ stopSequences = [] }: ModelRequest): JsonObject {
  const stops = stopSequences.filter((text) => text.trim() !== '');
  return stops.length === 0 ? {} : { stop_sequences: stops };
}

function outputTokens({ maxOutputTokens }: ModelRequest, { maxOutputTokens: most }: ModelCapabilities): number {
  if (maxOutputTokens !== undefined) return Math.min(maxOutputTokens, most ?? maxOutputTokens);
  return most === undefined ? OUTPUT_TOKENS_DEFAULT : Math.min(most, OUTPUT_TOKENS_USUAL);
}

/** Combinators at the root are refused, and with them the whole request: what is left still names the properties. */
function toTool({ name, description, inputSchema }: ToolDefinition): JsonObject {
  const { $schema: _, anyOf: _any, oneOf: _one, allOf: _all, ...schema } = inputSchema;
  return { name, description: sanitizeText(description), input_schema: { ...schema, type: 'object' } };
}

/** Tools that are offered no more, once called: a history with calls is refused where no tool is defined. None may be chosen. */
function calledTools(messages: readonly WireMessage[]): JsonObject[] {
  const calls = messages.flatMap(({ content }) => content).filter((block) => isObject(block) && block['type'] === 'tool_use');
  const names = new Set(calls.map((call) => (isObject(call) ? stringOr(call['name'], '') : '')));
  return [...names].map((name) => ({ name, description: 'No longer available.', input_schema: { type: 'object' } }));
}

function toToolChoice({ tools, toolChoice = 'auto', parallelToolCalls }: ModelRequest, { cannotForce }: ThinkingPlan): JsonObject {
  if (toolChoice === 'none' || tools.length === 0) return { type: 'none' };
  const single = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === 'auto' || cannotForce) return { type: 'auto', ...single };
  return toolChoice === 'required' ? { type: 'any', ...single } : { type: 'tool', name: toolChoice.name, ...single };
}

function toOutputConfig({ responseFormat }: ModelRequest, capabilities: ModelCapabilities, { effort }: ThinkingPlan): JsonObject {
  if (responseFormat !== undefined && capabilities.structuredOutput === 'tool') {
    throw new ProviderError('PROVIDER_UNSUPPORTED', 'this model gives no structured output');
  }
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(responseFormat === undefined ? {} : { format: { type: 'json_schema', schema: toOutputSchema(responseFormat.schema) } }),
  };
}

interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: JsonValue[];
}

/** Results and prompts are both the user's; neighbours are one message. It begins and ends with the user. */
function toMessages(replayed: readonly ReplayMessage[], official: boolean): WireMessage[] {
  const messages: WireMessage[] = [];
  const add = (role: WireMessage['role'], content: readonly JsonValue[]): void => {
    const last = messages.at(-1);
    if (content.length === 0) return;
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content: [...content] });
  };
  let declined = false;
  for (const message of replayed) {
    switch (message.role) {
      case 'user':
        add('user', message.content.flatMap(toBlock));
        break;
      case 'assistant': {
        // Kept in the history it would be declined again, whatever is asked next.
        declined = message.finishReason === 'refusal';
        if (declined) break;
        const content = toAssistantContent(message, official);
        const last = messages.at(-1);
        if (content.length > 0 && (last === undefined || (last.role === 'assistant' && !isPaused(last)))) add('user', [CONTINUE]);
        add('assistant', content);
        break;
      }
      case 'tool': {
        if (declined) break;
        // Results come before anything else: an ordinary block between two of them would orphan the second.
        const results = message.content.map(toResult);
        add('user', [...results.map(({ block }) => block), ...results.flatMap(({ behind }) => behind)]);
        break;
      }
      default:
        message satisfies never;
    }
  }
  const last = messages.at(-1);
  if (last?.role === 'assistant' && !isPaused(last)) add('user', [CONTINUE]);
  return messages;
}

/** The vendor paused one of its own tools: it goes on where it stopped, and wants no word of the user's. */
function isPaused({ content }: WireMessage): boolean {
  const last = content.at(-1);
  return isObject(last) && stringOr(last['type'], '').endsWith('_tool_use');
}

function toAssistantContent(message: ReplayAssistant, official: boolean): JsonValue[] {
  const { raw, content } = message;
  if (raw === undefined) return content.flatMap(toForeignBlock);
  const calls = new Set(content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])));
  const blocks = raw.filter((block) => isReplayable(block, calls, official));
  while (isThinking(blocks.at(-1))) blocks.pop();
  return blocks;
}

function isReplayable(block: JsonValue, calls: ReadonlySet<string>, official: boolean): boolean {
  if (!isObject(block)) return false;
  switch (block['type']) {
    case 'text':
      return stringOr(block['text'], '').trim() !== '';
    case 'thinking':
      // Imitators sign nothing, and want their thoughts back all the same.
      return !official || stringOr(block['signature'], '') !== '';
    case 'tool_use':
      return calls.has(stringOr(block['id'], ''));
    default:
      return true;
  }
}

/** What another vendor's model said, as if this one had. */
function toForeignBlock(part: ReplayAssistant['content'][number]): JsonObject[] {
  if (part.type === 'text') return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
  const name = part.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 128);
  return [{ type: 'tool_use', id: part.id, name: name === '' ? 'unknown' : name, input: toInput(part) }];
}

function toInput({ input, inputText, freeform }: ToolCallPart): JsonObject {
  return input ?? (freeform === true ? { input: inputText } : { INVALID_JSON: inputText });
}

/** An error result holds text alone; what else it had comes behind all results, as ordinary blocks. */
function toResult({ callId, isError, content }: ToolResultPart): { block: JsonObject; behind: readonly JsonObject[] } {
  const inside = content.filter((part) => !isError || part.type === 'text').flatMap(toBlock);
  const behind = isError ? content.filter((part) => part.type === 'media').flatMap(toBlock) : [];
  const said = inside.length > 0 ? inside : [{ type: 'text', text: '(no output)' }];
  return { block: { type: 'tool_result', tool_use_id: callId, content: said, ...(isError ? { is_error: true } : {}) }, behind };
}

function toBlock(part: UserPart): JsonObject[] {
  if (part.type === 'text') return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
  return [toMediaBlock(part)];
}

function toMediaBlock({ mediaType, data, filename }: MediaPart): JsonObject {
  const source = { type: 'base64', media_type: mediaType, data };
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  return { type: 'document', source, ...(filename === undefined ? {} : { title: sanitizeText(filename) }) };
}

/** True where a turn begins, and in a turn whose first words were a thought. */
function beginsWithThought(messages: readonly WireMessage[]): boolean {
  const isResult = (block: JsonValue): boolean => isObject(block) && block['type'] === 'tool_result';
  const turn = messages.findLastIndex(({ role, content }) => role === 'user' && !content.some(isResult));
  const first = messages.slice(turn + 1).find(({ role }) => role === 'assistant');
  return first === undefined || isThinking(first.content[0]);
}

function markLast(blocks: readonly JsonValue[]): JsonValue[] {
  const last = blocks.at(-1);
  return isObject(last) ? [...blocks.slice(0, -1), { ...last, cache_control: CACHE_MARK }] : [...blocks];
}

function markMessages(messages: readonly WireMessage[]): JsonObject[] {
  const marked = new Set(messages.filter(({ role }) => role === 'user').slice(-2));
  return messages.map((message): JsonObject => {
    const { role, content } = message;
    return { role, content: marked.has(message) ? markLast(content) : content };
  });
}
