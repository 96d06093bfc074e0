/**
 * Faults that `node:http` cannot commit go out by the raw socket, past it. Those that are proper HTTP and merely the wrong answer
 * go out as answers. Both are the same for every vendor.
 */
import type { HttpAnswer } from './exchange.ts';
import type { FaultName } from './scenario.ts';

const HEAD_BYTES_OVERSIZED = 2 * 1024 * 1024;
const INTERIM_RESPONSES = 200;

export const CLOUDFLARE_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Attention Required! | Cloudflare</title></head>\n' +
  '<body><h1>Sorry, you have been blocked</h1><p>You are unable to access this site.</p></body></html>\n';

/** The wrong answers that are HTTP all the same. */
export function faultAnswer(fault: FaultName): HttpAnswer | undefined {
  switch (fault) {
    case 'html-200':
      return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<!DOCTYPE html>\n<html><body><h1>Sign in to the hotel network</h1></body></html>\n' };
    case 'html-403':
      return { status: 403, headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare', 'cf-ray': '8f2a1c0de5f60001-FRA' }, body: CLOUDFLARE_PAGE };
    case 'redirect':
      return {
        status: 307,
        headers: { 'content-type': 'text/plain', location: 'https://elsewhere.example.test/responses' },
        body: '',
      };
    case 'json-200':
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { id: 'resp_simulated', object: 'response', status: 'completed' },
      };
    case 'empty-200':
      return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: '' };
    case 'garbage-200':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id": nonsense' };
    case 'garbage-stream':
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: '\u0000\u0001\u0002 not an event\ndata: {"broken\n\nretry: never\n\ndata: 12\n\ndata: []\n\n',
      };
    case 'garbage-bytes':
    case 'oversized-head':
    case 'bad-chunk-size':
    case 'interim-flood':
    case 'no-answer':
    case 'reset':
    case 'close':
      return undefined;
    default:
      return fault satisfies never;
  }
}

/** The bytes of the wrong answers that are no HTTP. Empty: nothing is sent. */
export function faultBytes(fault: FaultName): Buffer {
  const eventStream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
  switch (fault) {
    case 'garbage-bytes':
      return Buffer.from([...Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), 0, 255, 254, 13, 13, 10, 0]);
    case 'oversized-head':
      return Buffer.from(`HTTP/1.1 200 OK\r\nX-Large: ${'a'.repeat(HEAD_BYTES_OVERSIZED)}\r\n\r\n`);
    case 'bad-chunk-size':
      return Buffer.from(`${eventStream}zz\r\ndata: {}\n\n\r\n0\r\n\r\n`);
    case 'interim-flood':
      return Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(INTERIM_RESPONSES));
    default:
      return Buffer.alloc(0);
  }
}
