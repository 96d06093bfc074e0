/**
 * What a request says of the conversation, in any of the four formats, as a flat list of units (`role`, one block): what caches and
 * signatures see. Marks of caching are not part of it.
 */
import { arrayOr, isObject, type JsonObject, type JsonValue, objectOr, parseJson } from '@sx/llm';

export type Format = 'responses' | 'messages' | 'chat' | 'gemini';

/** Every unit of the history, as text. */
export function unitsOf(body: JsonObject, format: Format): string[] {
  switch (format) {
    // In the lite form tools and instructions stand in front of the input.
    case 'responses': return arrayOr(body['input'], []).filter((item) => objectOf(item)['role'] !== 'developer').map((item) => unit('', item));
    case 'messages': return blocksOf(body['messages'], 'content').filter((text) => !text.startsWith('system'));
    case 'gemini': return blocksOf(body['contents'], 'parts');
    case 'chat': return arrayOr(body['messages'], []).filter((item) => objectOf(item)['role'] !== 'system' && objectOf(item)['role'] !== 'developer').map((item) => unit('', item));
    default: return format satisfies never;
  }
}

/** Units that a raw form must come back as. */
export function unitsOfRaw(raw: readonly JsonValue[], format: Format): string[] {
  switch (format) {
    case 'responses': return raw.map((item) => unit('', item));
    case 'messages': return raw.map((block) => unit('assistant', block));
    case 'gemini': return raw.map((part) => unit('model', part));
    case 'chat': return raw.map((item) => unit('', item));
    default: return format satisfies never;
  }
}

function blocksOf(list: JsonValue | undefined, member: string): string[] {
  return arrayOr(list, []).flatMap((message) => {
    const { role, [member]: content } = objectOf(message);
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : arrayOr(content, []);
    return blocks.map((block) => unit(String(role), block));
  });
}

/** In one order of members, without what the vendor's server gives and does not want back, and without marks of caching. */
function unit(role: string, value: JsonValue): string {
  return `${role} ${JSON.stringify(canonical(value))}`;
}

const NOT_REPLAYED = ['cache_control', 'status', 'annotations', 'logprobs'];

function canonical(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  // Of an item of Responses the id stays behind; a call is known by `call_id`.
  const isItem = value['type'] === 'message' || value['type'] === 'reasoning' || value['call_id'] !== undefined;
  // Some servers insist on a member that says nothing.
  const saysNothing = (key: string): boolean => value[key] === null || (value[key] === '' && key.endsWith('content'));
  const keys = Object.keys(value).filter((key) => !NOT_REPLAYED.includes(key) && !(isItem && key === 'id') && !saysNothing(key)).toSorted();
  return Object.fromEntries(keys.map((key) => [key, key === 'arguments' ? toArguments(value[key]) : canonical(value[key] ?? null)]));
}

/** Servers refuse arguments that are no JSON object, also those that they sent themselves: then they are one, of the text. */
function toArguments(value: JsonValue | undefined): JsonValue {
  const text = String(value);
  return isObject(parseJson(text)) ? text : JSON.stringify({ input: text });
}

const objectOf = (value: JsonValue | undefined): JsonObject => objectOr(value, {});
