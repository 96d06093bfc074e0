/** The beginning of a conversation that a cache may hold: what it is, how large, where it may end. Pure. */
import { createHash } from 'node:crypto';

import { arrayOr, isObject, type JsonObject, type JsonValue } from '@sx/llm/provider-kit';

import { limits } from './limits.ts';

export interface Beginning {
  /** System instruction and tools. */
  readonly head: JsonObject;
  readonly contents: readonly JsonValue[];
  readonly digest: string;
  readonly tokens: number;
}

export function toBeginning(head: JsonObject, contents: readonly JsonValue[], count: number): Beginning {
  const cached = contents.slice(0, count);
  return { head, contents: cached, digest: digestOf(head, cached), tokens: estimateTokens([head, cached]) };
}

export function headOf({ systemInstruction, tools }: JsonObject): JsonObject {
  return { ...(systemInstruction === undefined ? {} : { systemInstruction }), ...(tools === undefined ? {} : { tools }) };
}

export function digestOf(head: JsonObject, contents: readonly JsonValue[]): string {
  return createHash('sha256').update(JSON.stringify([head, contents])).digest('base64');
}

/** Index of the content with which the current turn of the user begins. */
export function lastTurn(contents: readonly JsonValue[]): number {
  return Math.max(0, contents.findLastIndex(beginsTurn));
}

export function beginsTurn(content: JsonValue | undefined): boolean {
  if (!isObject(content) || content['role'] !== 'user') return false;
  return arrayOr(content['parts'], []).every((part) => isObject(part) && part['functionResponse'] === undefined);
}

/** Roughly: a token is four characters, and pictures count by the piece. */
function estimateTokens(value: JsonValue): number {
  let media = 0;
  const text = JSON.stringify(value, (key: string, inner: unknown) => {
    if (key !== 'inlineData') return inner;
    media += 1;
    return undefined;
  });
  return Math.ceil(text.length / limits.charsPerToken) + media * limits.mediaTokens;
}
