/**
 * Names and shapes of `generateContent` as they stand on the wire. They never leave this folder.
 *
 * Readers take null for absent, as the vendor's JSON mapping does, and throw `JsonPathError` where a known member has the wrong
 * type: no later chunk repeats what is lost, so a chunk that cannot be read is a fault, not a gap.
 */
import {
  isObject, type JsonObject, JsonPathError, type JsonValue, numberOr, readArray, readObject, readString, type Usage,
} from '@sx/llm/provider-kit';

/** What the vendor documents as the signature of a call that its own model did not make. */
export const FOREIGN_SIGNATURE = 'skip_thought_signature_validator';

/** Facts of a model in `capabilities.extra`. */
export interface GeminiFacts {
  /** Range of the thinking budget, for models that take a number; absent: the model takes a level. */
  readonly budget: { readonly min: number; readonly max: number } | undefined;
  /** The first call of a step must be signed (third generation and later). */
  readonly signedCalls: boolean;
  /** Images and documents may stand inside of a function response (third generation and later). */
  readonly mediaInResults: boolean;
  /** `parametersJsonSchema` and `responseJsonSchema` are known; false: only the OpenAPI subset is. */
  readonly jsonSchema: boolean;
}

/** What is not said is assumed as of the newest models. */
export function readFacts(extra: JsonObject | undefined): GeminiFacts {
  const budget = extra?.['thinkingBudget'];
  return {
    budget: isObject(budget) ? { min: numberOr(budget['min'], 0), max: numberOr(budget['max'], Infinity) } : undefined,
    signedCalls: extra?.['signedCalls'] !== false,
    mediaInResults: extra?.['mediaInResults'] !== false,
    jsonSchema: extra?.['jsonSchema'] !== false,
  };
}

/** The first candidate; others are never asked for. */
export function readCandidate(chunk: JsonObject): JsonObject | undefined {
  const candidates = optional(chunk['candidates'], '$.candidates', readArray) ?? [];
  return objectsOf(candidates, '$.candidates').find((candidate) => numberOr(candidate['index'], 0) === 0);
}

export function readParts(candidate: JsonObject): readonly JsonObject[] {
  const content = optional(candidate['content'], '$.content', readObject);
  return objectsOf(optional(content?.['parts'], '$.content.parts', readArray) ?? [], '$.content.parts');
}

function objectsOf(list: readonly JsonValue[], path: string): readonly JsonObject[] {
  if (list.every(isObject)) return list;
  const at = list.findIndex((item) => !isObject(item));
  throw new JsonPathError(`${path}[${at}]`, 'an object', list[at]);
}

/** The text of a part that has one, `''` included. */
export function readText(part: JsonObject): string | undefined {
  return optional(part['text'], '$.text', readString);
}

/** The signature of a part; an empty one is none. */
export function signatureOf(part: JsonObject): string | undefined {
  const signature = optional(part['thoughtSignature'], '$.thoughtSignature', readString);
  return signature === '' ? undefined : signature;
}

/** True for a part of nothing but text, which may be joined with its neighbour. */
export function isPlainText(part: JsonObject): boolean {
  for (const key in part) if (key !== 'text' && key !== 'thought') return false;
  return true;
}

export interface FunctionCall {
  /** Empty in the later pieces of a call whose arguments come in pieces. */
  readonly name: string;
  readonly id: string | undefined;
  readonly args: JsonObject | undefined;
  /** Pieces of arguments (Vertex AI), undefined where there are none. */
  readonly partialArgs: readonly JsonObject[] | undefined;
  readonly willContinue: boolean;
}

export function readFunctionCall(part: JsonObject): FunctionCall | undefined {
  const call = optional(part['functionCall'], '$.functionCall', readObject);
  if (call === undefined) return undefined;
  const id = optional(call['id'], '$.functionCall.id', readString);
  const partialArgs = optional(call['partialArgs'], '$.functionCall.partialArgs', readArray);
  return {
    name: optional(call['name'], '$.functionCall.name', readString) ?? '',
    id: id === '' ? undefined : id,
    args: optional(call['args'], '$.functionCall.args', readObject),
    partialArgs: partialArgs === undefined ? undefined : objectsOf(partialArgs, '$.functionCall.partialArgs'),
    willContinue: call['willContinue'] === true,
  };
}

/** A string that is there and not empty. */
export function readWord(object: JsonObject | undefined, key: string): string | undefined {
  const word = optional(object?.[key], `$.${key}`, readString);
  return word === '' ? undefined : word;
}

export function optional<Value>(
  value: JsonValue | undefined,
  path: string,
  read: (value: unknown, path: string) => Value,
): Value | undefined {
  return value === undefined || value === null ? undefined : read(value, path);
}

/**
 * The vendor counts cached tokens within the prompt and thoughts apart from the output; ours are the other way round. A zero is
 * left out on the wire, so what is missing beside a known prompt is zero.
 */
export function toUsage(value: JsonValue | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const prompt = numberOr(value['promptTokenCount'], undefined);
  const count = (key: string): number | undefined => numberOr(value[key], prompt === undefined ? undefined : 0);
  const cacheRead = count('cachedContentTokenCount');
  const thoughts = count('thoughtsTokenCount');
  const answer = count('candidatesTokenCount');
  const ofTools = count('toolUsePromptTokenCount');
  return {
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - (cacheRead ?? 0)) + (ofTools ?? 0),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: prompt === undefined ? undefined : 0,
    outputTokens: answer === undefined && thoughts === undefined ? undefined : (answer ?? 0) + (thoughts ?? 0),
    reasoningTokens: thoughts,
    raw: value,
  };
}

/** In the raw form of a message that the server wants to go on with: `{continuationToken}`, which is no part. */
export function continuationTokenOf(raw: readonly JsonValue[] | undefined): string | undefined {
  const last = raw?.at(-1);
  const token = isObject(last) ? last['continuationToken'] : undefined;
  return typeof token === 'string' ? token : undefined;
}
