/**
 * What the fuzzer checks of each part: invariants that hold for any input whatever.
 *
 * Only typed errors are thrown, and again and again; events come in the order of their grammar; nothing that comes out is
 * larger than the limits; how the input was cut makes no difference; a request is one request, or none.
 */
import assert from 'node:assert/strict';

import {
  createResponseDecoder,
  createSseDecoder,
  type Decoder,
  defaultLimits,
  encodeRequest,
  type HttpEvent,
  isNetError,
  type Limits,
  type ServerSentEvent,
} from '@sx/net';
import type { SeededRandom } from '@sx/testkit';

import { parseRequest } from '../../packages/net/test/http1/parse-request.ts';
import { compareWithNode } from './compare.ts';
import { chunkedCorpus, headCorpus, sseCorpus } from './corpus.ts';
import { cut, mutate } from './mutate.ts';
import { createNodeOracle } from './node-oracle.ts';

export interface FuzzTarget {
  readonly name: string;
  /** Draws one input and judges it. `note` counts what is worth a line in the report. */
  run(random: SeededRandom, note: (what: string) => void, show: (input: Uint8Array | string) => void): void;
}

const smallLimits: Limits = {
  ...defaultLimits,
  headBytesMax: 160,
  lineBytesMax: 64,
  fieldsMax: 4,
  interimResponsesMax: 2,
  chunkOverheadBytesMax: 32,
  trailerBytesMax: 48,
  sseLineBytesMax: 24,
  sseEventBytesMax: 40,
};

/** Everything that came out, as one text to compare, and how it ended. */
export interface ResponseRun {
  readonly head: string;
  readonly body: string;
  readonly outcome: 'complete' | 'closed' | 'tunnel' | 'fault';
  readonly code: string;
  readonly offset: number | undefined;
  readonly interim: readonly number[];
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
}

function runResponse(pieces: readonly Uint8Array[], method: string, limits: Limits, ownsInput = false): ResponseRun {
  const decoder = createResponseDecoder({ method, limits, ownsInput });
  let head = '';
  let body = '';
  let state: 'before' | 'body' | 'over' = 'before';
  let outcome: ResponseRun['outcome'] = 'fault';
  const interim: number[] = [];
  let status = 0;
  let fields: ResponseRun['fields'] = [];
  const emit = (event: HttpEvent): void => {
    switch (event.type) {
      case 'interim':
        assert.equal(state, 'before');
        interim.push(event.status);
        assert.ok(interim.length <= limits.interimResponsesMax);
        assertFields(event.fields, limits, limits.headBytesMax);
        break;
      case 'response':
        assert.equal(state, 'before');
        assert.ok(event.status >= 200 && event.status <= 999);
        state = 'body';
        status = event.status;
        fields = event.fields;
        assertFields(event.fields, limits, limits.headBytesMax);
        break;
      case 'data':
        assert.equal(state, 'body');
        assert.ok(event.bytes.length > 0);
        body += Buffer.from(event.bytes).toString('latin1');
        return;
      case 'end':
        assert.equal(state, 'body');
        state = 'over';
        outcome = event.outcome;
        assertFields(event.trailers, limits, limits.trailerBytesMax);
        break;
      case 'tunnel':
        assert.equal(state, 'body');
        state = 'over';
        outcome = 'tunnel';
        break;
      default:
        return event satisfies never;
    }
    head += JSON.stringify(event);
  };
  const fault = drive(decoder, pieces, emit);
  if (fault !== undefined) assert.notEqual(state, 'over', 'no fault after the end');
  if (fault === undefined) return { head, body, outcome, code: '', offset: undefined, interim, status, fields };
  return { head, body, outcome: 'fault', code: fault.code, offset: fault.offset, interim, status, fields };
}

function assertFields(fields: readonly (readonly [string, string])[], limits: Limits, bytesMax: number): void {
  assert.ok(fields.length <= limits.fieldsMax);
  let bytes = 0;
  for (const [name, value] of fields) {
    bytes += name.length + value.length;
    assert.match(name, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
    assert.match(value, /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/);
    assert.ok(name.length + value.length <= limits.lineBytesMax);
  }
  assert.ok(bytes <= bytesMax);
}

/** Pushes, ends, and checks the fault if there is one. The pieces are overwritten after each push: nothing may be kept. */
function drive<Out>(decoder: Decoder<Uint8Array, Out>, pieces: readonly Uint8Array[], emit: (value: Out) => void) {
  try {
    for (const piece of pieces) {
      const own = Buffer.from(piece);
      decoder.push(own, emit);
      own.fill(0xaa);
    }
    decoder.end(emit);
    return undefined;
  } catch (error) {
    if (!isNetError(error)) throw error;
    const silent = (): void => assert.fail('a value after a fault');
    if (thrownBy(() => decoder.push(ONE_OCTET, silent)) !== error) assert.fail('push after a fault throws something else');
    if (thrownBy(() => decoder.end(silent)) !== error) assert.fail('end after a fault throws something else');
    return error;
  }
}

const ONE_OCTET = Buffer.of(0x30);

/** Not `assert.throws`: it costs more than the decoder. */
function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function sameRun(whole: ResponseRun, split: ResponseRun): void {
  assert.equal(split.head, whole.head, 'events differ when the input is cut');
  assert.equal(split.body, whole.body, 'the body differs when the input is cut');
  assert.equal(`${split.code} ${split.offset}`, `${whole.code} ${whole.offset}`, 'the fault differs when the input is cut');
}

function createResponseTarget(name: string, corpus: readonly Uint8Array[]): FuzzTarget {
  const askNode = createNodeOracle();
  return {
    name,
    run(random, note, show) {
      const input = mutate(corpus, random);
      show(input);
      const method = random.pick(['GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT']);
      const limits = random.below(4) === 0 ? smallLimits : defaultLimits;
      const whole = runResponse([input], method, limits);
      const ownsInput = random.below(2) === 0;
      const pieces = ownsInput && random.below(2) === 0 ? [input] : cut(input, random);
      sameRun(whole, runResponse(pieces, method, limits, ownsInput));
      note(whole.outcome === 'fault' ? whole.code : whole.outcome);
      if (limits === smallLimits || method === 'CONNECT') return;
      note(`with Node: ${compareWithNode(whole, input, method, askNode)}`);
    },
  };
}

interface SseRun {
  readonly events: string;
  readonly code: string;
}

function runSse(pieces: readonly Uint8Array[], limits: Limits): SseRun {
  let events = '';
  let ended = false;
  const decoder = createSseDecoder({ limits });
  const fault = drive(decoder, pieces, (event: ServerSentEvent) => {
    assert.equal(ended, false, 'nothing follows an unterminated block');
    ended = event.unterminated === true;
    assert.ok(Buffer.byteLength(event.data) <= limits.sseEventBytesMax);
    assert.ok(Buffer.byteLength(event.id) <= limits.sseLineBytesMax && Buffer.byteLength(event.event) <= limits.sseLineBytesMax);
    assert.doesNotMatch(event.id + event.event, /[\r\n]/);
    assert.ok(event.event !== '' && !event.id.includes('\0') && !event.data.includes('\r'));
    events += JSON.stringify(event);
  });
  return { events: `${events} ${decoder.retryMs}`, code: fault?.code ?? 'complete' };
}

const sseTarget: FuzzTarget = {
  name: 'event stream',
  run(random, note, show) {
    const input = mutate(sseCorpus, random);
    show(input);
    const limits = random.below(4) === 0 ? smallLimits : defaultLimits;
    const whole = runSse([input], limits);
    assert.deepEqual(runSse(cut(input, random), limits), whole, 'events differ when the input is cut');
    if (limits === defaultLimits) assert.equal(whole.code, 'complete', 'nothing but a limit is a fault');
    note(whole.code);
  },
};

const requestParts = [
  'GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'https://h.example/', 'http://[::1]:80/a?b=c#d', 'https://h.example:8443/%0d%0a',
  'X-A', 'Host', 'content-length', 'Transfer-Encoding', 'chunked',
  'Accept-Encoding', 'identity', '\r\n', '\r\nX: y', '\n', '\r', '\0', ' ', '\t', ':', '@', '#', '?', '/', '\\', '\x7f', '\x80',
  '\xff', '\u010a', '\u010d', '\u560a', '\ud83d', '\udca9', '€', '', 'a', '0', '[', ']', '%', '..', 'Authorization', 'Bearer x',
];

const requestTarget: FuzzTarget = {
  name: 'request',
  run(random, note, show) {
    const odd = (plain: string): string => {
      switch (random.below(24)) {
        case 0:
          return random.pick(requestParts) + random.pick(requestParts);
        case 1: {
          const at = random.below(plain.length + 1);
          return plain.slice(0, at) + random.pick(requestParts) + plain.slice(at);
        }
        case 2: {
          const at = random.below(plain.length + 1);
          const code = random.below(random.below(2) === 0 ? 0x100 : 0x10000);
          return plain.slice(0, at) + String.fromCharCode(code) + plain.slice(at);
        }
        default:
          return plain;
      }
    };
    const method = odd(random.pick(['GET', 'POST', 'DELETE', 'OPTIONS']));
    const url = odd(random.pick(['https://h.example/', 'http://[::1]:80/a?b=c', 'https://user.example:8443/v1/x']));
    const fields = Array.from({ length: random.below(4) }, (): [string, string] => {
      return [odd(random.pick(['X-A', 'Accept', 'Authorization'])), odd('b c')];
    });
    const body = new Uint8Array(random.below(2) * random.below(9)).fill(0x0d);
    const form = random.pick(['origin', 'origin', 'absolute', 'asterisk'] as const);
    show(JSON.stringify({ method, url, fields, body: body.length, form }));
    let encoded;
    try {
      encoded = encodeRequest({ method, url, fields, body }, { form });
    } catch (error) {
      if (!isNetError(error) || error.code !== 'NET_BAD_REQUEST') throw error;
      note(error.code);
      return;
    }
    note('complete');
    const parsed = parseRequest(encoded.head, encoded.body);
    assert.equal(parsed.method, method);
    const ours = (name: string, value: string): boolean =>
      name === 'Host' || name === 'Content-Length' || (name.toLowerCase() === 'accept-encoding' && value === 'identity');
    assert.deepEqual(
      parsed.fields.filter(([name, value]) => !ours(name, value)),
      fields.filter(([name, value]) => !ours(name, value)),
    );
    const { host, pathname, search } = new URL(url);
    assert.equal(parsed.fields[0]?.[1], host);
    assert.equal(parsed.target, form === 'asterisk' ? '*' : `${form === 'absolute' ? `http://${host}` : ''}${pathname}${search}`);
  },
};

/** In the order in which they take turns. */
export function createTargets(): FuzzTarget[] {
  return [createResponseTarget('head', headCorpus), createResponseTarget('chunked', chunkedCorpus), sseTarget, requestTarget];
}
