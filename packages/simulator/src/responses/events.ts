/**
 * Writes a reply as the events of the Responses API, in the order and with the members that the real server sends.
 *
 * created in_progress (item-added part-added delta* done part-done item-done)* completed | incomplete | failed | error | nothing
 * Left out: logprobs, hosted tools. `obfuscation` pads short deltas, as it does there.
 */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../server/json.ts';
import { estimateTokens } from '../server/prefix-cache.ts';
import { bulkDeltas, inputTextOf, toDeltas, type Reply, type ReplyPart } from '../server/reply.ts';
import type { OutgoingEvent } from '../server/sse-writer.ts';
import type { IssuedItems } from './issued-items.ts';

const OBFUSCATION_BYTES = 8;
const REPEATED_BYTES_MAX = 4 * 1024 * 1024;

export interface EventContext {
  readonly model: string;
  readonly issued: IssuedItems;
  readonly usage: { readonly inputTokens: number; readonly cachedTokens: number };
  /** Fields of the response object beyond the usual. */
  readonly echo: JsonObject;
  /** The public API repeats all items in `completed`; the Codex backend sends an empty list. */
  readonly repeatOutput: boolean;
  /** Whether the model was asked for reasoning summaries and encrypted content. */
  readonly summaries: boolean;
  readonly encrypted: boolean;
  /** Names of free-form tools: their calls carry text, not JSON. */
  readonly customTools: ReadonlySet<string>;
  /** Called with the items of a response that was sent to its end. */
  onComplete(items: readonly JsonObject[]): void;
}

export const newId = (prefix: string): string => `${prefix}_${randomBytes(24).toString('hex')}`;

export function* responseEvents(reply: Reply, context: EventContext): Generator<OutgoingEvent> {
  const writer = createEventWriter();
  const id = newId('resp');
  const base: JsonObject = {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    model: context.model,
    ...context.echo,
  };
  const shell = (status: string, more: JsonObject = {}): JsonObject =>
    ({ response: { ...base, status, error: null, incomplete_details: null, output: [], usage: null, ...more } });
  yield writer.event('response.created', shell('in_progress'));
  yield writer.event('response.in_progress', shell('in_progress'));
  const items: JsonObject[] = [];
  let outputCharacters = 0;
  let reasoningCharacters = 0;
  const end = reply.end ?? { type: 'complete' };
  const breaksOff = end.type === 'cut' || end.type === 'error-event' || end.type === 'failed';
  for (const [index, part] of reply.parts.entries()) {
    if (part.type === 'reasoning') reasoningCharacters += part.text.length;
    outputCharacters += lengthOf(part);
    const isOpen = breaksOff && index === reply.parts.length - 1;
    const item = yield* partEvents(part, index, isLast(reply, index), isOpen, writer, context);
    if (isOpen) break;
    context.issued.add(item, id);
    items.push(item);
  }
  const usage: JsonObject = {
    input_tokens: context.usage.inputTokens,
    input_tokens_details: { cached_tokens: context.usage.cachedTokens },
    output_tokens: Math.ceil(outputCharacters / 4),
    output_tokens_details: { reasoning_tokens: Math.ceil(reasoningCharacters / 4) },
    total_tokens: context.usage.inputTokens + Math.ceil(outputCharacters / 4),
  };
  const output = context.repeatOutput ? items : [];
  switch (end.type) {
    case 'complete':
    case 'continue':
      context.onComplete(items);
      yield writer.event(
        'response.completed',
        shell('completed', { output, usage, ...(end.type === 'continue' ? { end_turn: false } : {}) }),
      );
      return;
    case 'max-output':
    case 'content-filter':
      context.onComplete(items);
      yield writer.event(
        'response.incomplete',
        shell(
          'incomplete',
          { output, usage, incomplete_details: { reason: end.type === 'max-output' ? 'max_output_tokens' : 'content_filter' } },
        ),
      );
      return;
    case 'failed':
      // `missing` stands for a failure that does not say what failed.
      yield writer.event(
        'response.failed',
        shell('failed', { error: end.code === 'missing' ? null : { code: end.code, message: end.message } }),
      );
      return;
    case 'error-event':
      yield writer.event(
        'error',
        {
          code: end.code,
          message: end.message,
          param: null,
          error: { type: end.code, code: end.code, message: end.message, param: null },
        },
      );
      return;
    case 'cut':
      return;
    default:
      end satisfies never;
  }
}

interface EventWriter {
  event(type: string, members: JsonObject): OutgoingEvent;
}

function createEventWriter(): EventWriter {
  let sequence = 0;
  return {
    event(type, members) {
      const data = JSON.stringify({ type, sequence_number: sequence, ...members });
      sequence += 1;
      return { event: type, data };
    },
  };
}

/** Text after which no call comes is the final answer; before calls it is commentary. */
function isLast({ parts }: Reply, index: number): boolean {
  return !parts.slice(index + 1).some((part) => part.type === 'tool-call' || part.type === 'text');
}

function lengthOf(part: ReplyPart): number {
  if (part.type === 'tool-call') return inputTextOf(part).length;
  return part.type === 'bulk-text' ? part.deltas * part.deltaBytes : part.text.length;
}

type PartEvents = Generator<OutgoingEvent, JsonObject>;

/** Yields the events of one item and returns the item as it ended; with `isOpen` it stops before the end. */
function partEvents(
  part: ReplyPart,
  index: number,
  isFinal: boolean,
  isOpen: boolean,
  writer: EventWriter,
  context: EventContext,
): PartEvents {
  switch (part.type) {
    case 'reasoning':
      return reasoningEvents(
        part.text,
        index,
        isOpen,
        writer,
        part.redacted === true ? { ...context, summaries: false } : context,
      );
    case 'tool-call':
      return context.customTools.has(part.name) ? customCallEvents(part.name, inputTextOf(part), index, isOpen, writer) : callEvents(part.name, inputTextOf(part), index, isOpen, writer);
    case 'refusal':
      return messageEvents({ kind: 'refusal', deltas: toDeltas(part.text) }, index, isFinal, isOpen, writer);
    case 'text':
      return messageEvents({ kind: 'output_text', deltas: toDeltas(part.text) }, index, isFinal, isOpen, writer);
    case 'bulk-text':
      return messageEvents(
        {
          kind: 'output_text',
          deltas: bulkDeltas(part),
          isHuge: part.deltas * part.deltaBytes > REPEATED_BYTES_MAX,
          isPlain: true,
        },
        index,
        isFinal,
        isOpen,
        writer,
      );
    default:
      return part satisfies never;
  }
}

interface MessageText {
  readonly kind: 'output_text' | 'refusal';
  readonly deltas: Iterable<string>;
  /** Without padding. */
  readonly isPlain?: boolean;
  /** Not repeated whole at the end: a gigabyte would not fit into one event. */
  readonly isHuge?: boolean;
}

function* messageEvents(text: MessageText, index: number, isFinal: boolean, isOpen: boolean, writer: EventWriter): PartEvents {
  const id = newId('msg');
  const phase = isFinal ? 'final_answer' : 'commentary';
  const place = { item_id: id, output_index: index, content_index: 0 };
  const toPart = (value: string): JsonObject => (text.kind === 'refusal' ? { type: 'refusal', refusal: value } : {
    type: 'output_text',
    annotations: [],
    text: value,
  });
  yield writer.event(
    'response.output_item.added',
    { output_index: index, item: { id, type: 'message', status: 'in_progress', role: 'assistant', content: [], phase } },
  );
  yield writer.event('response.content_part.added', { ...place, part: toPart('') });
  let whole = '';
  const deltaType = `response.${text.kind}.delta`;
  for (const delta of text.deltas) {
    if (text.isHuge !== true) whole += delta;
    const padding = text.isPlain === true ? {} : { obfuscation: randomBytes(OBFUSCATION_BYTES).toString('base64url') };
    yield writer.event(deltaType, { ...place, delta, ...padding });
  }
  const item: JsonObject = { id, type: 'message', status: 'completed', role: 'assistant', content: [toPart(whole)], phase };
  if (isOpen) return item;
  yield writer.event(
    `response.${text.kind}.done`,
    { ...place, ...(text.kind === 'refusal' ? { refusal: whole } : { text: whole }) },
  );
  yield writer.event('response.content_part.done', { ...place, part: toPart(whole) });
  yield writer.event('response.output_item.done', { output_index: index, item });
  return item;
}

function* reasoningEvents(text: string, index: number, isOpen: boolean, writer: EventWriter, context: EventContext): PartEvents {
  const id = newId('rs');
  const place = { item_id: id, output_index: index, summary_index: 0 };
  const encrypted = context.encrypted ? { encrypted_content: `gAAAAAB${randomBytes(90).toString('base64url')}` } : {};
  yield writer.event(
    'response.output_item.added',
    { output_index: index, item: { id, type: 'reasoning', summary: [], ...encrypted } },
  );
  if (context.summaries) {
    yield writer.event('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } });
    for (const delta of toDeltas(text)) {
      yield writer.event(
        'response.reasoning_summary_text.delta',
        { ...place, delta, obfuscation: randomBytes(OBFUSCATION_BYTES).toString('base64url') },
      );
    }
  }
  const summary = context.summaries ? [{ type: 'summary_text', text }] : [];
  // The content of `done` replaces that of `added`, as it does there.
  const final = context.encrypted ? { encrypted_content: `gAAAAAB${randomBytes(120).toString('base64url')}` } : {};
  const item: JsonObject = { id, type: 'reasoning', summary, ...final };
  if (isOpen) return item;
  if (context.summaries) {
    yield writer.event('response.reasoning_summary_text.done', { ...place, text });
    yield writer.event('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } });
  }
  yield writer.event('response.output_item.done', { output_index: index, item });
  return item;
}

function* callEvents(name: string, inputText: string, index: number, isOpen: boolean, writer: EventWriter): PartEvents {
  const id = newId('fc');
  const call = { id, type: 'function_call', name, call_id: `call_${randomBytes(12).toString('hex')}` };
  yield writer.event(
    'response.output_item.added',
    { output_index: index, item: { ...call, status: 'in_progress', arguments: '' } },
  );
  const deltas = inputText.match(/[\s\S]{1,8}/g) ?? [];
  for (const delta of isOpen ? deltas.slice(0, Math.ceil(deltas.length / 2)) : deltas) {
    yield writer.event(
      'response.function_call_arguments.delta',
      { item_id: id, output_index: index, delta, obfuscation: randomBytes(OBFUSCATION_BYTES).toString('base64url') },
    );
  }
  const item: JsonObject = { ...call, status: 'completed', arguments: inputText };
  if (isOpen) return item;
  yield writer.event('response.function_call_arguments.done', { item_id: id, output_index: index, arguments: inputText });
  yield writer.event('response.output_item.done', { output_index: index, item });
  return item;
}

function* customCallEvents(name: string, inputText: string, index: number, isOpen: boolean, writer: EventWriter): PartEvents {
  const id = newId('ctc');
  const call = { id, type: 'custom_tool_call', name, call_id: `call_${randomBytes(12).toString('hex')}` };
  yield writer.event('response.output_item.added', { output_index: index, item: { ...call, status: 'in_progress', input: '' } });
  for (const delta of toDeltas(inputText)) {
    yield writer.event('response.custom_tool_call_input.delta', { item_id: id, output_index: index, delta });
  }
  const item: JsonObject = { ...call, status: 'completed', input: inputText };
  if (isOpen) return item;
  yield writer.event('response.custom_tool_call_input.done', { item_id: id, output_index: index, input: inputText });
  yield writer.event('response.output_item.done', { output_index: index, item });
  return item;
}

/** The prompt as the cache sees it: tools and instructions first, then the history. */
export function promptText(body: JsonObject): string {
  return JSON.stringify([body['model'], body['tools'], body['instructions'], body['input']]);
}

export const promptTokens = (body: JsonObject): number => estimateTokens(promptText(body));
