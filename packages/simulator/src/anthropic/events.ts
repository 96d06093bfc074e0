/** Writes a reply as the events of the Messages API, or as one message for a client that asked for no stream. */
import { randomBytes } from 'node:crypto';
import { parseJson, type Json, type JsonObject } from '../server/json.ts';
import { bulkDeltas, inputTextOf, toDeltas, type Reply, type ReplyPart } from '../server/reply.ts';
import type { OutgoingEvent } from '../server/sse-writer.ts';
import type { CacheUsage } from './cache.ts';
import { isAnthropicErrorType } from './failures.ts';

export interface MessageContext {
  readonly model: string;
  readonly usage: CacheUsage;
  readonly thinks: boolean;
  readonly display: 'summarized' | 'omitted';
  /** Signs a thought that comes after these blocks. */
  sign(text: string, blocksBefore: readonly JsonObject[]): string;
}

const newId = (prefix: string): string => `${prefix}_01${randomBytes(16).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
const event = (type: string, members: JsonObject): OutgoingEvent => ({ event: type, data: JSON.stringify({ type, ...members }) });

function usageOf({ usage }: MessageContext, outputTokens: number): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.write5mTokens + usage.write1hTokens,
    cache_read_input_tokens: usage.readTokens,
    cache_creation: { ephemeral_5m_input_tokens: usage.write5mTokens, ephemeral_1h_input_tokens: usage.write1hTokens },
    output_tokens: outputTokens,
    service_tier: 'standard',
  };
}

export function* messageEvents(reply: Reply, context: MessageContext): Generator<OutgoingEvent> {
  const end = reply.end ?? { type: 'complete' };
  const message = {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usageOf(context, 1),
  };
  yield event('message_start', { message });
  yield event('ping', {});
  const parts = visibleParts(reply, context);
  const blocks: JsonObject[] = [];
  let characters = 0;
  for (const [at, part] of parts.entries()) {
    const isOpen = at === parts.length - 1 && (end.type === 'cut' || end.type === 'error-event' || end.type === 'failed');
    characters += lengthOf(part);
    const block = yield* blockEvents(part, blocks, context);
    if (isOpen) break;
    yield event('content_block_stop', { index: blocks.length });
    blocks.push(block);
  }
  if (end.type === 'continue') {
    yield event('content_block_start', { index: blocks.length, content_block: pausedTool() });
    yield event('content_block_stop', { index: blocks.length });
  }
  switch (end.type) {
    case 'cut':
      return;
    case 'failed':
    case 'error-event':
      yield event(
        'error',
        {
          error: { type: isAnthropicErrorType(end.code) ? end.code : 'api_error', message: end.message },
          request_id: 'req_simulated',
        },
      );
      return;
    default:
      yield event('message_delta', { delta: stopOf(reply), usage: usageOf(context, Math.ceil(characters / 4)) });
      yield event('message_stop', {});
  }
}

/** The answer to a request without `stream`. */
export function wholeMessage(reply: Reply, context: MessageContext): Json {
  const blocks: JsonObject[] = [];
  for (const part of visibleParts(reply, context)) blocks.push(toBlock(part, blocks, context));
  if (reply.end?.type === 'continue') blocks.push(pausedTool());
  return {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: blocks,
    ...stopOf(reply),
    usage: usageOf(context, Math.ceil(JSON.stringify(blocks).length / 4)),
  };
}

/** Only the vendor's own tools pause a turn, and their call is the last block. */
const pausedTool = (): JsonObject => ({ type: 'server_tool_use', id: newId('srvtoolu'), name: 'web_search', input: { query: 'more' } });

const visibleParts = ({ parts }: Reply, { thinks }: MessageContext): ReplyPart[] =>
  parts.filter((part) => part.type !== 'refusal' && (thinks || part.type !== 'reasoning'));

function stopOf({ parts, end = { type: 'complete' } }: Reply): JsonObject {
  const refuses = parts.some(({ type }) => type === 'refusal') || end.type === 'content-filter';
  const reason =
    refuses ? 'refusal' : end.type === 'max-output' ? 'max_tokens' : end.type === 'continue' ? 'pause_turn' : parts.some(({ type }) => type === 'tool-call') ? 'tool_use' : 'end_turn';
  const details = { type: 'refusal', category: null, explanation: 'This request was blocked.' };
  return { stop_reason: reason, stop_sequence: null, ...(refuses ? { stop_details: details } : {}) };
}

function lengthOf(part: ReplyPart): number {
  return part.type === 'tool-call' ? inputTextOf(part).length : part.type === 'bulk-text' ? part.deltas * part.deltaBytes : part.text.length;
}

function toBlock(part: ReplyPart, before: readonly JsonObject[], context: MessageContext): JsonObject {
  switch (part.type) {
    case 'reasoning': {
      if (part.redacted === true) return { type: 'redacted_thinking', data: context.sign('', before) };
      const thinking = context.display === 'omitted' ? '' : part.text;
      return { type: 'thinking', thinking, signature: context.sign(thinking, before) };
    }
    case 'tool-call':
      return { type: 'tool_use', id: newId('toolu'), name: part.name, input: parseJson(inputTextOf(part)) ?? {} };
    case 'bulk-text':
      return { type: 'text', text: '' };
    default:
      return { type: 'text', text: part.text };
  }
}

function* blockEvents(
  part: ReplyPart,
  before: readonly JsonObject[],
  context: MessageContext,
): Generator<OutgoingEvent, JsonObject> {
  const block = toBlock(part, before, context);
  const index = before.length;
  const delta = (members: JsonObject): OutgoingEvent => event('content_block_delta', { index, delta: members });
  switch (part.type) {
    case 'reasoning': {
      if (part.redacted === true) {
        yield event('content_block_start', { index, content_block: block });
        return block;
      }
      yield event('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } });
      if (context.display === 'summarized') {
        for (const thinking of toDeltas(part.text)) yield delta({ type: 'thinking_delta', thinking });
      }
      yield delta({ type: 'signature_delta', signature: block['signature'] });
      return block;
    }
    case 'tool-call': {
      yield event('content_block_start', { index, content_block: { ...block, input: {} } });
      yield delta({ type: 'input_json_delta', partial_json: '' });
      const text = inputTextOf(part);
      // A call without arguments has no fragment but the empty one.
      for (const partial_json of text === '{}' ? [] : (text.match(/[\s\S]{1,8}/g) ?? [])) {
        yield delta({ type: 'input_json_delta', partial_json });
      }
      return block;
    }
    default:
      yield event('content_block_start', { index, content_block: { type: 'text', text: '' } });
      for (const text of part.type === 'bulk-text' ? bulkDeltas(part) : toDeltas(part.text)) {
        yield delta({ type: 'text_delta', text });
      }
      return block;
  }
}
