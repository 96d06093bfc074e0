/**
 * Decodes the chunks of one response.
 *
 * In: server-sent events whose JSON is a chunk: `choices[0].delta` holds the next pieces, `finish_reason` comes with the last
 * of them, the usage in a chunk behind it. Out: stream events. States: `waiting` → `open` (a choice was seen) → `finished` (a
 * finish reason was seen; usage may follow) → over, at `[DONE]` or the end of the body.
 *
 * - Of one delta the thought comes first, then the text, then the calls, as in the message that it belongs to.
 * - Text and thoughts are blocks that end where the other kind, or a call, begins. Calls are finished at the end: servers
 *   interleave their fragments, and nothing may be run before.
 * - A body that ends with neither finish reason nor `[DONE]` was cut. A finish reason without `[DONE]` is the habit of many. An
 *   empty reason is one where only the last choice has it; some servers have it in all of them.
 * - With `stop` and calls the calls count; with `length` only those whose arguments are whole.
 * - Data that begins as a chunk and is none is a fault: nothing repeats it. Other data that is no JSON is skipped.
 * - A chunk with an error is that error, whatever the status said. Other choices than the first are not read.
 * - The message is put together beside it, for replay (`raw-message.ts`): calls are found by `call-fragments.ts`.
 */
import {
  arrayOr, type FinishReason, isObject, type JsonObject, type JsonValue, noUsage, numberOr, objectOr, parseJson,
  type ProtocolContext, type ProviderError, type StreamEvent, stringOr, type ToolCallPart, type Usage, type WireReducer,
} from '@sx/llm/provider-kit';
import { printable } from '@sx/net/net-error';

import { limits } from '../limits.ts';
import { callIdOf, createCallFragments, isComplete, type PendingCall } from './call-fragments.ts';
import { isErrorChunk, malformedError, stoppedError, toStreamError, truncatedError } from './errors.ts';
import { createRawMessage } from './raw-message.ts';
import { createThinkTags } from './think-tags.ts';
import { type ChatDialect, type ContentPiece, readContent, readReasoning, readUsage, toUsage } from './wire.ts';

type Emit = (event: StreamEvent) => void;
type Prose = 'text' | 'reasoning';

export function createReducer(context: ProtocolContext, dialect: ChatDialect): WireReducer {
  const fragments = createCallFragments();
  const raw = createRawMessage();
  const callIds = new Set<string>();
  let tags = dialect.thinkTags ? createThinkTags() : undefined;
  let started = false;
  let responseId = '';
  let block: { readonly kind: Prose; readonly id: string } | undefined;
  let blocks = 0;
  let chunks = 0;
  let thought = false;
  let answered = false;
  let refused = false;
  let finishReason: string | undefined;
  let usage: JsonObject | undefined;
  /** Choices that came, those with an empty reason, and whether the last one had it: a habit, or an end. */
  let choices = 0;
  let emptyReasons = 0;
  let endsEmpty = false;
  let keptChars = 0;

  const start = (chunk: JsonObject, emit: Emit): void => {
    if (started) return;
    started = true;
    responseId = stringOr(chunk['id'], '');
    const model = stringOr(chunk['model'], '');
    emit({ type: 'response-start', ...(responseId === '' ? {} : { responseId }), ...(model === '' ? {} : { model }) });
  };

  const keep = (chars: number): void => {
    keptChars += chars;
    if (keptChars > limits.keptCharsMax) throw tooMuch(`${limits.keptCharsMax} characters`);
  };

  const countBlock = (): void => {
    blocks += 1;
    if (blocks > limits.itemsMax) throw tooMuch(`${limits.itemsMax} blocks`);
  };

  const closeBlock = (emit: Emit): void => {
    if (block !== undefined) emit({ type: `${block.kind}-end`, id: block.id });
    block = undefined;
  };

  const prose = (kind: Prose, text: string, emit: Emit): void => {
    if (text === '') return;
    if (block?.kind !== kind) {
      closeBlock(emit);
      block = { kind, id: `${blocks}` };
      countBlock();
      emit({ type: `${kind}-start`, id: block.id });
    }
    if (kind === 'reasoning') thought = true;
    emit({ type: `${kind}-delta`, id: block.id, text });
  };

  const answer = (text: string, emit: Emit): void => {
    answered ||= text.trim() !== '';
    prose('text', text, emit);
  };
  const tagged = (emit: Emit) => (kind: 'text' | 'thinking', text: string): void =>
    kind === 'thinking' ? prose('reasoning', text, emit) : answer(text, emit);

  const content = (piece: ContentPiece, emit: Emit): void => {
    if (piece.kind === 'other') {
      countBlock();
      raw.addContent(piece);
      return;
    }
    if (piece.text === '') return;
    raw.addContent(piece);
    switch (piece.kind) {
      case 'thinking': prose('reasoning', piece.text, emit); break;
      case 'refusal':
        refused = true;
        prose('text', piece.text, emit);
        break;
      case 'text':
        if (tags === undefined) answer(piece.text, emit);
        else tags.push(piece.text, tagged(emit));
        break;
      default: piece satisfies never;
    }
  };

  const fragment = (value: JsonObject, position: number, emit: Emit): void => {
    const { call, piece } = fragments.add(value, position);
    if (fragments.calls.length > limits.itemsMax) throw tooMuch(`${limits.itemsMax} calls`);
    // A name may come in pieces, so it stands only once the arguments begin.
    if (piece === '') return;
    const begun = call.blockId !== undefined;
    beginCall(call, emit);
    if (begun && call.blockId !== undefined) emit({ type: 'tool-input-delta', id: call.blockId, text: piece });
  };

  /** Also what came before the name, in one delta. */
  const beginCall = (call: PendingCall, emit: Emit): void => {
    if (call.blockId !== undefined || call.name === '') return;
    closeBlock(emit);
    // Those before it have their whole name by now: blocks begin in the order of the calls.
    for (const earlier of fragments.calls.slice(0, fragments.calls.indexOf(call))) beginCall(earlier, emit);
    call.blockId = callIdOf(call, responseId, callIds);
    callIds.add(call.blockId);
    emit({ type: 'tool-input-start', id: call.blockId, name: call.name });
    const text = call.pieces.join('');
    if (text !== '') emit({ type: 'tool-input-delta', id: call.blockId, text });
  };

  const readDelta = (delta: JsonObject, emit: Emit): void => {
    const reasoning = readReasoning(delta);
    raw.addDelta(delta, reasoning);
    if (reasoning !== undefined) {
      // A server that has a member for thoughts has read the tags itself.
      tags?.end(tagged(emit));
      tags = undefined;
      prose('reasoning', reasoning.text, emit);
    } else if (delta['reasoning_details'] !== undefined) {
      for (const text of detailTexts(delta)) prose('reasoning', text, emit);
    }
    const said = delta['content'];
    if (typeof said === 'string') content({ kind: 'text', text: said }, emit);
    else for (const piece of readContent(said)) content(piece, emit);
    const refusal = stringOr(delta['refusal'], '');
    if (refusal !== '') {
      refused = true;
      prose('text', refusal, emit);
    }
    const calls = delta['tool_calls'];
    if (Array.isArray(calls)) {
      calls.forEach((call, position) => {
        if (isObject(call)) fragment(call, position, emit);
      });
    }
    // The form before there were several calls.
    if (isObject(delta['function_call'])) fragment({ index: 0, function: delta['function_call'] }, 0, emit);
  };

  /** Ends the calls. @returns them as they go back. */
  const finishCalls = (isWhole: boolean, emit: Emit): JsonObject[] => fragments.calls.flatMap((call) => {
    if (call.name === '') {
      if (isWhole && call.pieces.length > 0) throw malformedError('a call has arguments and no name');
      return [];
    }
    if (!isWhole && (call.pieces.length === 0 || !isComplete(call))) {
      if (call.blockId !== undefined) emit({ type: 'tool-input-end', id: call.blockId });
      return [];
    }
    beginCall(call, emit);
    const id = call.blockId ?? '';
    emit({ type: 'tool-input-end', id });
    const part = toCall(call, id);
    emit({ type: 'tool-call', call: part });
    const args = part.inputText.trim() === '' ? '{}' : part.inputText;
    return [{ ...call.extra, id, type: 'function', function: { name: call.name, arguments: args } }];
  });

  const finish = (emit: Emit): void => {
    const rawReason = finishReason ?? '';
    const meaning = meaningOf(rawReason);
    if (meaning === 'error') throw stoppedError(rawReason, context);
    const isWhole = meaning === 'end' || meaning === 'tool-use' || meaning === undefined;
    if (finishReason === undefined && fragments.calls.some((call) => !isComplete(call))) {
      throw malformedError('[DONE] came without a finish reason while a call was not finished');
    }
    tags?.end(tagged(emit));
    closeBlock(emit);
    const calls = finishCalls(isWhole, emit);
    const counted = usage === undefined ? noUsage : toUsage(usage);
    if (meaning === undefined) {
      emit({ type: 'warning', message: `the server ended with the unknown reason ${printable(rawReason, 80)}` });
    }
    emit({
      type: 'finish',
      reason: reasonOf(isWhole ? undefined : meaning, calls.length > 0, counted),
      ...(rawReason === '' ? {} : { rawReason }),
      usage: counted,
      raw: [raw.toJson(calls)],
    });
  };

  const reasonOf = (cut: FinishReason | undefined, hasCalls: boolean, counted: Usage): FinishReason => {
    // Not one token of an answer: the prompt had filled the window already.
    if (cut === 'length' && counted.outputTokens === 0 && !answered && !thought) return 'context-overflow';
    if (cut !== undefined) return cut;
    if (hasCalls) return 'tool-use';
    return refused && !answered ? 'refusal' : 'end';
  };

  const push = (chunk: JsonObject, emit: Emit, dataChars: number): boolean => {
    chunks += 1;
    if (isErrorChunk(chunk)) throw toStreamError(chunk, context);
    const choice = firstChoice(chunk['choices']);
    usage = readUsage(chunk, choice) ?? usage;
    if (choice === undefined) return false;
    if (isObject(choice['error'])) throw toStreamError(choice, context);
    start(chunk, emit);
    keep(dataChars);
    // A server that ignored `stream` sends `message`.
    readDelta(objectOr(choice['delta'], objectOr(choice['message'], {})), emit);
    const reason = choice['finish_reason'];
    if (typeof reason === 'string' && reason !== '') finishReason ??= reason;
    choices += 1;
    endsEmpty = reason === '';
    if (endsEmpty) emptyReasons += 1;
    return false;
  };

  return {
    push,
    // What is no JSON at all is a server's way to keep the line alive; a chunk that was damaged is a hole in the answer.
    pushOther(value, emit, data) {
      if (value === undefined && data.trimStart().startsWith('{')) throw malformedError(`chunk ${chunks + 1} is no JSON object`);
      // Some gateways wrap chunks, and above all errors, in a list.
      const list = arrayOr(value, []);
      for (const chunk of list) if (isObject(chunk)) push(chunk, emit, data.length / list.length);
      return false;
    },
    end(emit, by) {
      const was = `${chunks} chunks, ${fragments.calls.length} calls`;
      const isEnd = finishReason !== undefined || by === 'sign' || (endsEmpty && emptyReasons === 1 && choices > 1);
      if (!started || !isEnd) throw truncatedError(was);
      finish(emit);
    },
  };
}

function tooMuch(what: string): ProviderError {
  return malformedError(`the response has more than ${what}`, { retryable: false });
}

function firstChoice(choices: JsonValue | undefined): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined;
  return choices.find((choice) => isObject(choice) && numberOr(choice['index'], 0) === 0);
}

/** Structured thoughts, where there is no plain text beside them. */
function detailTexts(delta: JsonObject): string[] {
  return arrayOr(delta['reasoning_details'], []).flatMap((item) => {
    const text = isObject(item) ? stringOr(item['text'], stringOr(item['summary'], '')) : '';
    return text === '' ? [] : [text];
  });
}

function toCall({ pieces, name }: PendingCall, id: string): ToolCallPart {
  const inputText = pieces.join('');
  // Some servers send nothing at all for a tool without arguments.
  const value = parseJson(inputText.trim() === '' ? '{}' : inputText);
  return { type: 'tool-call', id, name, input: isObject(value) ? value : undefined, inputText };
}

/** `error`: the server gave up. Undefined: nobody knows, and it counts as an end. */
function meaningOf(reason: string): FinishReason | 'error' | undefined {
  switch (reason) {
    case '': case 'stop': case 'end': case 'eos': case 'end_turn': case 'stop_sequence': return 'end';
    case 'tool_calls': case 'function_call': case 'tool_use': return 'tool-use';
    case 'length': case 'max_tokens': return 'length';
    case 'content_filter': return 'blocked';
    case 'model_context_window_exceeded': return 'context-overflow';
    case 'error': case 'network_error': case 'abort': case 'insufficient_system_resource': return 'error';
    default: return undefined;
  }
}
