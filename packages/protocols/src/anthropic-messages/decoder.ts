/**
 * Events of a Messages stream to common events (Anthropic, “Streaming messages”).
 *
 * In: JSON of `message_start` (`content_block_start` `content_block_delta`* `content_block_stop`)* `message_delta`+ `message_stop`, `ping`
 * anywhere. Out: common events, and at the end the content array as it would have come in one piece.
 * States: before `message_start` → open → over. Blocks are kept by index, whatever their type: unknown ones go into the raw content whole.
 *
 * Cases of real servers: tool input complete at the block's start, or already in `message_start`; `message_start` repeated by a proxy
 * (same id: ignored) or spliced in from another stream (other id: a fault); an `error` event inside HTTP 200; no `content_block_stop`.
 */
import {
  arrayOr, createWireDecoder, type FinishReason, isObject, type JsonObject, type JsonValue, numberOr, parseJson, type ProtocolContext,
  ProviderError, readObject, stringOr, type StreamEvent, type WireReducer,
} from '@sx/llm';
import type { Decoder, ServerSentEvent } from '@sx/net';

import { toStreamError } from './errors.ts';
import { mergeUsage, toFinishReason, toUsage } from './wire.ts';

type Emit = (event: StreamEvent) => void;

/** A block while it grows. Text is kept in pieces and joined once. */
interface OpenBlock {
  readonly start: JsonObject;
  readonly pieces: string[];
  readonly patch: Record<string, JsonValue>;
  readonly citations: JsonValue[];
  state: 'open' | 'closed' | 'incomplete';
}

export function createDecoder(context: ProtocolContext): Decoder<ServerSentEvent, StreamEvent> {
  return createWireDecoder(new MessageReducer(context));
}

class MessageReducer implements WireReducer {
  readonly #context: ProtocolContext;
  readonly #blocks = new Map<number, OpenBlock>();
  #messageId: string | undefined;
  #usage: JsonObject = {};
  #stopReason: string | undefined;
  #calls = 0;

  constructor(context: ProtocolContext) {
    this.#context = context;
  }

  push(event: JsonObject, emit: Emit): boolean {
    switch (event['type']) {
      case 'message_start':
        this.#start(readObject(event['message'], '$.message'), emit);
        return false;
      case 'content_block_start':
        this.#open(this.#indexOf(event), readObject(event['content_block'], '$.content_block'), emit);
        return false;
      case 'content_block_delta':
        this.#grow(this.#indexOf(event), readObject(event['delta'], '$.delta'), emit);
        return false;
      case 'content_block_stop':
        this.#close(this.#indexOf(event), emit);
        return false;
      case 'message_delta':
        this.#usage = mergeUsage(this.#usage, event['usage']);
        if (isObject(event['delta'])) this.#stopReason = stringOr(event['delta']['stop_reason'], this.#stopReason);
        return false;
      case 'message_stop':
        if (this.#messageId === undefined) return false;
        this.#finish(emit);
        return true;
      case 'error':
        throw toStreamError(event, this.#context);
      default:
        return false;
    }
  }

  end(): void {
    const seen = this.#messageId === undefined ? 'before it began' : 'before `message_stop`';
    throw new ProviderError('PROVIDER_TRUNCATED_STREAM', `the stream of ${this.#context.origin.provider} ended ${seen}`, {
      provider: this.#context.origin.provider,
      retryable: true,
    });
  }

  #start(message: JsonObject, emit: Emit): void {
    const id = stringOr(message['id'], '');
    if (this.#messageId !== undefined) {
      if (id === this.#messageId || id === '') return;
      throw new ProviderError('PROVIDER_MALFORMED_RESPONSE', 'a second message began inside the stream of the first', {
        provider: this.#context.origin.provider,
        retryable: true,
      });
    }
    this.#messageId = id;
    this.#usage = mergeUsage(this.#usage, message['usage']);
    const model = stringOr(message['model'], '');
    emit({ type: 'response-start', ...(id === '' ? {} : { responseId: id }), ...(model === '' ? {} : { model }) });
    this.#stopReason = stringOr(message['stop_reason'], undefined);
    for (const [index, block] of arrayOr(message['content'], []).entries()) {
      if (!isObject(block)) continue;
      this.#open(index, block, emit);
      this.#close(index, emit);
    }
  }

  /** A missing index means the block that grew last. */
  #indexOf(event: JsonObject): number {
    return numberOr(event['index'], Math.max(0, this.#blocks.size - (event['type'] === 'content_block_start' ? 0 : 1)));
  }

  #open(index: number, start: JsonObject, emit: Emit): void {
    if (this.#messageId === undefined || this.#blocks.has(index)) return;
    const block: OpenBlock = { start, pieces: [], patch: {}, citations: [...arrayOr(start['citations'], [])], state: 'open' };
    this.#blocks.set(index, block);
    const id = String(index);
    if (start['type'] === 'text') {
      emit({ type: 'text-start', id });
      this.#append(block, stringOr(start['text'], ''), (text) => emit({ type: 'text-delta', id, text }));
    } else if (start['type'] === 'thinking') {
      emit({ type: 'reasoning-start', id });
      this.#append(block, stringOr(start['thinking'], ''), (text) => emit({ type: 'reasoning-delta', id, text }));
    } else if (start['type'] === 'tool_use') {
      emit({ type: 'tool-input-start', id: callIdOf(start, index), name: stringOr(start['name'], '') });
    }
  }

  #append(block: OpenBlock, text: string, emitDelta: (text: string) => void): void {
    if (text === '') return;
    block.pieces.push(text);
    emitDelta(text);
  }

  #grow(index: number, delta: JsonObject, emit: Emit): void {
    const block = this.#blocks.get(index);
    if (block?.state !== 'open') return;
    const id = String(index);
    switch (delta['type']) {
      case 'text_delta':
        return this.#append(block, stringOr(delta['text'], ''), (text) => emit({ type: 'text-delta', id, text }));
      case 'thinking_delta':
        return this.#append(block, stringOr(delta['thinking'], ''), (text) => emit({ type: 'reasoning-delta', id, text }));
      case 'input_json_delta':
        return this.#append(block, stringOr(delta['partial_json'], ''), (text) => {
          if (block.start['type'] === 'tool_use') emit({ type: 'tool-input-delta', id: callIdOf(block.start, index), text });
        });
      case 'signature_delta':
        block.patch['signature'] = stringOr(delta['signature'], '');
        return undefined;
      case 'citations_delta':
        if (delta['citation'] !== undefined) block.citations.push(delta['citation']);
        return undefined;
      case 'compaction_delta':
        block.patch['content'] = delta['content'] ?? null;
        return undefined;
      default:
        return undefined;
    }
  }

  #close(index: number, emit: Emit): void {
    const block = this.#blocks.get(index);
    if (block?.state !== 'open') return;
    block.state = 'closed';
    const id = String(index);
    if (block.start['type'] === 'text') return emit({ type: 'text-end', id });
    if (block.start['type'] === 'thinking') return emit({ type: 'reasoning-end', id });
    if (block.start['type'] !== 'tool_use') return undefined;
    const callId = callIdOf(block.start, index);
    const { input, inputText } = inputOf(block);
    this.#calls += 1;
    emit({ type: 'tool-input-end', id: callId });
    return emit({ type: 'tool-call', call: { type: 'tool-call', id: callId, name: stringOr(block.start['name'], ''), input, inputText } });
  }

  #finish(emit: Emit): void {
    const rawReason = this.#stopReason;
    const cut = rawReason === 'max_tokens' || rawReason === 'model_context_window_exceeded';
    for (const [index, block] of this.#blocks) {
      if (block.state !== 'open') continue;
      // A call that the output limit cut is no call; elsewhere a missing `content_block_stop` is a proxy's omission.
      if (cut && block.start['type'] === 'tool_use') block.state = 'incomplete';
      else this.#close(index, emit);
    }
    const known = rawReason === undefined ? 'end' : toFinishReason(rawReason);
    if (known === undefined) emit({ type: 'warning', message: `unknown stop reason ${JSON.stringify(rawReason)}, taken as the end` });
    const reason: FinishReason = this.#calls > 0 && (known === 'end' || known === undefined) ? 'tool-use' : (known ?? 'end');
    const usage = toUsage(this.#usage);
    emit({ type: 'usage', usage });
    emit({
      type: 'finish',
      reason,
      ...(rawReason === undefined ? {} : { rawReason }),
      usage,
      raw: this.#rawContent(),
      ...(reason === 'pause' ? { continueTurn: true } : {}),
    });
  }

  #rawContent(): JsonValue[] {
    const ordered = [...this.#blocks].sort(([a], [b]) => a - b).filter(([, block]) => block.state !== 'incomplete');
    return ordered.flatMap(([index, block]): JsonValue[] => {
      const raw = rawBlock(block, index);
      // The API refuses empty text, and sends it itself now and then. A thought may be empty: its signature counts.
      return raw['type'] === 'text' && raw['text'] === '' ? [] : [raw];
    });
  }
}

function rawBlock(block: OpenBlock, index: number): JsonObject {
  const { start, pieces, patch, citations } = block;
  const cited = citations.length === 0 ? {} : { citations };
  switch (start['type']) {
    case 'text':
      return { ...start, text: pieces.join(''), ...cited, ...patch };
    case 'thinking':
      return { ...start, thinking: pieces.join(''), ...patch };
    case 'tool_use':
      return { ...start, id: callIdOf(start, index), input: inputOf(block).input ?? {}, ...patch };
    default:
      return { ...start, ...(pieces.length === 0 ? {} : { input: inputOf(block).input ?? {} }), ...patch };
  }
}

/** Without any delta, or with blank ones, the input is what the start said: usually `{}`, sometimes all of it. */
function inputOf(block: OpenBlock): { input: JsonObject | undefined; inputText: string } {
  const text = block.pieces.join('');
  if (text.trim() === '') {
    const given = block.start['input'];
    const input = isObject(given) ? given : {};
    return { input, inputText: JSON.stringify(input) };
  }
  const parsed = parseJson(text);
  return { input: isObject(parsed) ? parsed : undefined, inputText: text };
}

function callIdOf(start: JsonObject, index: number): string {
  const id = stringOr(start['id'], '');
  return id === '' ? `call_${index}` : id;
}
