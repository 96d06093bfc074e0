/** Writes a reply as chat completion chunks, in the way of the vendor at hand. */
import { randomBytes } from 'node:crypto';
import { canonicalJson, parseJson, type Json, type JsonObject } from '../server/json.ts';
import { bulkDeltas, inputTextOf, toDeltas, type Reply, type ReplyPart } from '../server/reply.ts';
import type { OutgoingEvent } from '../server/sse-writer.ts';
import type { IssuedReasoning } from './message-rules.ts';
import type { ChatVendor } from './vendors.ts';

export interface ChatContext {
  readonly model: string;
  readonly vendor: ChatVendor;
  readonly issued: IssuedReasoning;
  readonly usage: { readonly promptTokens: number; readonly cachedTokens: number };
  readonly includeUsage: boolean;
  /** False where the request switched it off, or the model does not reason. */
  readonly reasons: boolean;
}

/** Mistral's are nine letters and digits. */
const newCallId = ({ mistralOrder = false }: ChatVendor): string => (mistralOrder ? randomBytes(5).toString('hex').slice(1) : `call_${randomBytes(12).toString('hex')}`);

export function* chatEvents(reply: Reply, context: ChatContext): Generator<OutgoingEvent> {
  const { vendor } = context;
  const end = reply.end ?? { type: 'complete' };
  const base = {
    id: `chatcmpl-${randomBytes(12).toString('hex')}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model: context.model,
  };
  const chunk = (members: JsonObject): OutgoingEvent => ({ data: JSON.stringify({ ...base, ...members }) });
  const delta = (value: JsonObject): OutgoingEvent => chunk({
    choices: [{ index: 0, delta: value, logprobs: null, finish_reason: null }],
    ...(context.includeUsage && vendor.usage === 'chunk' ? { usage: null } : {}),
  });
  if (vendor.filterChunk === true) {
    yield chunk({ id: '', model: '', choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] });
  }
  yield delta({ role: 'assistant', content: vendor.contentRequired ? '' : null });
  let callIndex = 0;
  let reasoning = '';
  /** Of the whole message, as it must come back. */
  const details: Json[] = [];
  const breaksOff = end.type === 'cut' || end.type === 'error-event' || end.type === 'failed';
  const inOrder = [...reply.parts].sort((a, b) => Number(a.type === 'tool-call') - Number(b.type === 'tool-call'));
  for (const [at, part] of inOrder.entries()) {
    if (part.type === 'reasoning') {
      if (!context.reasons) continue;
      reasoning += part.text;
      yield* reasoningEvents(part.text, context, delta, details);
    } else if (part.type === 'tool-call') {
      yield* callEvents(part, callIndex, breaksOff && at === inOrder.length - 1, vendor, delta);
      callIndex += 1;
    } else {
      const field = part.type === 'refusal' ? 'refusal' : 'content';
      for (const text of part.type === 'bulk-text' ? bulkDeltas(part) : toDeltas(part.text)) yield delta({ [field]: text });
    }
  }
  if (reasoning !== '') context.issued.texts.add(reasoning);
  if (end.type === 'cut') return;
  if (end.type === 'failed' || end.type === 'error-event') return yield errorEvent(end, vendor, chunk);
  const usage = usageOf(reply, context, reasoning);
  const finish = { index: 0, delta: {}, logprobs: null, finish_reason: finishOf(reply) };
  yield chunk({
    choices: [vendor.usage === 'choice' ? { ...finish, usage } : finish],
    ...(vendor.usage === 'finish' ? { usage } : {}),
  });
  if (vendor.usage === 'chunk' && context.includeUsage) yield chunk({ choices: [], usage });
  if (vendor.done) yield { data: '[DONE]' };
}

type ToEvent = (value: JsonObject) => OutgoingEvent;

function* reasoningEvents(
  text: string,
  { vendor, issued }: ChatContext,
  delta: ToEvent,
  details: Json[],
): Generator<OutgoingEvent> {
  if (vendor.reasoningField === undefined) return;
  for (const piece of toDeltas(text)) {
    yield delta({
      [vendor.reasoningField]: piece,
      ...(vendor.reasoningDetails === true ? { reasoning_details: [{ type: 'reasoning.text', text: piece, format: 'anthropic-claude-v1', index: 0 }] } : {}),
    });
  }
  if (vendor.reasoningDetails !== true) return;
  const signature = randomBytes(60).toString('base64');
  yield delta({ reasoning_details: [{ type: 'reasoning.text', signature, format: 'anthropic-claude-v1', index: 0 }] });
  details.push({ type: 'reasoning.text', text, signature, format: 'anthropic-claude-v1', index: 0 });
  const encrypted = {
    type: 'reasoning.encrypted',
    data: randomBytes(40).toString('base64'),
    id: `rs_${randomBytes(8).toString('hex')}`,
    format: 'anthropic-claude-v1',
    index: 1,
  };
  yield delta({ reasoning_details: [encrypted] });
  details.push(encrypted);
  issued.details.add(canonicalJson(details));
}

function* callEvents(
  part: Extract<ReplyPart,
  { type: 'tool-call' }>,
  index: number,
  isOpen: boolean,
  vendor: ChatVendor,
  delta: ToEvent,
): Generator<OutgoingEvent> {
  const { calls } = vendor;
  const id = newCallId(vendor);
  const text = inputTextOf(part);
  const place = calls === 'no-index' ? {} : { index: calls === 'same-index' ? 0 : index };
  const call = (members: JsonObject): OutgoingEvent => delta({ tool_calls: [{ ...place, ...members }] });
  if (calls !== 'streamed' && !isOpen) {
    const value: Json = calls === 'object-arguments' ? (parseJson(text) ?? text) : text;
    yield call({ id, type: 'function', function: { name: part.name, arguments: value } });
    return;
  }
  yield call({ id, type: 'function', function: { name: part.name, arguments: '' } });
  const pieces = text.match(/[\s\S]{1,8}/g) ?? [];
  for (const piece of isOpen ? pieces.slice(0, Math.ceil(pieces.length / 2)) : pieces) {
    yield call({ function: { arguments: piece } });
  }
}

function errorEvent(
  end: { readonly type: string; readonly code: string; readonly message: string },
  vendor: ChatVendor,
  chunk: ToEvent,
): OutgoingEvent {
  if (vendor.errorChunk === 'choice') {
    return chunk({
      error: { code: 502, message: end.message, metadata: { error_type: end.code } },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error', native_finish_reason: 'error' }],
    });
  }
  const body = JSON.stringify({
    error: vendor.errorChunk === 'text' ? end.message : { message: end.message, type: end.code, param: null, code: end.code },
  });
  return end.type === 'error-event' ? { event: 'error', data: body } : { data: body };
}

function finishOf({ parts, end = { type: 'complete' } }: Reply): string {
  if (end.type === 'max-output') return 'length';
  if (end.type === 'content-filter') return 'content_filter';
  return parts.some(({ type }) => type === 'tool-call') ? 'tool_calls' : 'stop';
}

function usageOf({ parts }: Reply, { usage, vendor }: ChatContext, reasoning: string): JsonObject {
  const characters = parts.reduce(
    (sum, part) => sum + (part.type === 'tool-call' ? inputTextOf(part).length : part.type === 'bulk-text' ? part.deltas * part.deltaBytes : part.text.length),
    0,
  );
  const completion = Math.ceil(characters / 4);
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: completion,
    total_tokens: usage.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    completion_tokens_details: { reasoning_tokens: Math.ceil(reasoning.length / 4) },
    ...(vendor.cost === true ? { cost: 0.00042, cost_details: { upstream_inference_cost: null } } : {}),
  };
}

/** The answer to a request without `stream`. */
export function wholeChat(reply: Reply, context: ChatContext): Json {
  const text = (type: ReplyPart['type']): string => reply.parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
  const calls =
    reply.parts.flatMap((part) => (part.type === 'tool-call' ? [{ id: newCallId(context.vendor), type: 'function', function: { name: part.name, arguments: inputTextOf(part) } }] : []));
  const reasoning = context.reasons ? text('reasoning') : '';
  if (reasoning !== '') context.issued.texts.add(reasoning);
  return {
    id: `chatcmpl-${randomBytes(12).toString('hex')}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: context.model,
    choices: [{
      index: 0,
      message: {
        role: 'assistant',
        content: text('text'),
        ...(context.vendor.reasoningField === undefined ? {} : { [context.vendor.reasoningField]: reasoning }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      },
      finish_reason: finishOf(reply),
    }],
    usage: usageOf(reply, context, reasoning),
  };
}
