import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createSseDecoder, defaultLimits, isNetError, type ServerSentEvent } from '@sx/net';
import { assertSplits } from '@sx/testkit';

import { furtherCases, type SseCase, webPlatformCases } from './sse-cases.ts';

function run({ octets, events, retryMs, limits: some, fault }: SseCase): void {
  const limits = { ...defaultLimits, ...some };
  assertSplits({
    create: () => createSseDecoder({ limits }),
    input: octets,
    values: events,
    prefixes: 'any',
    everyCutBytesMax: 8_192,
    ...(fault !== undefined && { fault }),
  });
  if (fault !== undefined) return;
  const decoder = createSseDecoder({ limits });
  decoder.push(octets, () => undefined);
  decoder.end(() => undefined);
  assert.equal(decoder.retryMs, retryMs);
}

describe('event streams of the web platform tests', () => {
  test('are 31', () => assert.equal(webPlatformCases.length, 31));
  for (const sseCase of webPlatformCases) test(`${sseCase.rule}: ${sseCase.name}`, () => run(sseCase));
});

describe('event streams that others got wrong', () => {
  for (const sseCase of furtherCases) test(`${sseCase.rule}: ${sseCase.name}`, () => run(sseCase));
});

describe('the decoder of event streams', () => {
  const decode = (pieces: readonly string[], end = true): ServerSentEvent[] => {
    const events: ServerSentEvent[] = [];
    const decoder = createSseDecoder();
    for (const piece of pieces) decoder.push(Buffer.from(piece), (event) => events.push(event));
    if (end) decoder.end((event) => events.push(event));
    return events;
  };

  test('gives an event at its CR, without waiting for a byte that may be LF', () => {
    assert.deepEqual(decode(['data: a\r\r'], false), [{ event: 'message', data: 'a', id: '' }]);
    assert.deepEqual(decode(['data: a\r\n\r'], false), [{ event: 'message', data: 'a', id: '' }]);
  });

  test('swallows the LF of a CRLF that is cut', () => {
    assert.deepEqual(decode(['data: a\r', '\n', '\r', '\ndata: b\r', '\n\r', '\n']).map(({ data }) => data), ['a', 'b']);
  });

  test('swallows the LF of a CRLF that is cut by an empty piece', () => {
    assert.deepEqual(decode(['data: a\r', '', '\ndata: b\n\n']).map(({ data }) => data), ['a\nb']);
  });

  test('says at once what retry is, before any event', () => {
    const decoder = createSseDecoder();
    assert.equal(decoder.retryMs, undefined);
    decoder.push(Buffer.from('retry: 5\n'), () => assert.fail());
    assert.equal(decoder.retryMs, 5);
  });

  test('takes a line of 4 million characters in small pieces', () => {
    const piece = 'x'.repeat(1_000);
    const events = decode(['data: ', ...Array.from({ length: 4_800 }, () => piece), '\n\n']);
    assert.equal(events[0]?.data.length, 4_800_000);
  });

  test('takes 200,000 lines of data in time that does not grow with their square', () => {
    const events = decode([...Array.from({ length: 200 }, () => 'data: x\n'.repeat(1_000)), '\n']);
    assert.equal(events[0]?.data.length, 399_999);
  });

  test('counts a limit of bytes over pieces and names it', () => {
    const decoder = createSseDecoder({ limits: { ...defaultLimits, sseLineBytesMax: 100 } });
    for (let read = 0; read < 100; read += 10) decoder.push(Buffer.from(':123456789'), () => undefined);
    assert.throws(
      () => decoder.push(Buffer.from('x'), () => undefined),
      (error) => isNetError(error) && error.code === 'NET_SSE_LINE_TOO_LONG' && error.limit === 100 && error.bytesRead === 101,
    );
  });

  test('throws what the consumer threw, again and again', () => {
    const decoder = createSseDecoder();
    const bug = new Error('consumer');
    const emit = (): never => {
      throw bug;
    };
    assert.throws(() => decoder.push(Buffer.from('data: x\n\n'), emit), bug);
    assert.throws(() => decoder.push(Buffer.from('data: y\n\n'), () => assert.fail()), bug);
    assert.throws(() => decoder.end(() => assert.fail()), bug);
  });
});
