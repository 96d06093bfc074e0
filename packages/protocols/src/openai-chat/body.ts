/**
 * The body of `POST /chat/completions`, from a request in no vendor's shape.
 *
 * Members stand in one fixed order and depend on the request alone, so that the beginning of a conversation is the same,
 * byte for byte, in every later request of it. Never sent: sampling settings (models that think refuse them), `store`, and
 * whatever the dialect says that the server does not take; what is left out of the request for that reason has a warning.
 *
 * Results of tools are text here. Their images follow in a message of the user, after all results of the turn. Arguments of
 * calls are JSON objects on their way back, whatever the model wrote: local templates fail on anything else.
 */
import {
  isObject, type JsonObject, type JsonValue, type ModelRequest, parseJson, type ProtocolContext, ProviderError,
  type ReplayAssistant, sanitizeText, stringOr, type TextPart, type ToolCallPart, type ToolDefinition, type ToolMessage,
  toReplay, toWireEffort, type UserPart,
} from '@sx/llm/provider-kit';

import { isStrictSchema } from '../strict-schema.ts';
import { createNineCharIds } from './nine-char-ids.ts';
import { type ChatDialect, REASONING_MEMBERS } from './wire.ts';

const CALL_ID_CHARS_MAX = 40;

export function toBody(request: ModelRequest, { origin, capabilities }: ProtocolContext, dialect: ChatDialect): JsonObject {
  const replay = toReplay(request.messages, origin, capabilities, { callIdCharsMax: CALL_ID_CHARS_MAX });
  if (replay.length === 0) throw new ProviderError('PROVIDER_INVALID_REQUEST', 'the conversation is empty: nothing to send');
  const cached = capabilities.extra?.['cacheControl'] === true;
  const history = toMessages(replay, dialect);
  const tools = request.tools.length > 0 ? request.tools.map(toTool) : dialect.toolsWithHistory === true ? toolsOf(replay) : [];
  const choice = request.tools.length > 0 ? toToolChoice(request.toolChoice) : 'none';
  // Every server's default is that they may; not every one knows how to be told.
  const parallel = request.parallelToolCalls ?? (capabilities.parallelToolCalls === false ? false : undefined);
  const verbosity = dialect.verbosity && capabilities.extra?.['verbosity'] !== false ? request.verbosity : undefined;
  const system = sanitizeText(request.system);
  const messages = [...(system === '' ? [] : [{ role: dialect.systemRole, content: system }]), ...history];
  return {
    model: request.model,
    messages: cached ? withBreakpoints(messages) : messages,
    ...(tools.length === 0 ? {} : { tools, tool_choice: choice }),
    ...(tools.length > 0 && dialect.parallelSwitch && parallel !== undefined ? { parallel_tool_calls: parallel } : {}),
    ...(request.maxOutputTokens === undefined ? {} : { [dialect.maxTokensMember]: request.maxOutputTokens }),
    ...((request.stopSequences ?? []).length === 0 ? {} : { stop: [...request.stopSequences ?? []] }),
    ...(capabilities.efforts?.length === 0 ? {} : toThinking(request, dialect)),
    ...(verbosity === undefined ? {} : { verbosity }),
    ...(request.responseFormat === undefined ? {} : { response_format: toFormat(request.responseFormat) }),
    stream: true,
    ...(dialect.usageOnRequest ? { stream_options: { include_usage: true } } : {}),
    ...(dialect.promptCacheKey ? { prompt_cache_key: request.sessionId } : {}),
    ...dialect.constants,
  };
}

/** What the body leaves out of the request, a line for each. */
export function warningsOf(request: ModelRequest, dialect: ChatDialect): string[] {
  const warnings: string[] = [];
  const { effort } = request;
  if (effort !== undefined && dialect.effortMember === undefined && (effort !== 'off' || dialect.thinkingSwitch === undefined)) {
    warnings.push(`this server takes no effort: ${effort} is left out`);
  }
  if (request.thinkingBudgetTokens !== undefined && dialect.effortMember !== 'reasoning') {
    warnings.push('this protocol takes an effort, no budget of thinking tokens: left out');
  }
  if (request.verbosity !== undefined && !dialect.verbosity) warnings.push('this server takes no verbosity: left out');
  if (request.parallelToolCalls === false && !dialect.parallelSwitch) {
    warnings.push('this server takes no switch for parallel calls: left out');
  }
  return warnings;
}

/** `strict` is left out: absent, it counts as false here. */
function toTool({ name, description, inputSchema }: ToolDefinition): JsonObject {
  const { $schema: _, ...schema } = inputSchema;
  const parameters = { type: 'object', properties: {}, ...schema };
  return { type: 'function', function: { name, description: sanitizeText(description), parameters } };
}

/** The tools that the history names, for servers that want some where there were calls. */
function toolsOf(replay: ReturnType<typeof toReplay>): JsonObject[] {
  const names = replay.flatMap((message) => (message.role === 'tool' ? message.content.map(({ name }) => name) : []));
  return [...new Set(names)].map((name) => toTool({ name, description: 'No longer offered.', inputSchema: {} }));
}

function toToolChoice(choice: ModelRequest['toolChoice']): JsonValue {
  if (choice === undefined) return 'auto';
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function toThinking({ effort, thinkingBudgetTokens }: ModelRequest, { effortMember, thinkingSwitch }: ChatDialect): JsonObject {
  const on = effort === undefined ? undefined : effort !== 'off';
  const switched = on === undefined || thinkingSwitch === undefined ? {} : toSwitch(thinkingSwitch, on);
  // A switch says off by itself.
  if (on === false && thinkingSwitch !== undefined) return switched;
  if (effortMember !== undefined && effort !== undefined) {
    const word = toWireEffort(effort);
    return { ...(effortMember === 'reasoning' ? { reasoning: { effort: word } } : { reasoning_effort: word }), ...switched };
  }
  if (effortMember !== 'reasoning' || thinkingBudgetTokens === undefined) return switched;
  return { reasoning: { max_tokens: thinkingBudgetTokens }, ...switched };
}

function toSwitch(member: NonNullable<ChatDialect['thinkingSwitch']>, on: boolean): JsonObject {
  switch (member) {
    case 'thinking': return { thinking: { type: on ? 'enabled' : 'disabled' } };
    case 'chat_template_kwargs': return { chat_template_kwargs: { enable_thinking: on } };
    case 'enable_thinking': return { enable_thinking: on };
    default: return member satisfies never;
  }
}

function toFormat({ name, schema }: NonNullable<ModelRequest['responseFormat']>): JsonObject {
  return { type: 'json_schema', json_schema: { name, schema, strict: isStrictSchema(schema) } };
}

const HAS_RESULTS: JsonObject = { role: 'assistant', content: 'I have the results.' };
/** Between two messages of the user, which are not joined: what was sent before stays as it is. */
const NO_ANSWER: JsonObject = { role: 'assistant', content: 'No answer: interrupted.' };

/** Ids as the server takes them; `own`: it gave this one itself, or it was adopted before. */
type ToId = (id: string, own: boolean) => string;

function toMessages(replay: ReturnType<typeof toReplay>, dialect: ChatDialect): JsonObject[] {
  const ids: ToId = dialect.nineCharIds === true ? createNineCharIds() : (id) => id;
  const messages: JsonObject[] = [];
  const push = (message: JsonObject): void => {
    const before = message['role'] === 'user' ? messages.at(-1)?.['role'] : undefined;
    if (before === 'tool' && dialect.assistantAfterResults === true) messages.push(HAS_RESULTS);
    if (before === 'user' && dialect.alternates === true) messages.push(NO_ANSWER);
    messages.push(message);
  };
  for (const message of replay) {
    switch (message.role) {
      case 'user': push({ role: 'user', content: toContent(message.content) }); break;
      case 'assistant': {
        const said = toAssistant(message, dialect, ids);
        if (said !== undefined) push(said);
        break;
      }
      case 'tool': toResults(message, ids).forEach(push); break;
      default: message satisfies never;
    }
  }
  return messages;
}

/** A string where text is all there is: many templates know nothing else. */
function toContent(parts: readonly UserPart[]): JsonValue {
  const texts = parts.filter((part) => part.type === 'text');
  return texts.length === parts.length ? joined(texts) : parts.map(toPart);
}

function joined(texts: readonly TextPart[]): string {
  return texts.map(({ text }) => text).join('\n\n');
}

function toPart(part: UserPart): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const url = `data:${part.mediaType};base64,${part.data}`;
  if (part.mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  return { type: 'file', file: { filename: part.filename ?? 'document.pdf', file_data: url } };
}

/** Undefined where nothing is left that could be said: a thought that the output limit cut. */
function toAssistant(message: ReplayAssistant, dialect: ChatDialect, ids: ToId): JsonObject | undefined {
  const [raw] = message.raw ?? [];
  const parts = message.content.filter((part) => part.type === 'tool-call');
  if (isObject(raw)) return replayRaw(raw, new Map(parts.map((part) => [part.id, part])), dialect, ids);
  const text = joined(message.content.filter((part) => part.type === 'text'));
  const calls = parts.map((part) => toCall(part, ids(part.id, false)));
  if (text === '' && calls.length === 0) return undefined;
  return {
    role: 'assistant',
    content: text === '' ? dialect.emptyContent : text,
    ...(calls.length > 0 && dialect.requiredReasoning !== undefined ? { [dialect.requiredReasoning]: '' } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function toCall(part: ToolCallPart, id: string): JsonObject {
  return { id, type: 'function', function: { name: part.name, arguments: toArguments(part.inputText) } };
}

/** Text that is no JSON object would be refused; so it is shown as the one argument it was meant to be. */
function toArguments(text: string): string {
  if (text.trim() === '') return '{}';
  return isObject(parseJson(text)) ? text : JSON.stringify({ input: text });
}

const SAID: ReadonlySet<string> = new Set(['role', 'content', 'refusal', 'tool_calls']);
const THOUGHT: ReadonlySet<string> = new Set(REASONING_MEMBERS);

/** Our own message again, as far as this server takes it. */
function replayRaw(
  raw: JsonObject,
  parts: ReadonlyMap<string, ToolCallPart>,
  dialect: ChatDialect,
  ids: ToId,
): JsonObject | undefined {
  const calls = (Array.isArray(raw['tool_calls']) ? raw['tool_calls'] : []).flatMap((call): JsonObject[] => {
    const id = isObject(call) ? stringOr(call['id'], '') : '';
    const part = parts.get(id);
    if (!isObject(call) || part === undefined) return [];
    const { id: _, type: __, function: ___, ...extra } = call;
    return [{ ...toCall(part, ids(id, true)), ...(dialect.keepsUnknown ? extra : {}) }];
  });
  const refusal = stringOr(raw['refusal'], '');
  const content = dialect.keepsUnknown ? raw['content'] : knownContent(raw['content']);
  const isSilent = content === '' || content === null || content === undefined;
  if (isSilent && calls.length === 0 && refusal === '') return undefined;
  const more: Record<string, JsonValue> = {};
  for (const [member, value] of Object.entries(raw)) {
    if (SAID.has(member) || value === undefined) continue;
    const goes = THOUGHT.has(member) ? dialect.replayedReasoning.some((name) => name === member) : dialect.keepsUnknown;
    if (goes) more[member] = value;
  }
  const required = dialect.requiredReasoning;
  if (required !== undefined && calls.length > 0) more[required] ??= '';
  return {
    role: 'assistant',
    content: !isSilent ? content : calls.length > 0 ? dialect.emptyContent : refusal,
    ...more,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function knownContent(content: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(content)) return content;
  return content.filter((part) => isObject(part) && (part['type'] === 'text' || part['type'] === 'thinking'));
}

function toResults({ content: results }: ToolMessage, ids: ToId): JsonObject[] {
  const messages = results.map(({ callId, content }): JsonObject => {
    const text = joined(content.filter((part) => part.type === 'text'));
    const rest = content.length > 0 && text === '' ? '(see below)' : '(no output)';
    return { role: 'tool', tool_call_id: ids(callId, true), content: text === '' ? rest : text };
  });
  const media = results.flatMap(({ name, content }) => content.flatMap((part): JsonObject[] =>
    part.type === 'media' ? [{ type: 'text', text: `From ${name}:` }, toPart(part)] : [],
  ));
  return media.length === 0 ? messages : [...messages, { role: 'user', content: media }];
}

/** Anthropic's models behind OpenRouter: breakpoints at the system prompt, at the last message, at the user's last words. */
function withBreakpoints(messages: readonly JsonObject[]): JsonObject[] {
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, index) => {
    const isPlace = index === 0 || index === messages.length - 1 || index === lastUser;
    return isPlace && message['role'] !== 'assistant' ? withBreakpoint(message) : message;
  });
}

function withBreakpoint(message: JsonObject): JsonObject {
  const { content } = message;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];
  const at = parts.findLastIndex((part) => isObject(part) && part['type'] === 'text');
  const mark = { cache_control: { type: 'ephemeral' } };
  const marked = parts.map((part, index) => (index === at && isObject(part) ? { ...part, ...mark } : part));
  return { ...message, content: marked };
}
