/** Rules for `messages`: roles, members, content, and tool messages that answer the calls right before them. */
import { canonicalJson, isArray, isObject, stringOf, parseJson, type Json, type JsonObject } from '../server/json.ts';
import { checkFileData, checkImageUrl } from '../responses/image-rules.ts';
import { refuseMissing, refuseParameter, refuseType, refuseUnknown, refuseValue } from '../responses/refusals.ts';
import type { ChatVendor } from './vendors.ts';

const CALL_ID_LENGTH_MAX = 40;
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content', 'name'],
  developer: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'tool_calls', 'refusal'],
  tool: ['role', 'content', 'tool_call_id'],
};

export interface IssuedReasoning {
  /** Canonical JSON of the `reasoning_details` that were sent. */
  readonly details: Set<string>;
  /** Thoughts that were sent. */
  readonly texts: Set<string>;
}

export function checkMessages(messages: Json | undefined, vendor: ChatVendor, issued: IssuedReasoning): void {
  if (messages === undefined) throw refuseMissing('messages');
  if (!isArray(messages)) throw refuseType('messages', 'an array of objects', messages);
  if (messages.length === 0) {
    throw refuseParameter(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  }
  messages.forEach((message, at) => checkMessage(message, `messages[${at}]`, vendor, issued));
  checkPairs(messages.filter(isObject));
  checkOrder(messages.filter(isObject), vendor);
}

function checkOrder(messages: readonly JsonObject[], vendor: ChatVendor): void {
  const spoken = messages.filter(({ role }) => role !== 'system' && role !== 'developer');
  spoken.forEach(({ role, tool_calls: calls }, at) => {
    const before = spoken[at - 1]?.['role'];
    if (vendor.alternates === true && role === 'user' && before === 'user') {
      throw refuseParameter('Conversation roles must alternate user/assistant/user/assistant/...', 'messages', null);
    }
    if (vendor.mistralOrder !== true) return;
    if (role === 'user' && before === 'tool') throw refuseParameter("Unexpected role 'user' after role 'tool'", 'messages', null);
    const odd = (isArray(calls) ? calls : []).find((call) => !/^[A-Za-z0-9]{9}$/.test(isObject(call) ? stringOf(call['id']) : ''));
    if (odd !== undefined) {
      throw refuseParameter('Tool call id must be a-z, A-Z, 0-9, with a length of 9.', `messages[${at}].tool_calls`, null);
    }
  });
}

function checkMessage(message: Json, path: string, vendor: ChatVendor, issued: IssuedReasoning): void {
  if (!isObject(message)) throw refuseType(path, 'an object', message);
  const role = stringOf(message['role']);
  const known = MEMBERS[role];
  const roles = Object.keys(MEMBERS).filter((name) => name !== 'developer' || vendor.developerRole);
  if (known === undefined || !roles.includes(role)) throw refuseValue(`${path}.role`, role, roles);
  const extra =
    Object.keys(message).find((name) => !known.includes(name) && name !== vendor.reasoningField && !(name === 'reasoning_details' && vendor.reasoningDetails === true));
  if (extra !== undefined && (vendor.strict || extra.startsWith('reasoning'))) throw refuseUnknown(`${path}.${extra}`);
  if (role === 'assistant') return checkAssistant(message, path, vendor, issued);
  const { content } = message;
  if (content === undefined || content === null) {
    throw refuseType(`${path}.content`, 'a string or an array of objects', content ?? null);
  }
  if (role === 'tool') {
    checkId(message['tool_call_id'], `${path}.tool_call_id`);
    if (
      typeof content !== 'string'
      && !(isArray(content)
      && content.every((part) => isObject(part)
      && part['type'] === 'text'))
    ) {
      throw refuseValue(`${path}.content`, 'image_url', ['text']);
    }
    return;
  }
  checkContent(content, `${path}.content`, role === 'user' ? ['text', 'image_url', 'file', 'input_audio'] : ['text']);
}

function checkContent(content: Json, path: string, kinds: readonly string[]): void {
  if (typeof content === 'string') return;
  if (!isArray(content)) throw refuseType(path, 'a string or an array of objects', content);
  content.forEach((part, at) => {
    const partPath = `${path}[${at}]`;
    if (!isObject(part)) throw refuseType(partPath, 'an object', part);
    const kind = stringOf(part['type']);
    if (!kinds.includes(kind)) throw refuseValue(`${partPath}.type`, kind, kinds);
    if (kind === 'text' && typeof part['text'] !== 'string') throw refuseMissing(`${partPath}.text`);
    if (kind === 'file') {
      const file = part['file'];
      if (!isObject(file)) throw refuseType(`${partPath}.file`, 'an object', file);
      if (file['file_id'] === undefined) checkFileData(file['filename'], file['file_data'], `${partPath}.file`);
    }
    if (kind !== 'image_url') return;
    if (!isObject(part['image_url'])) throw refuseType(`${partPath}.image_url`, 'an object', part['image_url']);
    checkImageUrl(part['image_url']['url'], `${partPath}.image_url.url`, true);
  });
}

function checkAssistant(message: JsonObject, path: string, vendor: ChatVendor, issued: IssuedReasoning): void {
  const calls = message['tool_calls'];
  const { content } = message;
  if (content === undefined || content === null) {
    if (calls === undefined && message['refusal'] === undefined) throw refuseType(`${path}.content`, 'a string', content ?? null);
    if (vendor.contentRequired) throw refuseType(`${path}.content`, 'a string', content ?? null);
  } else checkContent(content, `${path}.content`, ['text', 'refusal']);
  checkReasoning(message, path, vendor, issued, calls !== undefined);
  if (calls === undefined) return;
  if (!isArray(calls) || calls.length === 0) {
    throw refuseParameter(
      `Invalid '${path}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `${path}.tool_calls`,
      'empty_array',
    );
  }
  calls.forEach((call, at) => {
    const callPath = `${path}.tool_calls[${at}]`;
    if (!isObject(call)) throw refuseType(callPath, 'an object', call);
    checkId(call['id'], `${callPath}.id`);
    if (call['type'] !== 'function') throw refuseValue(`${callPath}.type`, call['type'], ['function']);
    if (!isObject(call['function'])) throw refuseMissing(`${callPath}.function`);
    if (stringOf(call['function']['name']) === '') throw refuseMissing(`${callPath}.function.name`);
    const text = call['function']['arguments'];
    if (typeof text !== 'string') throw refuseType(`${callPath}.function.arguments`, 'a string', text);
    if (!isObject(parseJson(text))) {
      throw refuseParameter(
        `Invalid '${callPath}.function.arguments': not a JSON object.`,
        `${callPath}.function.arguments`,
        'invalid_value',
      );
    }
  });
}

/** Thoughts go back as they came, to the server they came from, under its name for them. */
function checkReasoning(message: JsonObject, path: string, vendor: ChatVendor, issued: IssuedReasoning, hasCalls: boolean): void {
  const field = vendor.reasoningField;
  const details = message['reasoning_details'];
  if (details !== undefined && !issued.details.has(canonicalJson(details))) {
    throw refuseParameter(
      `${path}.reasoning_details: was not sent by this server, or was changed`,
      `${path}.reasoning_details`,
      'invalid_value',
    );
  }
  if (field === undefined) return;
  const text = message[field];
  if (text === undefined) {
    if (vendor.reasoningRequired === true && hasCalls) {
      throw refuseParameter(
        `Missing \`${field}\` field in the assistant message at message index ${/\d+/.exec(path)?.[0] ?? '0'}.`,
        `${path}.${field}`,
        'invalid_request_error',
      );
    }
    return;
  }
  if (typeof text !== 'string') throw refuseType(`${path}.${field}`, 'a string', text);
  if (text !== '' && !issued.texts.has(text)) {
    throw refuseParameter(`${path}.${field}: was not sent by this server, or was changed`, `${path}.${field}`, 'invalid_value');
  }
}

function checkId(id: Json | undefined, path: string): void {
  if (typeof id !== 'string' || id === '') throw refuseMissing(path);
  if (id.length <= CALL_ID_LENGTH_MAX) return;
  throw refuseParameter(
    `Invalid '${path}': string too long. Expected a string with maximum length ${CALL_ID_LENGTH_MAX}, but got a string with length ${id.length} instead.`,
    path,
    'string_above_max_length',
  );
}

function checkPairs(messages: readonly JsonObject[]): void {
  let open: string[] = [];
  const refuseOpen = () =>
    refuseParameter(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`,
      'messages',
      null,
    );
  messages.forEach((message, at) => {
    if (message['role'] === 'tool') {
      const id = stringOf(message['tool_call_id']);
      if (!open.includes(id)) {
        throw refuseParameter(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${at}].role`,
          null,
        );
      }
      open = open.filter((other) => other !== id);
      return;
    }
    if (open.length > 0) throw refuseOpen();
    if (isArray(message['tool_calls'])) open = message['tool_calls'].map((call) => (isObject(call) ? stringOf(call['id']) : ''));
    if (new Set(open).size !== open.length) {
      throw refuseParameter('Duplicate tool_call ids in one message.', `messages.[${at}].tool_calls`, null);
    }
  });
  if (open.length > 0) throw refuseOpen();
}
