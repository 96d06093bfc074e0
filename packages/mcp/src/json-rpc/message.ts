/**
 * JSON-RPC 2.0 as MCP uses it: requests, notifications and answers, read from anybody's JSON.
 *
 * An answer with both `result` and `error`, an id that is neither string nor number, a message without `jsonrpc: "2.0"` are
 * refused; an error answer without an id (the server could not read ours) is kept, for it says why nothing else will come.
 */
import { isObject, type JsonObject, type JsonValue, numberOr, objectOr, stringOr } from '@sx/llm';

export type RpcId = string | number;

export type RpcMessage =
  | { readonly kind: 'request'; readonly id: RpcId; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'result'; readonly id: RpcId; readonly result: JsonValue }
  | { readonly kind: 'error'; readonly id: RpcId | null; readonly code: number; readonly message: string }
  /** Something else: the beginning of it. Servers that log to standard output are common, so it ends nothing by itself. */
  | { readonly kind: 'stray'; readonly text: string };

const STRAY_CHARS_MAX = 200;

/** The messages of one JSON text: several where it is a batch (protocol 2025-03-26), one `stray` where it is none. */
export function readMessages(text: string, depthMax: number): readonly RpcMessage[] {
  const stray: RpcMessage = { kind: 'stray', text: text.slice(0, STRAY_CHARS_MAX) };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [stray];
  }
  if (!fitsDepth(value, depthMax)) return [stray];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length === 0 ? [stray] : values.map((each) => readMessage(each) ?? stray);
}

function readMessage(value: unknown): RpcMessage | undefined {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return undefined;
  const { id, method, result, error } = value;
  if (typeof method === 'string') {
    const params = objectOr(value['params'], {});
    if (id === undefined) return { kind: 'notification', method, params };
    return isId(id) ? { kind: 'request', id, method, params } : undefined;
  }
  if (result !== undefined && error === undefined) return isId(id) ? { kind: 'result', id, result } : undefined;
  if (!isObject(error) || result !== undefined || !(isId(id) || id === null || id === undefined)) return undefined;
  return { kind: 'error', id: id ?? null, code: numberOr(error['code'], 0), message: stringOr(error['message'], 'no message') };
}

function isId(value: unknown): value is RpcId {
  return typeof value === 'string' || typeof value === 'number';
}

/** Without recursion: what is read here is hostile. */
export function fitsDepth(value: unknown, depthMax: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return false;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each).filter(isNested) : []));
  }
  return true;
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

export function encodeRequest(id: RpcId, method: string, params: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function encodeNotification(method: string, params?: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
}

export function encodeResult(id: RpcId, result: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

export function encodeError(id: RpcId, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}
