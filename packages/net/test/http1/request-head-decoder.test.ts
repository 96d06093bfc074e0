import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createRequestHeadDecoder, defaultLimits, isNetError, type NetErrorCode, type RequestHead } from '@sx/net';
import { assertSplits } from '@sx/testkit';

import { octetsOf } from './cases/http-case.ts';

const passes: readonly (readonly [rule: string, bytes: string, expected: Partial<RequestHead>])[] = [
  [
    'takes the redirect of a browser',
    'GET /callback?code=a%20b&state=c HTTP/1.1⏎Host: localhost:1455⏎Accept: text/html⏎⏎',
    { target: '/callback?code=a%20b&state=c', version: '1.1' },
  ],
  ['takes HTTP/1.0 without Host', 'GET / HTTP/1.0⏎⏎', { target: '/', version: '1.0', fields: [] }],
  ['takes an empty Host', 'GET / HTTP/1.1⏎Host:⏎⏎', { target: '/' }],
  ['takes Content-Length: 0', 'GET / HTTP/1.1⏎Host: a⏎Content-Length: 0⏎⏎', { target: '/' }],
  [
    'takes every visible character but the fragment sign',
    `GET /!"$%&'()*+,-./:;<=>?@[\\]^_\`{|}~ HTTP/1.1⏎Host: a⏎⏎`,
    { target: `/!"$%&'()*+,-./:;<=>?@[\\]^_\`{|}~` },
  ],
];

const refusals: readonly (readonly [rule: string, bytes: string, code: NetErrorCode])[] = [
  ['another method', 'POST / HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['HEAD', 'HEAD / HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['a method in lower case', 'get / HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['absolute-form', 'GET http://a/ HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['authority-form', 'GET a:80 HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['asterisk-form', 'GET * HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['a fragment', 'GET /a#b HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['a space in the target', 'GET /a b HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['a control character in the target', 'GET /a\x01 HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['obs-text in the target', 'GET /\xe4 HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['two spaces', 'GET  / HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['a tab', 'GET\t/ HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['no version', 'GET /⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['HTTP/2.0', 'GET / HTTP/2.0⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['HTTP/1.2', 'GET / HTTP/1.2⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['an empty first line', '⏎GET / HTTP/1.1⏎Host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\n', 'NET_BAD_FIELD'],
  ['a lone LF', 'GET / HTTP/1.1␊Host: a⏎⏎', 'NET_BAD_FIELD'],
  ['a lone LF after a field', 'GET / HTTP/1.1⏎Host: a␊⏎', 'NET_BAD_FIELD'],
  ['a folded line', 'GET / HTTP/1.1⏎Host: a⏎ b⏎⏎', 'NET_BAD_FIELD'],
  ['a blank before the colon', 'GET / HTTP/1.1⏎Host : a⏎⏎', 'NET_BAD_FIELD'],
  ['no Host', 'GET / HTTP/1.1⏎⏎', 'NET_BAD_REQUEST'],
  ['two Hosts', 'GET / HTTP/1.1⏎Host: a⏎host: a⏎⏎', 'NET_BAD_REQUEST'],
  ['two Hosts in 1.0', 'GET / HTTP/1.0⏎Host: a⏎Host: b⏎⏎', 'NET_BAD_REQUEST'],
  ['content', 'GET / HTTP/1.1⏎Host: a⏎Content-Length: 1⏎⏎', 'NET_BAD_REQUEST'],
  ['chunked content', 'GET / HTTP/1.1⏎Host: a⏎Transfer-Encoding: chunked⏎⏎', 'NET_BAD_REQUEST'],
  ['an end that comes too early', 'GET / HTTP/1.1⏎Host: a⏎', 'NET_TRUNCATED_HEAD'],
  ['no bytes at all', '', 'NET_TRUNCATED_HEAD'],
  ['a head above 8 KiB', `GET /${'x'.repeat(8_192)} HTTP/1.1⏎Host: a⏎⏎`, 'NET_HEAD_TOO_LARGE'],
];

describe('the head of a request to the loop-back server', () => {
  for (const [rule, bytes, expected] of passes) {
    test(rule, () => {
      const run = assertSplits({ create: () => createRequestHeadDecoder(), input: octetsOf(bytes) });
      assert.equal(run.values.length, 1);
      assert.deepEqual({ ...run.values[0], ...expected }, run.values[0]);
    });
  }
  for (const [rule, bytes, fault] of refusals) {
    test(`refuses ${rule}`, () => {
      assertSplits({ create: () => createRequestHeadDecoder(), input: octetsOf(bytes), values: [], fault });
    });
  }
  test('refuses bytes after the head', () => {
    const decoder = createRequestHeadDecoder();
    const heads: RequestHead[] = [];
    const push = (bytes: string): void => decoder.push(Buffer.from(octetsOf(bytes)), (head) => heads.push(head));
    push('GET / HTTP/1.1⏎Host: a⏎⏎');
    assert.equal(heads.length, 1);
    assert.throws(() => push('GET'), (error) => isNetError(error) && error.code === 'NET_BAD_REQUEST' && error.offset === 27);
  });
  test('quotes no target: it holds the authorization code', () => {
    const decoder = createRequestHeadDecoder({ ...defaultLimits, loopbackHeadBytesMax: 60 });
    for (const bytes of ['GET /?code=s3cret HTTP/9⏎⏎', `GET /?code=s3cret${'x'.repeat(60)}`]) {
      assert.throws(() => decoder.push(Buffer.from(octetsOf(bytes)), () => undefined),
        (error) => isNetError(error) && !JSON.stringify([error.message, error.got]).includes('s3cret'));
    }
  });
});
