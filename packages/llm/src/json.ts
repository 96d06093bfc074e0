/** JSON as a type, and the small readers that turn `unknown` into it at the edges, naming the JSON path on failure. */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** What a reader throws. The caller turns it into its own error: a `ProviderError`, a config error, a tool result. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
  /** `$.response.output[2].call_id` */
  readonly path: string;
  constructor(path: string, expected: string, got: unknown) {
    super(`${path}: expected ${expected}, got ${kindOf(got)}`);
    this.path = path;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return value === undefined ? 'nothing' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Parses JSON text; undefined where it is none. For the places where broken JSON is a case, not a fault. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    // The one cast past a parser that the house allows: JSON.parse returns JSON by definition.
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw new JsonPathError(path, 'an object', value);
  return value;
}

export function readArray(value: unknown, path: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new JsonPathError(path, 'an array', value);
  return value;
}

export function readString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new JsonPathError(path, 'a string', value);
  return value;
}

export function readNumber(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new JsonPathError(path, 'a number', value);
  return value;
}

/** Lenient readers for vendors' answers, where an absent or odd optional field is not worth failing for. */
export function stringOr<Fallback>(value: unknown, fallback: Fallback): string | Fallback {
  return typeof value === 'string' ? value : fallback;
}

export function numberOr<Fallback>(value: unknown, fallback: Fallback): number | Fallback {
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

export function objectOr(value: unknown, fallback: JsonObject): JsonObject;
export function objectOr<Fallback>(value: unknown, fallback: Fallback): JsonObject | Fallback;
export function objectOr<Fallback>(value: unknown, fallback: Fallback): JsonObject | Fallback {
  return isObject(value) ? value : fallback;
}

export function arrayOr(value: unknown, fallback: readonly JsonValue[]): readonly JsonValue[];
export function arrayOr<Fallback>(value: unknown, fallback: Fallback): readonly JsonValue[] | Fallback;
export function arrayOr<Fallback>(value: unknown, fallback: Fallback): readonly JsonValue[] | Fallback {
  return Array.isArray(value) ? value : fallback;
}
