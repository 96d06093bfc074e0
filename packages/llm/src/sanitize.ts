/**
 * Lone UTF-16 surrogates and NUL become U+FFFD: several vendors refuse a whole request for one of them, and tool output
 * holds them easily (a cut in the middle of a character, a binary file). What needs no change is returned as it is.
 */
import { isObject, type JsonObject, type JsonValue } from './json.ts';

// With the `u` flag a surrogate matches only where it stands alone.
const UNSAFE = /[\u0000\ud800-\udfff]/u;
const UNSAFE_ALL = /[\u0000\ud800-\udfff]/gu;

export function sanitizeText(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, '\ufffd') : text;
}

export function sanitizeJson<Value extends JsonValue>(value: Value): Value;
export function sanitizeJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return sanitizeText(value);
  if (Array.isArray(value)) return sanitizeList(value);
  return isObject(value) ? sanitizeObject(value) : value;
}

export function sanitizeList(list: readonly JsonValue[]): readonly JsonValue[] {
  const clean = list.map((item) => sanitizeJson(item));
  return clean.some((item, index) => item !== list[index]) ? clean : list;
}

function sanitizeObject(object: JsonObject): JsonObject {
  const entries = Object.entries(object);
  const clean = entries.map(([key, value]) => [sanitizeText(key), value === undefined ? value : sanitizeJson(value)] as const);
  const same = clean.every(([key, value], index) => key === entries[index]?.[0] && value === entries[index]?.[1]);
  return same ? object : Object.fromEntries(clean);
}
