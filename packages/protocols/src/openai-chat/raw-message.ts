/**
 * The assistant message as the vendor would have sent it whole: what goes back to it, put together from the deltas.
 *
 * In: deltas. Out: one object with `role`, `content`, the thoughts under the names that they came by, `refusal`, and the
 * members that nobody knows. Text is joined once, at the end. Structured thoughts come in fragments, of which neighbours of
 * one type and place are one item: texts are joined, a signature closes the item, encrypted ones stay whole.
 */
import { isObject, type JsonObject, type JsonValue } from '@sx/llm/provider-kit';

import { type ContentPiece, REASONING_LISTS, type ReasoningPiece } from './wire.ts';

export interface RawMessage {
  /** Thoughts, refusals and unknown members of a delta. Content and calls come by the other two. */
  addDelta(delta: JsonObject, reasoning: ReasoningPiece | undefined): void;
  addContent(piece: ContentPiece): void;
  toJson(calls: readonly JsonObject[]): JsonObject;
}

type Part =
  | { readonly kind: 'text'; readonly texts: string[] }
  | { readonly kind: 'thinking'; readonly texts: string[] }
  | { readonly kind: 'other'; readonly part: JsonObject };

export function createRawMessage(): RawMessage {
  const parts: Part[] = [];
  const refusals: string[] = [];
  const thoughts = new Map<string, string[]>();
  const lists = new Map<string, JsonObject[]>();
  const unknown: Record<string, JsonValue> = {};
  return {
    addDelta(delta, reasoning) {
      if (reasoning !== undefined) append(thoughts, reasoning.member, reasoning.text);
      // Once for every few letters of an answer: no lists of entries here.
      for (const member in delta) {
        const value = delta[member];
        if (value === null || value === undefined || KNOWN.has(member)) continue;
        if (isListMember(member)) mergeList(lists, member, value);
        else if (member === 'refusal') {
          if (typeof value === 'string') refusals.push(value);
        } else unknown[member] = value;
      }
    },
    addContent(piece) {
      if (piece.kind === 'other') {
        parts.push(piece);
        return;
      }
      if (piece.kind === 'refusal') {
        refusals.push(piece.text);
        return;
      }
      const last = parts.at(-1);
      if (last?.kind === piece.kind) last.texts.push(piece.text);
      else parts.push({ kind: piece.kind, texts: [piece.text] });
    },
    toJson(calls) {
      const refusal = refusals.join('');
      return {
        role: 'assistant',
        content: toContent(parts),
        ...Object.fromEntries([...thoughts].map(([member, texts]) => [member, texts.join('')])),
        ...Object.fromEntries(lists),
        ...(refusal === '' ? {} : { refusal }),
        ...unknown,
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      };
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set([
  'role', 'content', 'tool_calls', 'function_call', 'reasoning_content', 'reasoning', 'reasoning_text', 'index',
]);

function isListMember(member: string): boolean {
  return REASONING_LISTS.some((name) => name === member);
}

function append(texts: Map<string, string[]>, member: string, text: string): void {
  const known = texts.get(member);
  if (known === undefined) texts.set(member, [text]);
  else known.push(text);
}

/** A string, as long as nothing but text has come; else the list of parts, as the server writes it. */
function toContent(parts: readonly Part[]): JsonValue {
  const texts = parts.filter((part) => part.kind === 'text').flatMap((part) => part.texts);
  if (parts.every((part) => part.kind === 'text')) return texts.join('');
  return parts.map((part): JsonObject => {
    if (part.kind === 'other') return part.part;
    const text = part.texts.join('');
    return part.kind === 'text' ? { type: 'text', text } : { type: 'thinking', thinking: [{ type: 'text', text }] };
  });
}

const JOINED = ['text', 'summary', 'thinking'] as const;

function mergeList(lists: Map<string, JsonObject[]>, member: string, value: JsonValue): void {
  if (!Array.isArray(value)) return;
  const list = lists.get(member) ?? [];
  lists.set(member, list);
  for (const item of value) {
    if (!isObject(item)) continue;
    const last = list.at(-1);
    if (last === undefined || !continues(last, item)) list.push({ ...item });
    else list[list.length - 1] = merge(last, item);
  }
}

function continues(last: JsonObject, item: JsonObject): boolean {
  const isSame = last['type'] === item['type'] && last['index'] === item['index'];
  return isSame && isOpen(last) && JOINED.some((name) => name in item || name in last);
}

function isOpen(item: JsonObject): boolean {
  return typeof item['signature'] !== 'string' || item['signature'] === '';
}

function merge(last: JsonObject, item: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = {};
  for (const [member, value] of [...Object.entries(last), ...Object.entries(item)]) {
    if (value !== null && value !== undefined) merged[member] = value;
  }
  for (const name of JOINED) {
    const [before, after] = [last[name], item[name]];
    if (typeof before === 'string' && typeof after === 'string') merged[name] = before + after;
  }
  return merged;
}
