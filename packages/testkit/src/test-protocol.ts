/**
 * Judges a protocol by its fixtures. A fixture is a folder:
 *
 * - `request.json`   what is asked, in no vendor's shape: `{ origin, capabilities, request }`;
 * - `body.json`      the body that must come of it, member by member in this order;
 * - `response.http`  the bytes that answer it, head and chunking included;
 * - `events.jsonl`   the events that must come of them, one a line; where the stream fails, the last line is
 *                    `{"type":"error", …}` with those members of the `ProviderError` that matter (`code` at least).
 *
 * Folders without `request.json` check the response alone (origin and capabilities of `defaults`). Each response runs
 * through the real HTTP, event-stream and protocol decoders: whole, cut at every offset, byte by byte, and at every prefix.
 * Whatever the cuts: the same events, the same fault, the grammar kept, the same message. A prefix gives a beginning of the
 * events, and a fault unless the stream was finished already.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import {
  type AssistantMessage, createAccumulator, createStreamGrammar, type ErrorResponse, isProviderError, type JsonValue,
  type Message, type ModelRequest, parseJson, type Protocol, type ProtocolContext, type StreamEvent, toProviderError,
  type ToolResultPart,
} from '@sx/llm';
import { createResponseDecoder, createSseDecoder, type Decoder, type Fields, fieldValue, isNetError, type ServerSentEvent } from '@sx/net';

export interface TestProtocolOptions {
  /** For fixtures without `request.json`. */
  readonly defaults: ProtocolContext;
  /** The list of `body.json` that grows with the conversation (`input`, `messages`, `contents`). Default `input`. */
  readonly historyMember?: string;
  /** A member that is no content and moves as the conversation grows (`cache_control`). Default: none. */
  readonly movingMember?: string;
}

export interface ProtocolRun {
  readonly events: readonly StreamEvent[];
  readonly error: unknown;
  readonly message: AssistantMessage;
}

/** Responses up to this size are cut at every offset; of larger ones, evenly spread offsets are taken. */
const EVERY_CUT_BYTES_MAX = 6_000;
const SAMPLED_CUTS = 1_500;

export function testProtocol(protocol: Protocol, fixturesDirectory: string, options: TestProtocolOptions): void {
  const entries = readdirSync(fixturesDirectory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  describe(`${protocol.id}: ${names.length} fixtures`, () => {
    it('has fixtures', () => assert.ok(names.length > 0));
    for (const name of names) testFixture(protocol, name, join(fixturesDirectory, name), options);
  });
}

function testFixture(protocol: Protocol, name: string, directory: string, options: TestProtocolOptions): void {
  const request = readRequest(join(directory, 'request.json'));
  const context: ProtocolContext = request ?? options.defaults;
  const responsePath = join(directory, 'response.http');

  if (request !== undefined) {
    it(`${name}: writes the body`, () => {
      const expected = readFileSync(join(directory, 'body.json'), 'utf8');
      assert.equal(`${JSON.stringify(protocol.toBody(request.request, request), null, 2)}\n`, expected);
    });
  }
  if (!existsSync(responsePath)) return;
  const bytes = readFileSync(responsePath);
  const expected = readFileSync(join(directory, 'events.jsonl'), 'utf8').trimEnd().split('\n').map((line) => parseJson(line));

  it(`${name}: decodes the response whole`, () => {
    const run = runProtocol(protocol, context, [bytes]);
    assert.deepEqual(toLines(run), expected);
    if (run.error === undefined) assertReplay(protocol, request, run.message, options);
  });
  it(`${name}: decodes the same at every cut`, () => {
    const whole = runProtocol(protocol, context, [bytes]);
    const octets = [...bytes].map((_, index) => bytes.subarray(index, index + 1));
    assertSame(runProtocol(protocol, context, octets), whole, 'byte by byte');
    for (const offset of offsetsOf(bytes.length)) {
      assertSame(runProtocol(protocol, context, [bytes.subarray(0, offset), bytes.subarray(offset)]), whole, `cut at ${offset}`);
    }
  });
  it(`${name}: takes no prefix for the whole`, () => {
    const whole = runProtocol(protocol, context, [bytes]);
    for (const length of offsetsOf(bytes.length)) {
      assertPrefix(runProtocol(protocol, context, [bytes.subarray(0, length)]), whole, length);
    }
  });
}

/** What a decoder emits, kept, put together and held to the grammar of events. */
export function collectEvents({ origin }: ProtocolContext): CollectedEvents {
  const events: StreamEvent[] = [];
  const accumulator = createAccumulator(origin);
  const grammar = createStreamGrammar();
  return {
    events,
    accumulator,
    grammar,
    emit(event) {
      grammar.check(event);
      accumulator.push(event);
      events.push(event);
    },
  };
}

export interface CollectedEvents {
  readonly events: StreamEvent[];
  readonly accumulator: ReturnType<typeof createAccumulator>;
  readonly grammar: ReturnType<typeof createStreamGrammar>;
  readonly emit: (event: StreamEvent) => void;
}

/** One response through the decoders that a real one passes. */
export function runProtocol(protocol: Protocol, context: ProtocolContext, pieces: readonly Uint8Array[]): ProtocolRun {
  const http = createResponseDecoder({ method: 'POST' });
  const { events, accumulator, grammar, emit } = collectEvents(context);
  const sse = createSseDecoder();
  const decoder: Decoder<ServerSentEvent, StreamEvent> = protocol.createDecoder(context);
  let head: Head | undefined;
  const plain: Uint8Array[] = [];
  const isStream = (): boolean =>
    head?.status === 200 && /^text\/event-stream/i.test(fieldValue(head.fields, 'content-type') ?? '');
  let error: unknown;
  try {
    const onHttp = (event: Parameters<Parameters<typeof http.push>[1]>[0]): void => {
      if (event.type === 'response') {
        head = event;
        if (isStream()) protocol.headEvents?.(event.fields, context).forEach(emit);
      } else if (event.type === 'data') {
        if (isStream()) sse.push(event.bytes, (value) => decoder.push(value, emit));
        else plain.push(new Uint8Array(event.bytes));
      } else if (event.type === 'end') {
        if (!isStream()) throw protocol.toError(toErrorResponse(head, plain), context);
        sse.end((value) => decoder.push(value, emit));
        decoder.end(emit);
      }
    };
    for (const piece of pieces) http.push(piece, onHttp);
    http.end(onHttp);
    grammar.end();
  } catch (caught) {
    // After its end sign a stream is whole, whatever becomes of the framing.
    if (events.at(-1)?.type !== 'finish') error = toProviderError(caught);
  }
  // A defect, a broken grammar: not a fault of the response.
  if (error !== undefined && !isProviderError(error) && !isNetError(error)) throw error;
  return { events, error, message: accumulator.message() };
}

/** Response times count from here. */
const NOW_MS = 1_700_000_000_000;

interface Head {
  readonly status: number;
  readonly fields: Fields;
}

function toErrorResponse(head: Head | undefined, plain: readonly Uint8Array[]): ErrorResponse {
  return { status: head?.status ?? 0, fields: head?.fields ?? [], text: Buffer.concat(plain).toString('utf8'), nowMs: NOW_MS };
}

/** Events, then the fault with the members that fixtures may name. */
function toLines({ events, error }: ProtocolRun): JsonValue[] {
  const lines: JsonValue[] = events.map((event) => toJson(event));
  if (!isProviderError(error)) return lines;
  const { code, message, status, retryable, retryAfterMs, resetsAtMs, vendorCode, hint } = error;
  return [...lines, toJson({ type: 'error', code, message, status, retryable, retryAfterMs, resetsAtMs, vendorCode, hint })];
}

function toJson(value: object): JsonValue {
  return parseJson(JSON.stringify(value)) ?? null;
}

function assertSame(run: ProtocolRun, whole: ProtocolRun, where: string): void {
  assert.deepEqual(toLines(run), toLines(whole), where);
  assert.deepEqual(run.message, whole.message, where);
}

function assertPrefix(run: ProtocolRun, whole: ProtocolRun, length: number): void {
  const finished = run.events.at(-1)?.type === 'finish';
  assert.deepEqual(run.events, whole.events.slice(0, run.events.length), `the first ${length} bytes give other events`);
  if (finished) assert.equal(run.events.length, whole.events.length);
  else assert.ok(run.error !== undefined, `the first ${length} bytes pass for a whole response`);
  if (!finished) assert.equal(run.message.providerMetadata, undefined);
}

/** The answer goes into the history, and the next body begins with the one before. */
function assertReplay(protocol: Protocol, request: FixtureRequest | undefined, message: AssistantMessage, options: TestProtocolOptions): void {
  if (request === undefined) return;
  const { historyMember: member = 'input', movingMember } = options;
  const done = { type: 'text', text: 'done' } as const;
  const content = message.content.flatMap((part): ToolResultPart[] =>
    part.type === 'tool-call' ? [{ type: 'tool-result', callId: part.id, name: part.name, isError: false, content: [done] }] : [],
  );
  const results: Message[] = content.length === 0 ? [] : [{ role: 'tool', content }];
  const messages: Message[] = [...request.request.messages, message, ...results, { role: 'user', content: [done] }];
  const before = protocol.toBody(request.request, request)[member];
  const after = protocol.toBody({ ...request.request, messages }, request)[member];
  assert.ok(Array.isArray(before) && Array.isArray(after), `the body has a list ${member}`);
  const textOf = (history: readonly JsonValue[]): string => JSON.stringify(history, (key, value: unknown) => (key === movingMember ? undefined : value));
  assert.equal(textOf(after.slice(0, before.length)), textOf(before), 'the next request begins with this one');
}

interface FixtureRequest extends ProtocolContext {
  readonly request: ModelRequest;
}

/** Fixtures are ours: their shape is what `events.jsonl` and `body.json` make of it, so a wrong one fails there. */
function readRequest(path: string): FixtureRequest | undefined {
  if (!existsSync(path)) return undefined;
  const fixture: FixtureRequest = JSON.parse(readFileSync(path, 'utf8'));
  return fixture;
}

function offsetsOf(length: number): number[] {
  if (length <= EVERY_CUT_BYTES_MAX) return Array.from({ length: length - 1 }, (_, index) => index + 1);
  const edge = Array.from({ length: 64 }, (_, index) => [index + 1, length - 1 - index]).flat();
  const step = length / SAMPLED_CUTS;
  const spread = Array.from({ length: SAMPLED_CUTS - 1 }, (_, index) => Math.floor((index + 1) * step));
  return [...new Set([...edge, ...spread])].filter((offset) => offset > 0 && offset < length);
}
