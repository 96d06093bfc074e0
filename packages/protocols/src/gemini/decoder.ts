/**
 * Decodes the chunks of one response.
 *
 * In: server-sent events without names; each is a `GenerateContentResponse`. Out: stream events. Parts come in order and once:
 * nothing repeats them later, so a chunk that cannot be read is a fault and never skipped. States: `waiting` (nothing seen) →
 * `open` → over, at the end of the body. There is no end sign but the body's end; a `finishReason` must have come before,
 * and the last one counts (it may stand in more than one chunk). After it nobody waits long for the end.
 *
 * - Text joins the open block of its kind (answer, thought). A signature closes its block. For replay, a signed part stays
 *   as it came; unsigned neighbours of nothing but text become one.
 * - A call comes whole, or (Vertex AI) as a name and pieces of arguments, up to a piece that does not continue.
 * - Ids of calls are the server's where it gives one that is new, else made from the response's id; the raw part keeps its own.
 * - Unknown parts are kept for replay and show nothing. Candidates other than the first are not read.
 * - A duplicated chunk cannot be told from a model that repeats itself: chunks have no number.
 */
import {
  isObject, type JsonObject, JsonPathError, type JsonValue, noUsage, type ProtocolContext, type ProviderError, readObject,
  type StreamEvent, type WireReducer,
} from '@sx/llm/provider-kit';

import { limits } from '../limits.ts';
import { blockedError, malformedError, outputError, toStreamError, truncatedError } from './errors.ts';
import { createPartialArgs, type PartialArgs } from './partial-args.ts';
import {
  type FunctionCall, isPlainText, optional, readCandidate, readFunctionCall, readParts, readText, readWord, signatureOf, toUsage,
} from './wire.ts';

type Emit = (event: StreamEvent) => void;

/** A call whose arguments come in pieces. */
interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly args: PartialArgs;
  /** What replay has of it beside name and arguments. */
  readonly ownId: string | undefined;
  signature: string | undefined;
}

export function createReducer(context: ProtocolContext, now: () => number): WireReducer {
  const raw: JsonValue[] = [];
  /** Unsigned text for replay, joined when something else comes. */
  let run: { readonly thought: boolean; readonly texts: string[] } | undefined;
  let block: { readonly type: 'text' | 'reasoning'; readonly id: string } | undefined;
  let openCall: OpenCall | undefined;
  const callIds = new Set<string>();
  let blocks = 0;
  let chunks = 0;
  let keptChars = 0;
  let started = false;
  let responseId = '';
  /** Something other than thoughts came. */
  let answered = false;
  /** As it came last: figures are read once, at the end. */
  let usageMetadata: JsonValue | undefined;
  let finishReason: string | undefined;
  let finishMessage: string | undefined;
  let continuationToken: string | undefined;
  let blockReason: string | undefined;

  const keep = (chars: number): void => {
    keptChars += chars;
    if (keptChars > limits.keptCharsMax) throw tooMuch(`more than ${limits.keptCharsMax} characters`);
  };
  const keepPart = (part: JsonValue): void => {
    if (raw.length >= limits.itemsMax) throw tooMuch(`more than ${limits.itemsMax} parts`);
    raw.push(part);
  };
  const endRun = (): void => {
    if (run === undefined) return;
    const text = run.texts.join('');
    keepPart(run.thought ? { text, thought: true } : { text });
    run = undefined;
  };
  const closeBlock = (emit: Emit): void => {
    if (block !== undefined) emit({ type: `${block.type}-end`, id: block.id });
    block = undefined;
  };
  const openBlock = (type: 'text' | 'reasoning', emit: Emit): string => {
    if (block?.type === type) return block.id;
    closeBlock(emit);
    block = { type, id: `${blocks++}` };
    emit({ type: `${type}-start`, id: block.id });
    return block.id;
  };

  const start = (chunk: JsonObject, emit: Emit): void => {
    if (started) return;
    started = true;
    responseId = readWord(chunk, 'responseId') ?? '';
    const model = readWord(chunk, 'modelVersion');
    emit({ type: 'response-start', ...(responseId === '' ? {} : { responseId }), ...(model === undefined ? {} : { model }) });
  };

  const addText = (part: JsonObject, text: string, emit: Emit): void => {
    const signed = signatureOf(part) !== undefined;
    const thought = part['thought'] === true;
    const type = thought ? 'reasoning' : 'text';
    if (text !== '') emit({ type: `${type}-delta`, id: openBlock(type, emit), text });
    answered ||= text !== '' && !thought;
    keep(text.length);
    if (isPlainText(part)) {
      if (text === '') return;
      if (run?.thought !== thought) endRun();
      run ??= { thought, texts: [] };
      run.texts.push(text);
      return;
    }
    // A thought of which nothing may be seen is still one.
    if (thought && text === '' && block?.type !== 'reasoning') openBlock(type, emit);
    endRun();
    keepPart(part);
    if (signed) closeBlock(emit);
  };

  const newCallId = (own: string | undefined): string => {
    const prefix = responseId === '' ? 'call' : `call-${responseId}`;
    let id = own ?? '';
    for (let count = callIds.size; id === '' || callIds.has(id); count++) id = `${prefix}-${count}`;
    callIds.add(id);
    return id;
  };

  const addCall = (part: JsonObject, call: FunctionCall, emit: Emit): void => {
    closeBlock(emit);
    endRun();
    if (call.name === '') return continueCall(part, call, emit);
    endCall(emit);
    answered = true;
    const id = newCallId(call.id);
    const { name } = call;
    if (call.partialArgs === undefined && !call.willContinue) {
      keepPart(part);
      const input = call.args ?? {};
      emit({ type: 'tool-call', call: { type: 'tool-call', id, name, input, inputText: JSON.stringify(input) } });
      return;
    }
    openCall = { id, name, args: createPartialArgs(), ownId: call.id, signature: undefined };
    emit({ type: 'tool-input-start', id, name });
    continueCall(part, call, emit);
  };
  const continueCall = (part: JsonObject, call: FunctionCall, emit: Emit): void => {
    // The sign that a call is over may come twice; arguments of no call may not.
    if (openCall === undefined) {
      if (call.args === undefined && call.partialArgs === undefined) return;
      throw malformedError(`chunk ${chunks}: $.functionCall has arguments and no name`);
    }
    openCall.signature ??= signatureOf(part);
    for (const piece of call.partialArgs ?? []) openCall.args.add(piece);
    if (!call.willContinue) endCall(emit);
  };
  const endCall = (emit: Emit): void => {
    if (openCall === undefined) return;
    const { id, name, args, ownId, signature } = openCall;
    openCall = undefined;
    const input = args.args();
    const inputText = JSON.stringify(input);
    keepPart({
      functionCall: { ...(ownId === undefined ? {} : { id: ownId }), name, args: input },
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    });
    emit({ type: 'tool-input-delta', id, text: inputText });
    emit({ type: 'tool-input-end', id });
    emit({ type: 'tool-call', call: { type: 'tool-call', id, name, input, inputText } });
  };

  const addPart = (part: JsonObject, emit: Emit): void => {
    const text = readText(part);
    if (text !== undefined) return addText(part, text, emit);
    const call = readFunctionCall(part);
    if (call !== undefined) return addCall(part, call, emit);
    closeBlock(emit);
    endRun();
    if (Object.keys(part).length === 0) return;
    answered ||= part['thought'] !== true;
    keepPart(part);
  };

  const read = (chunk: JsonObject, emit: Emit, dataChars: number): void => {
    if (isObject(chunk['error'])) throw toStreamError(chunk['error'], context, now());
    start(chunk, emit);
    usageMetadata = chunk['usageMetadata'] ?? usageMetadata;
    const promptFeedback = optional(chunk['promptFeedback'], '$.promptFeedback', readObject);
    if (promptFeedback !== undefined) blockReason = readWord(promptFeedback, 'blockReason') ?? blockReason;
    const candidate = readCandidate(chunk);
    if (candidate === undefined) return;
    const parts = readParts(candidate);
    // Text is counted as it is joined; of anything else the whole is kept.
    if (parts.some((part) => part['text'] === undefined)) keep(dataChars);
    for (const part of parts) addPart(part, emit);
    finishReason = readWord(candidate, 'finishReason') ?? finishReason;
    finishMessage = readWord(candidate, 'finishMessage') ?? finishMessage;
    continuationToken = readWord(candidate, 'continuationToken') ?? continuationToken;
  };

  const finish = (reason: string, emit: Emit): void => {
    const mapped = toFinishReason(reason, callIds.size > 0);
    if (mapped === undefined) throw outputError(reason, finishMessage);
    // A call that the limit cut has not come.
    if (mapped === 'tool-use') endCall(emit);
    else if (openCall !== undefined) emit({ type: 'tool-input-end', id: openCall.id });
    closeBlock(emit);
    endRun();
    if (mapped === 'end' && !answered) throw outputError('STOP', 'the model stopped without an answer');
    if (mapped === 'pause' && continuationToken === undefined) throw outputError(reason, 'there is no token to go on with');
    const usage = toUsage(usageMetadata) ?? noUsage;
    // Not a single token written: the prompt alone has filled the window.
    const isFull = mapped === 'length' && !answered && usage.outputTokens === 0;
    emit({
      type: 'finish',
      reason: isFull ? 'context-overflow' : mapped,
      rawReason: reason,
      usage,
      raw: mapped === 'pause' ? [...raw, { continuationToken: continuationToken ?? '' }] : raw,
    });
  };

  const push = (chunk: JsonObject, emit: Emit, dataChars: number): boolean => {
    chunks += 1;
    try {
      read(chunk, emit, dataChars);
    } catch (error) {
      throw error instanceof JsonPathError ? malformedError(`chunk ${chunks}: ${error.message}`) : error;
    }
    return false;
  };

  return {
    push,
    // Proxies wrap chunks, and above all errors, in an array.
    pushOther(value, emit, data) {
      if (!Array.isArray(value)) throw malformedError(`chunk ${chunks + 1} is no JSON object`);
      for (const chunk of value) push(readChunk(chunk, chunks), emit, data.length / value.length);
      return false;
    },
    isAnswered: () => finishReason !== undefined,
    end(emit) {
      if (finishReason !== undefined) return finish(finishReason, emit);
      if (blockReason !== undefined && raw.length === 0 && run === undefined) throw blockedError(blockReason);
      throw truncatedError(`${chunks} chunks`);
    },
  };
}

function readChunk(value: JsonValue, chunks: number): JsonObject {
  if (isObject(value)) return value;
  throw malformedError(`chunk ${chunks + 1} is no JSON object`);
}

/** Undefined: the answer is no use. */
function toFinishReason(reason: string, hasCalls: boolean): 'end' | 'tool-use' | 'length' | 'blocked' | 'pause' | undefined {
  switch (reason) {
    case 'STOP': return hasCalls ? 'tool-use' : 'end';
    case 'MAX_TOKENS': return 'length';
    case 'CONTINUATION': return 'pause';
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
    case 'LANGUAGE':
      return 'blocked';
    default: return reason.startsWith('IMAGE_') ? 'blocked' : undefined;
  }
}

function tooMuch(what: string): ProviderError {
  return malformedError(`the response has ${what}`, { retryable: false });
}
