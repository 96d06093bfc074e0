/**
 * The body of `POST /responses`, from a request in no vendor's shape.
 *
 * Members stand in one fixed order and depend on the request alone, so that the beginning of a conversation is the same,
 * byte for byte, in every later request of it: prompt caches live on that. Never sent: ids of items (`store` is false, the
 * server knows none), sampling settings, anything that the dialect refuses.
 *
 * Lite mode (`capabilities.extra.useResponsesLite`, Codex only) puts tools and instructions into `input`, because some models
 * are served by a backend that takes nothing else.
 */
import {
  isObject, type JsonObject, type JsonValue, type MediaPart, type ModelCapabilities, type ModelRequest, type ProtocolContext,
  ProviderError, type ReplayAssistant, sanitizeText, stringOr, type ToolCallPart, type ToolDefinition, type ToolResultPart,
  toReplay, toWireEffort, type UserPart,
} from '@sx/llm/provider-kit';

import { isStrictSchema } from '../strict-schema.ts';
import { type Dialect, REPLAYED_MEMBERS } from './wire.ts';

const CALL_ID_CHARS_MAX = 64;
/** The public API refuses less. */
const OUTPUT_TOKENS_MIN = 16;

export function toBody(request: ModelRequest, { origin, capabilities: given }: ProtocolContext, dialect: Dialect): JsonObject {
  const lite = dialect === 'codex' && isLite(given);
  // The Codex backend knows no files in messages.
  const capabilities = dialect === 'codex' ? { ...given, documentInput: false } : given;
  const messages = toReplay(request.messages, origin, capabilities, { callIdCharsMax: CALL_ID_CHARS_MAX });
  const history = toInput(messages, dialect, lite);
  if (history.length === 0) throw new ProviderError('PROVIDER_INVALID_REQUEST', 'the conversation is empty: nothing to send');
  const tools = request.tools.map(toTool);
  const system = sanitizeText(request.system);
  const reasoning = toReasoning(request, capabilities, dialect, lite);
  const text = toText(request, capabilities);
  const thinks = capabilities.efforts === undefined || capabilities.efforts.length > 0;
  const parallel = !lite && (request.parallelToolCalls ?? capabilities.parallelToolCalls ?? true);
  const head = lite
    ? { input: [...liteHead(tools, system), ...history] }
    : { instructions: system, input: history, ...toolsOf(tools, dialect) };
  return {
    model: request.model,
    ...head,
    ...(tools.length > 0 || dialect === 'codex' ? { tool_choice: toToolChoice(request.toolChoice) } : {}),
    ...(tools.length > 0 ? { parallel_tool_calls: parallel } : {}),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(dialect === 'public' && request.maxOutputTokens !== undefined
      ? { max_output_tokens: Math.max(OUTPUT_TOKENS_MIN, request.maxOutputTokens) }
      : {}),
    store: false,
    stream: true,
    ...(thinks ? { include: ['reasoning.encrypted_content'] } : {}),
    prompt_cache_key: request.sessionId,
    ...(text === undefined ? {} : { text }),
  };
}

/** What the body leaves out of the request, a line for each. */
export function warningsOf(request: ModelRequest, dialect: Dialect): string[] {
  const warnings: string[] = [];
  if (dialect === 'codex' && request.maxOutputTokens !== undefined) {
    warnings.push('this server takes no limit of output tokens: left out');
  }
  if ((request.stopSequences ?? []).length > 0) warnings.push('this protocol takes no stop sequences: left out');
  if (request.thinkingBudgetTokens !== undefined) {
    warnings.push('this protocol takes an effort, no budget of thinking tokens: left out');
  }
  return warnings;
}

export function isLite(capabilities: ModelCapabilities): boolean {
  return capabilities.extra?.['useResponsesLite'] === true;
}

function toolsOf(tools: readonly JsonObject[], dialect: Dialect): JsonObject {
  return tools.length > 0 || dialect === 'codex' ? { tools } : {};
}

/** `strict` is written out: absent, it counts as true, and optional arguments become required. */
function toTool({ name, description, inputSchema }: ToolDefinition): JsonObject {
  const { $schema: _, ...schema } = inputSchema;
  const parameters = { type: 'object', properties: {}, ...schema };
  return { type: 'function', name, description: sanitizeText(description), strict: false, parameters };
}

function toToolChoice(choice: ModelRequest['toolChoice']): JsonValue {
  if (choice === undefined) return 'auto';
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name };
}

function toReasoning(
  request: ModelRequest,
  capabilities: ModelCapabilities,
  dialect: Dialect,
  lite: boolean,
): JsonObject | undefined {
  if (capabilities.efforts?.length === 0) return undefined;
  const effort = request.effort === undefined ? undefined : toWireEffort(request.effort);
  // On the public API summaries need a verified organization: only where the provider says that they work.
  const summaries = capabilities.extra?.['reasoningSummary'] ?? dialect === 'codex';
  const reasoning = {
    ...(effort === undefined ? {} : { effort }),
    ...(summaries === true && effort !== 'none' ? { summary: 'auto' } : {}),
    ...(lite ? { context: 'all_turns' } : {}),
  };
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

function toText({ verbosity, responseFormat }: ModelRequest, capabilities: ModelCapabilities): JsonObject | undefined {
  const spoken = capabilities.extra?.['verbosity'] === false ? undefined : verbosity;
  if (spoken === undefined && responseFormat === undefined) return undefined;
  const said = spoken === undefined ? {} : { verbosity: spoken };
  if (responseFormat === undefined) return said;
  const { schema, name } = responseFormat;
  return { ...said, format: { type: 'json_schema', strict: isStrictSchema(schema), schema, name } };
}

function liteHead(tools: readonly JsonObject[], system: string): JsonObject[] {
  const functions = { type: 'namespace', name: 'functions', description: '', tools };
  return [
    { type: 'additional_tools', role: 'developer', tools: tools.length === 0 ? [] : [functions] },
    ...(system === '' ? [] : [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text: system }] }]),
  ];
}

function toInput(messages: ReturnType<typeof toReplay>, dialect: Dialect, lite: boolean): JsonObject[] {
  /** Ids of free-form calls: their results are of another kind. */
  const freeform = new Set<string>();
  return messages.flatMap((message): JsonObject[] => {
    switch (message.role) {
      case 'user':
        return [{ type: 'message', role: 'user', content: message.content.map((part) => toContent(part, lite)) }];
      case 'assistant': {
        const items = message.raw === undefined ? message.content.map(toItem) : replayRaw(message, message.raw, dialect);
        for (const item of items) if (item['type'] === 'custom_tool_call') freeform.add(stringOr(item['call_id'], ''));
        return items;
      }
      case 'tool':
        return message.content.map((result) => toResult(result, freeform.has(result.callId), lite));
      default:
        return message satisfies never;
    }
  });
}

/** What another vendor's model said, as if this one had. */
function toItem(part: ReplayAssistant['content'][number]): JsonObject {
  if (part.type === 'text') return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: part.text }] };
  return { type: 'function_call', name: part.name, arguments: toArguments(part), call_id: part.id };
}

function toArguments(call: ToolCallPart): string {
  // Text that is no JSON object would be refused; so it is shown as the one argument it was meant to be.
  if (call.input === undefined) return JSON.stringify({ input: call.inputText });
  return call.inputText.trim() === '' ? JSON.stringify(call.input) : call.inputText;
}

/** Our own items again: same order, same bytes, without what the server would look up and not find. */
function replayRaw(message: ReplayAssistant, raw: readonly JsonValue[], dialect: Dialect): JsonObject[] {
  const calls = new Set(message.content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])));
  const items = raw.flatMap((item) => (isObject(item) ? replayItem(item, calls, dialect) : []));
  // A thought that led to nothing, because the output was cut, is refused.
  while (items.at(-1)?.['type'] === 'reasoning') items.pop();
  return items;
}

function replayItem(item: JsonObject, calls: ReadonlySet<string>, dialect: Dialect): JsonObject[] {
  const type = stringOr(item['type'], '');
  const members = REPLAYED_MEMBERS.get(type);
  if (members === undefined) return dialect === 'public' ? replayUnknown(item) : [];
  if ((type === 'function_call' || type === 'custom_tool_call') && !calls.has(stringOr(item['call_id'], ''))) return [];
  if (type === 'reasoning') return replayReasoning(item, dialect);
  if (type === 'message') return replayMessage(item, dialect);
  return [pick(item, members)];
}

/** Without encrypted content a thought is of no use to a server that stores nothing. Imitators send the open text. */
function replayReasoning(item: JsonObject, dialect: Dialect): JsonObject[] {
  const summary = Array.isArray(item['summary']) ? item['summary'] : [];
  const encrypted = item['encrypted_content'];
  if (typeof encrypted === 'string') return [{ type: 'reasoning', summary, encrypted_content: encrypted }];
  const content = item['content'];
  return dialect === 'public' && Array.isArray(content) && content.length > 0 ? [{ type: 'reasoning', summary, content }] : [];
}

function replayMessage(item: JsonObject, dialect: Dialect): JsonObject[] {
  const content = (Array.isArray(item['content']) ? item['content'] : []).flatMap((part): JsonObject[] => {
    if (!isObject(part)) return [];
    if (part['type'] === 'refusal') return [{ type: 'refusal', refusal: stringOr(part['refusal'], '') }];
    if (part['type'] !== 'output_text') return dialect === 'public' ? [part] : [];
    const annotations = dialect === 'public' && Array.isArray(part['annotations']) ? { annotations: part['annotations'] } : {};
    return [{ type: 'output_text', text: stringOr(part['text'], ''), ...annotations }];
  });
  if (content.length === 0) return [];
  const phase = stringOr(item['phase'], undefined);
  return [{ type: 'message', role: 'assistant', content, ...(phase === undefined ? {} : { phase }) }];
}

/** Kinds of items that did not exist when this was written: back as they came, unless they wait for an answer. */
function replayUnknown(item: JsonObject): JsonObject[] {
  if (item['call_id'] !== undefined) return [];
  const { id: _, ...kept } = item;
  return [kept];
}

function pick(item: JsonObject, members: readonly string[]): JsonObject {
  const kept: Record<string, JsonValue> = { type: stringOr(item['type'], '') };
  for (const member of members) {
    const value = item[member];
    if (value !== undefined && value !== null) kept[member] = value;
  }
  return kept;
}

function toResult(result: ToolResultPart, freeform: boolean, lite: boolean): JsonObject {
  const type = freeform ? 'custom_tool_call_output' : 'function_call_output';
  const texts = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const output = texts.length === result.content.length ? texts.join('\n') : result.content.map((part) => toContent(part, lite));
  return { type, call_id: result.callId, output };
}

function toContent(part: UserPart, lite: boolean): JsonObject {
  if (part.type === 'text') return { type: 'input_text', text: part.text };
  const url = `data:${part.mediaType};base64,${part.data}`;
  if (!part.mediaType.startsWith('image/')) return toFile(part, url);
  return { type: 'input_image', image_url: url, ...(lite ? {} : { detail: 'high' }) };
}

function toFile(part: MediaPart, url: string): JsonObject {
  return { type: 'input_file', filename: part.filename ?? 'document.pdf', file_data: url };
}
