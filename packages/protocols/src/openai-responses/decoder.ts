/**
 * Decodes the events of one response.
 *
 * In: server-sent events; only their JSON counts, its `type` is the kind. Out: stream events. Items are found by
 * `output_index` (some servers rotate ids between events), else by `item_id`, else the one that is open. Deltas are for the
 * eye: `output_item.done` is the authority on an item, and the list of those is what is replayed. States: `waiting`
 * (nothing seen) → `open` → over, at `response.completed` (or `.done`), `.incomplete`, `.failed`, or an `error`; what
 * follows is not read.
 *
 * - Unknown events are ignored; unknown items are kept for replay and show nothing.
 * - Duplicates of what is finished are ignored; what comes before its start starts it.
 * - A message or call that was begun but not finished when `completed` comes is taken from `completed.response.output`,
 *   else it is a fault: half a message must not pass for a whole one.
 * - No text is kept: the deltas of a gigabyte pass through.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, noUsage, objectOr, parseJson, type ProtocolContext, type ProviderError,
  readObject, readString, type StreamEvent, stringOr, type ToolCallPart, type WireReducer,
} from '@sx/llm/provider-kit';

import { transformationWarnings } from '../input-transformations.ts';
import { limits } from '../limits.ts';
import { malformedError, toStreamError, truncatedError } from './errors.ts';
import { servingModel, toRateLimits } from './rate-limits.ts';
import { type Dialect, messageText, readDelta, readIndex, reasoningText, toUsage } from './wire.ts';

type Emit = (event: StreamEvent) => void;
type ItemKind = 'message' | 'reasoning' | 'function_call' | 'custom_tool_call' | 'other';

interface OpenItem {
  /** Id of its block in our events. */
  readonly blockId: string;
  readonly kind: ItemKind;
  readonly index: number | undefined;
  readonly itemId: string;
  /** Of calls, where `added` named it. */
  readonly callId: string;
  /** The block was begun. */
  started: boolean;
  /** Which part the last delta belonged to: another one begins a paragraph. */
  part: string;
  /** Parts whose whole text came on its own, in order. */
  readonly wholeParts: Map<string, string>;
  done: boolean;
}

export function createReducer(context: ProtocolContext, dialect: Dialect, now: () => number): WireReducer {
  const items: OpenItem[] = [];
  /** Finished items with their place, for replay. */
  const finished: { readonly index: number; readonly item: JsonObject }[] = [];
  let started = false;
  let refused = false;
  let answered = false;
  let hasCalls = false;
  let events = 0;
  let keptChars = 0;

  const keep = (chars: number): void => {
    keptChars += chars;
    if (keptChars > limits.keptCharsMax) throw tooMuch(`items of more than ${limits.keptCharsMax} characters`);
  };

  /** The item that an event is about, among those of one family. */
  const find = (event: JsonObject, kinds: readonly ItemKind[], itemId = stringOr(event['item_id'], '')): OpenItem | undefined => {
    const index = readIndex(event);
    const indexed = index === undefined ? undefined : items.find((item) => item.index === index);
    if (indexed !== undefined) return kinds.includes(indexed.kind) ? indexed : undefined;
    // From here on one of the two does not know its index.
    const candidates = items.filter((item) => kinds.includes(item.kind) && (index === undefined || item.index === undefined));
    const named = itemId === '' ? undefined : candidates.find((item) => item.itemId === itemId);
    return named ?? candidates.findLast((item) => !item.done && (itemId === '' || item.itemId === ''));
  };

  const open = (kind: ItemKind, index: number | undefined, itemId: string, blockId: string, callId = ''): OpenItem => {
    if (items.length >= limits.itemsMax) throw tooMuch(`more than ${limits.itemsMax} items`);
    const item: OpenItem = { blockId, kind, index, itemId, callId, started: false, part: '', wholeParts: new Map(), done: false };
    items.push(item);
    return item;
  };
  const nextBlockId = (): string => `${items.length}`;

  const start = (emit: Emit, response: JsonObject = {}): void => {
    if (started) return;
    started = true;
    const id = stringOr(response['id'], '');
    const told = dialect === 'public' ? stringOr(response['model'], undefined) : undefined;
    const model = servingModel(response['headers']) ?? told;
    emit({ type: 'response-start', ...(id === '' ? {} : { responseId: id }), ...(model === undefined ? {} : { model }) });
  };

  const begin = (item: OpenItem, emit: Emit): void => {
    if (item.started) return;
    item.started = true;
    if (item.kind === 'message') emit({ type: 'text-start', id: item.blockId });
    if (item.kind === 'reasoning') emit({ type: 'reasoning-start', id: item.blockId });
  };

  const addItem = (event: JsonObject, emit: Emit): void => {
    const value = readObject(event['item'], '$.item');
    const kind = toKind(value['type']);
    const index = readIndex(event);
    const itemId = stringOr(value['id'], '');
    if (items.some((item) => (index === undefined ? itemId !== '' && item.itemId === itemId : item.index === index))) return;
    const callId = stringOr(value['call_id'], '');
    const name = stringOr(value['name'], '');
    const nameable = CALLS.includes(kind) && callId !== '' && name !== '' && !items.some((item) => item.blockId === callId);
    const item = open(kind, index, itemId, nameable ? callId : nextBlockId(), callId);
    if (nameable) {
      item.started = true;
      emit({ type: 'tool-input-start', id: callId, name });
    }
    if (kind === 'reasoning') begin(item, emit);
  };

  /** A delta for what was never announced begins it: servers leave `added` out, and events get shuffled. */
  const textItem = (kind: 'message' | 'reasoning', event: JsonObject, emit: Emit): OpenItem | undefined => {
    const index = readIndex(event);
    // The last item, where the index says that it is the one, without a search: nearly every event of a stream.
    const last = items.at(-1);
    if (last !== undefined && index !== undefined && last.index === index && last.kind === kind && last.started && !last.done) return last;
    const found = find(event, [kind]);
    // An index that belongs to an item of another kind: the event is wrong.
    if (found === undefined && index !== undefined && items.some((item) => item.index === index)) return undefined;
    const item = found ?? open(kind, index, stringOr(event['item_id'], ''), nextBlockId());
    if (item.done) return undefined;
    begin(item, emit);
    return item;
  };

  const textDelta = (event: JsonObject, emit: Emit, isRefusal: boolean): void => {
    const text = readDelta(event);
    const item = textItem('message', event, emit);
    if (item === undefined) return;
    refused ||= isRefusal;
    emit({ type: 'text-delta', id: item.blockId, text });
  };

  const reasoningDelta = (event: JsonObject, emit: Emit, list: 'summary' | 'content'): void => {
    const text = readDelta(event);
    const item = textItem('reasoning', event, emit);
    if (item === undefined) return;
    const part = `${list} ${String(event[`${list}_index`] ?? 0)}`;
    const apart = item.part !== '' && item.part !== part ? '\n\n' : '';
    item.part = part;
    emit({ type: 'reasoning-delta', id: item.blockId, text: apart + text });
  };

  const callDelta = (event: JsonObject, emit: Emit): void => {
    const text = readDelta(event);
    const callId = stringOr(event['call_id'], '');
    const item = (callId === '' ? undefined : items.find((candidate) => candidate.blockId === callId)) ?? find(event, CALLS);
    if (item === undefined || item.done || !item.started) return;
    emit({ type: 'tool-input-delta', id: item.blockId, text });
  };

  /** The whole text of one part: kept for items that finish without it. */
  const wholePart = (event: JsonObject, kind: 'message' | 'reasoning', index: 'summary_index' | 'content_index'): void => {
    const text = readString(event['text'], '$.text');
    const item = find(event, [kind]);
    if (item !== undefined && !item.done) item.wholeParts.set(`${index} ${String(event[index] ?? 0)}`, text);
  };

  const finishItem = (event: JsonObject, value: JsonObject, emit: Emit): void => {
    const kind = toKind(value['type']);
    const index = readIndex(event);
    const itemId = stringOr(value['id'], '');
    const callId = stringOr(value['call_id'], '');
    const indexed = index !== undefined && items.some((item) => item.index === index);
    const called = indexed || callId === '' ? undefined : items.find((item) => item.callId === callId);
    const known = called ?? find(event, [kind], itemId);
    if (known?.done === true || (indexed && known === undefined)) return;
    const item = known ?? open(kind, index, itemId, nextBlockId());
    item.done = true;
    let kept = value;
    switch (kind) {
      case 'message': finishMessage(item, value, emit); break;
      case 'reasoning': finishReasoning(item, value, emit); break;
      case 'function_call':
      case 'custom_tool_call': {
        // The result has to name it, also where the server did not.
        if (callId === '') kept = { ...value, call_id: item.callId === '' ? `call_${item.blockId}` : item.callId };
        finishCall(item, toCall(kept, kind), emit);
        break;
      }
      case 'other': break;
      default: kind satisfies never;
    }
    finished.push({ index: index ?? item.index ?? Number.MAX_SAFE_INTEGER, item: kept });
  };

  const finishMessage = (item: OpenItem, value: JsonObject, emit: Emit): void => {
    const { text, refused: isRefusal } = messageText(value);
    refused ||= isRefusal;
    answered ||= text !== '' && !isRefusal;
    const opened = item.started;
    begin(item, emit);
    if (!opened && text !== '') emit({ type: 'text-delta', id: item.blockId, text });
    // Where the finished item is empty, what the deltas said stands.
    emit({ type: 'text-end', id: item.blockId, ...(text === '' ? {} : { text }) });
  };

  const finishReasoning = (item: OpenItem, value: JsonObject, emit: Emit): void => {
    const ofItem = reasoningText(value);
    const text = ofItem === '' ? [...item.wholeParts.values()].filter((part) => part !== '').join('\n\n') : ofItem;
    const opened = item.part !== '';
    begin(item, emit);
    if (!opened && text !== '') emit({ type: 'reasoning-delta', id: item.blockId, text });
    emit({ type: 'reasoning-end', id: item.blockId, ...(text === '' ? {} : { text }) });
  };

  /** The finished item decides also about the id: its result has to name the same one. */
  const finishCall = (item: OpenItem, call: ToolCallPart, emit: Emit): void => {
    if (item.started) emit({ type: 'tool-input-end', id: item.blockId });
    hasCalls = true;
    emit({ type: 'tool-call', call });
  };

  /** What `completed` repeats: items we never saw finished, and secrets that only come there. */
  const backfill = (output: readonly JsonValue[], emit: Emit): void => {
    output.forEach((value, index) => {
      if (!isObject(value)) return;
      const id = stringOr(value['id'], '');
      const seen = finished.find(({ index: place, item }) => {
        const isHere = place === index && (id === '' || item['type'] === value['type']);
        return isHere || (id !== '' && item['id'] === id);
      });
      if (seen === undefined) return finishItem({ output_index: index }, value, emit);
      if (value['type'] !== 'reasoning' || typeof seen.item['encrypted_content'] === 'string') return;
      const encrypted = value['encrypted_content'];
      if (typeof encrypted !== 'string') return;
      finished.splice(finished.indexOf(seen), 1, { ...seen, item: { ...seen.item, encrypted_content: encrypted } });
    });
  };

  /** What is still open at the end. A server that closed the text but not its item said all there is. */
  const settle = (emit: Emit, isWhole: boolean): void => {
    for (const item of items) {
      if (item.done) continue;
      const place = item.index === undefined ? {} : { output_index: item.index };
      if (item.kind === 'message' && item.wholeParts.size > 0) {
        const content = [...item.wholeParts.values()].map((text) => ({ type: 'output_text', text }));
        finishItem(place, { type: 'message', id: item.itemId, role: 'assistant', content }, emit);
      } else if (isWhole && item.kind !== 'reasoning' && item.kind !== 'other') {
        throw malformedError(`response.completed came while item ${item.index ?? item.itemId} (${item.kind}) was not finished`);
      } else {
        close(item, emit);
      }
    }
  };

  /** Ends the block of an item that is not to be finished any more. */
  const close = (item: OpenItem, emit: Emit): void => {
    item.done = true;
    if (!item.started) return;
    if (item.kind === 'message') emit({ type: 'text-end', id: item.blockId });
    if (item.kind === 'reasoning') emit({ type: 'reasoning-end', id: item.blockId });
    if (CALLS.includes(item.kind)) emit({ type: 'tool-input-end', id: item.blockId });
  };

  const raw = (): JsonObject[] => finished.toSorted((a, b) => a.index - b.index).map(({ item }) => item);

  const complete = (event: JsonObject, emit: Emit): boolean => {
    const response = objectOr(event['response'], undefined);
    if (typeof response?.['id'] !== 'string') throw malformedError('response.completed has no response id');
    start(emit, response);
    backfill(arrayOr(response['output'], []), emit);
    settle(emit, true);
    transformationWarnings(response['input_transformations']).forEach(emit);
    const usage = toUsage(response['usage']) ?? noUsage;
    const declined = refused && !answered && !hasCalls;
    emit({
      type: 'finish',
      reason: hasCalls ? 'tool-use' : declined ? 'refusal' : 'end',
      rawReason: stringOr(response['status'], 'completed'),
      usage,
      raw: raw(),
      ...(response['end_turn'] === false && !hasCalls ? { continueTurn: true } : {}),
    });
    return true;
  };

  /** Cut short by a limit or a filter: what is finished stands, a call that is not finished is none. */
  const cut = (event: JsonObject, emit: Emit): boolean => {
    const response = objectOr(event['response'], {});
    start(emit, response);
    backfill(arrayOr(response['output'], []), emit);
    settle(emit, false);
    const reason = stringOr(objectOr(response['incomplete_details'], {})['reason'], 'unknown');
    const usage = toUsage(response['usage']) ?? noUsage;
    // Not a single token written: the prompt alone has filled the window.
    const isFull = reason === 'max_output_tokens' && usage.outputTokens === 0 && finished.length === 0;
    const cut = isFull ? 'context-overflow' : 'length';
    emit({ type: 'finish', reason: reason === 'content_filter' ? 'blocked' : cut, rawReason: reason, usage, raw: raw() });
    return true;
  };

  return {
    push(event, emit, dataChars) {
      events += 1;
      const type = event['type'];
      switch (type) {
        case 'response.output_text.delta':
          start(emit);
          textDelta(event, emit, false);
          return false;
        case 'response.function_call_arguments.delta':
        case 'response.custom_tool_call_input.delta':
          callDelta(event, emit);
          return false;
        case 'response.reasoning_summary_text.delta':
          start(emit);
          reasoningDelta(event, emit, 'summary');
          return false;
        case 'response.reasoning_text.delta':
          start(emit);
          reasoningDelta(event, emit, 'content');
          return false;
        case 'response.refusal.delta':
          start(emit);
          textDelta(event, emit, true);
          return false;
        case 'response.reasoning_summary_text.done':
          keep(dataChars);
          wholePart(event, 'reasoning', 'summary_index');
          return false;
        case 'response.reasoning_text.done':
          keep(dataChars);
          wholePart(event, 'reasoning', 'content_index');
          return false;
        case 'response.output_text.done':
          keep(dataChars);
          wholePart(event, 'message', 'content_index');
          return false;
        case 'response.output_item.added':
          start(emit);
          addItem(event, emit);
          return false;
        case 'response.output_item.done':
          start(emit);
          keep(dataChars);
          finishItem(event, readItem(event), emit);
          return false;
        case 'response.created':
          start(emit, readObject(event['response'], '$.response'));
          return false;
        case 'codex.rate_limits': {
          const limits = toRateLimits(event);
          if (limits !== undefined) emit(limits);
          return false;
        }
        case 'response.completed':
        case 'response.done':
          return complete(event, emit);
        case 'response.incomplete':
          return cut(event, emit);
        case 'response.failed':
          throw toStreamError(objectOr(objectOr(event['response'], {})['error'], undefined), context, dialect, now());
        case 'error':
          throw toStreamError(event, context, dialect, now());
        default:
          return false;
      }
    },
    end() {
      throw truncatedError(`${events} events, ${finished.length} items`);
    },
  };
}

const CALLS: readonly ItemKind[] = ['function_call', 'custom_tool_call'];

function tooMuch(what: string): ProviderError {
  return malformedError(`the response has ${what}`, { retryable: false });
}

function toKind(type: JsonValue | undefined): ItemKind {
  switch (type) {
    case 'message':
    case 'reasoning':
    case 'function_call':
    case 'custom_tool_call':
      return type;
    default:
      return 'other';
  }
}

/** @throws {JsonPathError} where there is no item, or a call without what makes it one: the event is skipped. */
function readItem(event: JsonObject): JsonObject {
  const item = readObject(event['item'], '$.item');
  readString(item['type'], '$.item.type');
  if (item['type'] === 'function_call' || item['type'] === 'custom_tool_call') {
    readString(item['name'], '$.item.name');
    readString(item[item['type'] === 'function_call' ? 'arguments' : 'input'], '$.item.arguments');
  }
  return item;
}

function toCall(item: JsonObject, kind: 'function_call' | 'custom_tool_call'): ToolCallPart {
  const id = stringOr(item['call_id'], '');
  const name = stringOr(item['name'], '');
  if (kind === 'custom_tool_call') {
    return { type: 'tool-call', id, name, input: undefined, inputText: stringOr(item['input'], ''), freeform: true };
  }
  const inputText = stringOr(item['arguments'], '');
  // Some servers send nothing at all for a tool without arguments.
  const value = parseJson(inputText.trim() === '' ? '{}' : inputText);
  return { type: 'tool-call', id, name, input: isObject(value) ? value : undefined, inputText };
}
