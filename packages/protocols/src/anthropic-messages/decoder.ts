/**
 * Decodes the events of one message.
 *
 * In: `message_start` (`content_block_start` `content_block_delta`* `content_block_stop`)* `message_delta`+ `message_stop`;
 * `ping` anywhere; `error` anywhere, although the status was 200. Out: stream events, and in `finish.raw` the content as it
 * would have come in one piece. Before `message_start` nothing but `ping` and `error`; after `message_stop` nothing is read.
 *
 * - Nothing is said twice in this format, so what does not fit is a fault: a delta without its block, of the wrong type or after
 *   its end, an end while a block is open, a second message inside the first. Lost text must not pass for none.
 * - Not faults: the same message once more from its start (a proxy repeats itself), an index that comes again for another block,
 *   blocks that are complete in `message_start` or at their start, missing indexes where only one block can be meant.
 * - Unknown events are ignored, but what is no JSON object is lost text. Unknown blocks are kept for replay and show nothing; an
 *   unknown delta cannot be kept, and is warned of.
 * - Tool input that is no JSON makes a call without `input`; where the answer was cut, none at all.
 */
import {
  arrayOr, type FinishReason, isObject, JoinedText, type JsonObject, type JsonValue, numberOr, parseJson, type ProtocolContext,
  type ProviderError, type StreamEvent, stringOr, type ToolCallPart, type WireReducer,
} from '@sx/llm/provider-kit';
import { printable } from '@sx/net/net-error';

import { transformationWarnings } from '../input-transformations.ts';
import { limits } from '../limits.ts';
import { malformedError, toStreamError, truncatedError } from './errors.ts';
import { readTextDelta } from './text-delta.ts';
import { type BlockKind, isCut, mergeUsage, toFinishReason, toKind, toUsage } from './wire.ts';

type Emit = (event: StreamEvent) => void;
type Member = 'text' | 'thinking' | 'input';

interface Block {
  readonly index: number;
  readonly kind: BlockKind;
  readonly start: JsonObject;
  /** Id of it in our events; of a call, the call's. */
  readonly id: string;
  /** Which member the deltas belong to. */
  member: Member | undefined;
  /** What the deltas said so far. */
  readonly text: JoinedText;
  /** Members that came after the start, whole. */
  later: JsonObject;
  readonly citations: JsonValue[];
  /** `repeated`: it comes once more, and is not read. `cut`: nobody will finish it. */
  state: 'open' | 'closed' | 'repeated' | 'cut';
  /** A call whose input is no JSON object: it counts only where the answer was not cut. */
  doubtful: ToolCallPart | undefined;
}

const MEMBERS: Readonly<Record<BlockKind, Member | undefined>> = {
  text: 'text', thinking: 'thinking', tool_use: 'input', other: undefined,
};

export function createReducer(context: ProtocolContext): WireReducer {
  /** In the order in which they began. */
  const blocks: Block[] = [];
  /** The last one of each index. */
  const byIndex = new Map<number, Block>();
  const callIds = new Set<string>();
  let messageId: string | undefined;
  let usage: JsonObject = {};
  let stopReason: string | undefined;
  let settled = false;
  let refusal: JsonObject | undefined;
  let warned = false;
  /** The message began once more: what is whole already is not read again. */
  let again = false;
  let calls = 0;
  let events = 0;
  let keptChars = 0;

  const start = (message: JsonObject, emit: Emit): void => {
    const id = stringOr(message['id'], '');
    if (messageId !== undefined) {
      again = true;
      if (id === messageId) return;
      throw malformedError(`message ${printable(id)} began inside the stream of ${printable(messageId)}`);
    }
    messageId = id;
    usage = mergeUsage(usage, message['usage']);
    stopReason = stringOr(message['stop_reason'], undefined);
    const model = stringOr(message['model'], '');
    emit({ type: 'response-start', ...(id === '' ? {} : { responseId: id }), ...(model === '' ? {} : { model }) });
    transformationWarnings(message['input_transformations']).forEach(emit);
    if (Object.keys(usage).length > 0) emit({ type: 'usage', usage: toUsage(usage) });
    arrayOr(message['content'], []).forEach((value, index) => {
      if (!isObject(value)) return;
      const block = open(index, value, emit);
      close(block, emit);
    });
  };

  const open = (index: number, value: JsonObject, emit: Emit): Block => {
    if (blocks.length >= limits.itemsMax) throw tooMuch(`${limits.itemsMax} blocks`);
    const kind = toKind(value['type']);
    const isNameless = kind === 'tool_use' && stringOr(value['name'], '') === '';
    if (isNameless) throw malformedError(`the call of block ${index} names no tool`);
    const id = kind === 'tool_use' ? callIdOf(value) : String(blocks.length);
    const block: Block = {
      index, kind, start: value, id, member: MEMBERS[kind], text: new JoinedText(), later: {},
      citations: [...arrayOr(value['citations'], [])], state: 'open', doubtful: undefined,
    };
    blocks.push(block);
    byIndex.set(index, block);
    switch (kind) {
      case 'text':
        emit({ type: 'text-start', id });
        append(block, stringOr(value['text'], ''), emit);
        break;
      case 'thinking':
        emit({ type: 'reasoning-start', id });
        append(block, stringOr(value['thinking'], ''), emit);
        break;
      case 'tool_use':
        callIds.add(id);
        emit({ type: 'tool-input-start', id, name: stringOr(value['name'], '') });
        break;
      case 'other':
        break;
      default:
        kind satisfies never;
    }
    return block;
  };

  /** The result has to name the call, also where the server did not, or named two alike. */
  const callIdOf = (value: JsonObject): string => {
    const id = stringOr(value['id'], '');
    if (id !== '' && !callIds.has(id)) return id;
    return `call_${(messageId ?? '').replace(/[^A-Za-z0-9_-]/g, '').slice(-40)}_${blocks.length}`;
  };

  const append = (block: Block, text: string, emit: Emit): void => {
    if (text === '') return;
    block.text.add(text);
    const { id, kind } = block;
    if (kind === 'text') emit({ type: 'text-delta', id, text });
    else if (kind === 'thinking') emit({ type: 'reasoning-delta', id, text });
    else if (kind === 'tool_use') emit({ type: 'tool-input-delta', id, text });
  };

  const grow = (block: Block, member: Member, value: JsonValue | undefined, emit: Emit): void => {
    if (typeof value !== 'string') throw malformedError(`a delta of block ${block.index} has no text for its ${member}`);
    if (block.member === undefined) {
      block.member = member;
      const given = block.start[member];
      if (typeof given === 'string') block.text.add(given);
    }
    if (block.member !== member) throw malformedError(`block ${block.index} has ${block.member}, its delta ${member}`);
    append(block, value, emit);
  };

  const delta = (event: JsonObject, emit: Emit): void => {
    const block = find(event);
    if (block.state === 'repeated') return;
    if (block.state !== 'open') throw malformedError(`a delta came after block ${block.index} had ended`);
    const value = event['delta'];
    if (!isObject(value)) throw malformedError(`a delta of block ${block.index} is no object`);
    switch (value['type']) {
      case 'text_delta':
        return grow(block, 'text', value['text'], emit);
      case 'thinking_delta':
        // Hidden thoughts may come as counts alone.
        if (value['thinking'] === undefined && value['estimated_tokens'] !== undefined) return undefined;
        return grow(block, 'thinking', value['thinking'], emit);
      case 'input_json_delta':
        return grow(block, 'input', value['partial_json'], emit);
      case 'signature_delta':
        if (typeof value['signature'] !== 'string') throw malformedError(`the signature of block ${block.index} is no text`);
        block.later = { ...block.later, signature: value['signature'] };
        return undefined;
      case 'citations_delta':
        if (value['citation'] !== undefined) block.citations.push(value['citation']);
        return undefined;
      case 'compaction_delta': {
        const { type: _, content, ...more } = value;
        const before = block.later['content'];
        const whole = typeof before === 'string' && typeof content === 'string' ? before + content : (content ?? before ?? null);
        block.later = { ...block.later, ...more, content: whole };
        return undefined;
      }
      default:
        if (!warned) emit({ type: 'warning', message: `left out of the answer, because unknown: ${kindName(value)}` });
        warned = true;
        return undefined;
    }
  };

  const close = (block: Block, emit: Emit): void => {
    block.state = 'closed';
    const { id, kind } = block;
    if (kind === 'text') emit({ type: 'text-end', id });
    if (kind === 'thinking') emit({ type: 'reasoning-end', id });
    if (kind !== 'tool_use') return;
    emit({ type: 'tool-input-end', id });
    const call: ToolCallPart = { type: 'tool-call', id, name: stringOr(block.start['name'], ''), ...inputOf(block) };
    if (call.input === undefined) block.doubtful = call;
    else addCall(call, emit);
  };

  const addCall = (call: ToolCallPart, emit: Emit): void => {
    calls += 1;
    emit({ type: 'tool-call', call });
  };

  const begin = (event: JsonObject, emit: Emit): void => {
    const value = event['content_block'];
    if (!isObject(value)) throw malformedError('content_block_start has no block');
    const index = indexOf(event) ?? blocks.length;
    const known = byIndex.get(index);
    if (known?.state === 'open') {
      if (known.text.toString() !== '') throw malformedError(`block ${index} begins twice`);
    } else if (known !== undefined && (again || isSameCall(known.start, value))) {
      known.state = 'repeated';
    } else {
      open(index, value, emit);
    }
  };

  const end = (event: JsonObject, emit: Emit): void => {
    const block = find(event);
    if (block.state === 'open') close(block, emit);
  };

  /** Without an index, the one block that is open; else the last, which has just ended. */
  const find = (event: JsonObject): Block => {
    const index = indexOf(event);
    const block = index === undefined ? onlyOpen() : byIndex.get(index);
    if (block === undefined) throw malformedError(`${kindName(event)} of block ${index ?? '(no index)'}, which never began`);
    return block;
  };

  const onlyOpen = (): Block | undefined => {
    const open = blocks.filter(({ state }) => state === 'open');
    return open.length === 0 ? blocks.at(-1) : open.length === 1 ? open[0] : undefined;
  };

  /** `message_delta`: the end is near, and figures are final. */
  const settle = (event: JsonObject): void => {
    settled = true;
    usage = mergeUsage(usage, event['usage']);
    const value = event['delta'];
    if (!isObject(value)) return;
    stopReason = stringOr(value['stop_reason'], stopReason);
    if (isObject(value['stop_details'])) refusal = value['stop_details'];
  };

  const finish = (emit: Emit): void => {
    if (!settled && stopReason === undefined) throw malformedError('message_stop came before any message_delta');
    const cut = isCut(stopReason);
    for (const block of blocks) {
      if (block.state === 'open') {
        if (!cut) throw malformedError(`message_stop came before block ${block.index} (${kindName(block.start)}) had ended`);
        close(block, emit);
        if (block.kind !== 'text') block.state = 'cut';
      }
      if (block.doubtful === undefined) continue;
      if (cut) block.state = 'cut';
      else addCall(block.doubtful, emit);
    }
    const known = stopReason === undefined ? undefined : toFinishReason(stopReason);
    if (known === 'tool-use' && calls === 0) throw malformedError('the model waits for a tool, but no call came');
    if (known === undefined) {
      const said = printable(stopReason ?? 'none');
      emit({ type: 'warning', message: `the answer ended for an unknown reason (${said}), taken for its end` });
    }
    if (known === 'refusal') emit({ type: 'warning', message: refusalText(refusal) });
    const counted = toUsage(usage);
    // Not a single token written: the prompt alone has filled the window.
    const isFull = known === 'length' && blocks.length === 0 && counted.outputTokens === 0;
    const reason: FinishReason = isFull ? 'context-overflow' : calls > 0 && (known ?? 'end') === 'end' ? 'tool-use' : (known ?? 'end');
    emit({
      type: 'finish',
      reason,
      ...(stopReason === undefined ? {} : { rawReason: stopReason }),
      usage: counted,
      raw: blocks.filter(({ state }) => state !== 'cut').toSorted((a, b) => a.index - b.index).map(toRaw),
      ...(reason === 'pause' ? { continueTurn: true } : {}),
    });
  };

  /** @throws what happens before `message_start` cannot be told apart from what belongs to another message. */
  const within = (event: JsonObject): void => {
    if (messageId === undefined) throw malformedError(`${kindName(event)} came before message_start`);
  };

  const count = (dataChars: number): void => {
    events += 1;
    keptChars += dataChars;
    if (keptChars > limits.keptCharsMax) throw tooMuch(`${limits.keptCharsMax} characters`);
  };

  return {
    pushData(data, emit) {
      const read = readTextDelta(data);
      if (read === undefined) return false;
      const block = byIndex.get(read.index);
      // What is wrong with a block is said in one place, behind the parser.
      if (block?.state !== 'open' || block.member !== 'text') return false;
      count(data.length);
      append(block, read.text, emit);
      return true;
    },
    push(event, emit, dataChars) {
      count(dataChars);
      switch (event['type']) {
        case 'content_block_delta':
          within(event);
          delta(event, emit);
          return false;
        case 'content_block_start':
          within(event);
          begin(event, emit);
          return false;
        case 'content_block_stop':
          within(event);
          end(event, emit);
          return false;
        case 'message_start':
          if (!isObject(event['message'])) throw malformedError('message_start has no message');
          start(event['message'], emit);
          return false;
        case 'message_delta':
          within(event);
          settle(event);
          return false;
        case 'message_stop':
          within(event);
          finish(emit);
          return true;
        case 'error':
          throw toStreamError(event, context);
        default:
          // Proxies put their own errors into the stream.
          if (event['type'] === undefined && event['error'] !== undefined) throw toStreamError(event, context);
          return false;
      }
    },
    pushOther(_value, _emit, { length }) {
      if (length > 0) throw malformedError(`an event of ${length} characters is no JSON object`);
      return false;
    },
    end() {
      throw truncatedError(`${events} events, ${blocks.length} blocks`);
    },
  };
}

function tooMuch(what: string): ProviderError {
  return malformedError(`the message has more than ${what}`, { retryable: false });
}

/** Undefined where there is none. */
function indexOf(event: JsonObject): number | undefined {
  const index = event['index'];
  if (index === undefined || index === null) return undefined;
  const number = numberOr(index, undefined);
  if (number === undefined) throw malformedError(`${kindName(event)} has an index that is no number`);
  return number;
}

function isSameCall(a: JsonObject, b: JsonObject): boolean {
  return a['type'] === 'tool_use' && b['type'] === 'tool_use' && stringOr(a['id'], '') !== '' && a['id'] === b['id'];
}

function kindName(value: JsonObject): string {
  return printable(stringOr(value['type'], 'a nameless one'), 80);
}

/** Without deltas, or with blank ones, the input is what the start said: usually `{}`, sometimes all of it. */
function inputOf(block: Block): { input: JsonObject | undefined; inputText: string } {
  const text = block.text.toString();
  if (text.trim() === '') {
    const given = block.start['input'] ?? {};
    return { input: isObject(given) ? given : undefined, inputText: JSON.stringify(given) };
  }
  const parsed = parseJson(text);
  return { input: isObject(parsed) ? parsed : undefined, inputText: text };
}

/** The block as it would have come in one piece. An input has to be an object: broken ones go back as the vendor advises. */
function toRaw(block: Block): JsonObject {
  const { start, kind, id, member, text, later, citations } = block;
  const cited = citations.length === 0 ? {} : { citations };
  const named = kind === 'tool_use' ? { id } : {};
  if (member === undefined) return { ...start, ...cited, ...later };
  if (member !== 'input') return { ...start, [member]: text.toString(), ...cited, ...later };
  const { input, inputText } = inputOf(block);
  return { ...start, ...named, input: input ?? { INVALID_JSON: inputText }, ...later };
}

function refusalText(details: JsonObject | undefined): string {
  const category = stringOr(details?.['category'], '');
  const explanation = stringOr(details?.['explanation'], '');
  const model = stringOr(details?.['recommended_model'], '');
  return [
    `the model declined${category === '' ? '' : ` (${printable(category)})`}`,
    ...(explanation === '' ? [] : [`: ${printable(explanation, limits.errorTextCharsMax)}`]),
    ...(model === '' ? [] : [` (recommended instead: ${printable(model)})`]),
  ].join('');
}
