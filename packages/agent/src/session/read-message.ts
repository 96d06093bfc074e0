/**
 * Messages out of a session file: `unknown` in, the types of `@sx/llm` out, or an error that names the JSON path. Pure.
 *
 * Checked is what the program relies on. The vendor's content and usage are kept as they stand, members that nobody knows
 * included.
 */
import {
  type AssistantMessage, type AssistantPart, type FinishReason, isObject, JsonPathError, type JsonValue, noUsage, type Origin,
  type ProviderMetadata, readArray, readObject, readString, type ToolResultPart, type Usage, type UserMessage, type UserPart,
} from '@sx/llm';

const FINISH_REASONS: readonly FinishReason[] = [
  'end', 'tool-use', 'length', 'stop-sequence', 'pause', 'refusal', 'blocked', 'context-overflow', 'error', 'aborted',
];

/** @throws {JsonPathError} */
export function readStoredMessage(value: unknown, path: string): UserMessage | AssistantMessage {
  const message = readObject(value, path);
  const role = readString(message['role'], `${path}.role`);
  const content = readArray(message['content'], `${path}.content`);
  const metadata = message['providerMetadata'];
  if (role === 'user') return { role, content: content.map((part, index) => readUserPart(part, `${path}.content[${index}]`)) };
  if (role !== 'assistant') throw new JsonPathError(`${path}.role`, '"user" or "assistant"', role);
  const finishReason = FINISH_REASONS.find((reason) => reason === message['finishReason']);
  if (finishReason === undefined) throw new JsonPathError(`${path}.finishReason`, 'a finish reason', message['finishReason']);
  return {
    role,
    content: content.map((part, index) => readAssistantPart(part, `${path}.content[${index}]`)),
    origin: readOrigin(message['origin'], `${path}.origin`),
    finishReason,
    ...optional('rawFinishReason', message['rawFinishReason'], `${path}.rawFinishReason`),
    ...(message['usage'] === undefined ? {} : { usage: readUsage(message['usage'], `${path}.usage`) }),
    ...optional('responseId', message['responseId'], `${path}.responseId`),
    ...optional('responseModel', message['responseModel'], `${path}.responseModel`),
    ...optional('requestId', message['requestId'], `${path}.requestId`),
    ...(metadata === undefined ? {} : { providerMetadata: readMetadata(metadata, `${path}.providerMetadata`) }),
  };
}

/** @throws {JsonPathError} */
export function readToolResult(value: unknown, path: string): ToolResultPart {
  const result = readObject(value, path);
  return {
    type: 'tool-result',
    callId: readString(result['callId'], `${path}.callId`),
    name: readString(result['name'], `${path}.name`),
    isError: result['isError'] === true,
    content: readArray(result['content'], `${path}.content`).map((part, index) =>
      readUserPart(part, `${path}.content[${index}]`)),
  };
}

/** @throws {JsonPathError} */
export function readOrigin(value: unknown, path: string): Origin {
  const origin = readObject(value, path);
  return {
    provider: readString(origin['provider'], `${path}.provider`),
    protocol: readString(origin['protocol'], `${path}.protocol`),
    model: readString(origin['model'], `${path}.model`),
    ...optional('baseUrl', origin['baseUrl'], `${path}.baseUrl`),
  };
}

function readUserPart(value: JsonValue, path: string): UserPart {
  const part = readObject(value, path);
  if (part['type'] === 'text') return { type: 'text', text: readString(part['text'], `${path}.text`) };
  if (part['type'] !== 'media') throw new JsonPathError(`${path}.type`, '"text" or "media"', part['type']);
  return {
    type: 'media',
    mediaType: readString(part['mediaType'], `${path}.mediaType`),
    data: readString(part['data'], `${path}.data`),
    ...optional('filename', part['filename'], `${path}.filename`),
  };
}

function readAssistantPart(value: JsonValue, path: string): AssistantPart {
  const part = readObject(value, path);
  const { type } = part;
  if (type === 'text' || type === 'reasoning') return { type, text: readString(part['text'], `${path}.text`) };
  if (type !== 'tool-call') throw new JsonPathError(`${path}.type`, '"text", "reasoning" or "tool-call"', type);
  return {
    type,
    id: readString(part['id'], `${path}.id`),
    name: readString(part['name'], `${path}.name`),
    // Not there where the arguments were no JSON object.
    input: isObject(part['input']) ? part['input'] : undefined,
    inputText: readString(part['inputText'], `${path}.inputText`),
    ...(part['freeform'] === true ? { freeform: true } : {}),
  };
}

function readMetadata(value: unknown, path: string): ProviderMetadata {
  const metadata = readObject(value, path);
  return { origin: readOrigin(metadata['origin'], `${path}.origin`), raw: readArray(metadata['raw'], `${path}.raw`) };
}

function readUsage(value: unknown, path: string): Usage {
  const usage = readObject(value, path);
  const tokens = (name: string): number | undefined => (typeof usage[name] === 'number' ? usage[name] : undefined);
  return {
    ...noUsage,
    inputTokens: tokens('inputTokens'),
    cacheReadTokens: tokens('cacheReadTokens'),
    cacheWriteTokens: tokens('cacheWriteTokens'),
    outputTokens: tokens('outputTokens'),
    reasoningTokens: tokens('reasoningTokens'),
    ...(typeof usage['costUsd'] === 'number' ? { costUsd: usage['costUsd'] } : {}),
    ...(usage['raw'] === undefined ? {} : { raw: usage['raw'] }),
  };
}

function optional<Name extends string>(
  name: Name,
  value: JsonValue | undefined,
  path: string,
): { readonly [Key in Name]?: string } {
  const member: { [Key in Name]?: string } = {};
  if (value !== undefined) member[name] = readString(value, path);
  return member;
}
