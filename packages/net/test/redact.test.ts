import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRedactor, type Redactor } from '../src/redact.ts';

const SECRET = 'hunter2/+"q ü';
const JWT = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
const OPAQUE = 'oaRT-4f0c9d2e7b6a';

/** Text, and what has to be left of it. */
const rows: readonly (readonly [name: string, text: string, expected: string])[] = [
  ['field by name', 'Authorization: Bearer abc\r\nHost: x\r\n\r\n', 'Authorization: [redacted]\r\nHost: x\r\n\r\n'],
  ['field in any case', 'x-API-key:  abc\r\n', 'x-API-key:  [redacted]\r\n'],
  ['folded field', 'Cookie: a=b;\r\n c=d\r\nA: b\r\n', 'Cookie: [redacted]\r\nA: b\r\n'],
  [
    'Set-Cookie, Proxy-Authorization',
    'Set-Cookie: s=1\nProxy-Authorization: Basic eA==\n',
    'Set-Cookie: [redacted]\nProxy-Authorization: [redacted]\n',
  ],
  [
    'Google and Azure keys',
    'x-goog-api-key: 1\napi-key: 2\nX-Amz-Security-Token: 3\n',
    'x-goog-api-key: [redacted]\napi-key: [redacted]\nX-Amz-Security-Token: [redacted]\n',
  ],
  ['rate limit of model tokens stays', 'x-ratelimit-remaining-tokens: 1000\n', 'x-ratelimit-remaining-tokens: 1000\n'],
  [
    'JSON members',
    `{"access_token": "${OPAQUE}", "expires_in": 3600, "scope": "a"}`,
    '{"access_token": "[redacted]", "expires_in": 3600, "scope": "a"}',
  ],
  ['JSON member in camel case', `{"refreshToken":"${OPAQUE}"}`, '{"refreshToken":"[redacted]"}'],
  ['JSON value with escapes', '{"client_secret":"a\\"b\\\\","x":"y"}', '{"client_secret":"[redacted]","x":"y"}'],
  ['JSON cut off in a value', `{"id_token":"${OPAQUE}`, '{"id_token":"[redacted]'],
  [
    'JSON within JSON',
    `{"body":"{\\"api_key\\":\\"${OPAQUE}\\",\\"n\\":1}"}`,
    '{"body":"{\\"api_key\\":\\"[redacted]\\",\\"n\\":1}"}',
  ],
  ['authorization code', `{"code":"${OPAQUE}","code_verifier":"v"}`, '{"code":"[redacted]","code_verifier":"[redacted]"}'],
  [
    'error code stays',
    '{"error":{"code":"rate_limit_exceeded","type":"x"}}',
    '{"error":{"code":"rate_limit_exceeded","type":"x"}}',
  ],
  [
    'counts stay',
    '{"max_tokens":"4096","usage":{"input_tokens":5},"token_type":"Bearer"}',
    '{"max_tokens":"4096","usage":{"input_tokens":5},"token_type":"Bearer"}',
  ],
  [
    'form',
    `grant_type=refresh_token&refresh_token=${OPAQUE}&client_id=app`,
    'grant_type=refresh_token&refresh_token=[redacted]&client_id=app',
  ],
  ['URL query', `GET /v1?key=${OPAQUE}&alt=sse HTTP/1.1`, 'GET /v1?key=[redacted]&alt=sse HTTP/1.1'],
  ['redirect with a code', `/callback?code=${OPAQUE}&state=s`, '/callback?code=[redacted]&state=s'],
  ['userinfo of a URL', 'proxy http://me:pw@proxy.example:3128 failed', 'proxy http://[redacted]@proxy.example:3128 failed'],
  ['JWT by shape', `saw ${JWT} there`, 'saw [redacted] there'],
  ['key by shape', 'incorrect key sk-proj-abcdefghij0123456789.', 'incorrect key [redacted].'],
  ['bearer in prose', 'sent bearer abcdefghijklmnop0123', 'sent bearer [redacted]'],
  ['by value', `it is ${SECRET}, really`, 'it is [redacted], really'],
  ['by value, JSON-escaped', `{"text":${JSON.stringify(SECRET)}}`, '{"text":"[redacted]"}'],
  ['by value, percent-encoded', `see ${encodeURIComponent(SECRET)} end`, 'see [redacted] end'],
  ['by value, as octets', `see ${Buffer.from(SECRET).toString('latin1')} end`, 'see [redacted] end'],
  [
    'ordinary text',
    'data: {"type":"text","delta":"the token counts and a=b, see http://example.com/a@b"}\n\n',
    'data: {"type":"text","delta":"the token counts and a=b, see http://example.com/a@b"}\n\n',
  ],
  [
    'JWT across two chunks',
    `12\r\nx ${JWT.slice(0, 20)}\r\n1f\r\n${JWT.slice(20)} y\r\n0\r\n\r\n`,
    '12\r\nx [redacted] y\r\n0\r\n\r\n',
  ],
  [
    'value over the deltas of several events',
    'data: {"type":"x.delta","delta":"it is hunter"}\n\ndata: {"delta":"2/+\\"q"}\n\ndata: {"delta":" "}\n\ndata: {"delta":"ü, ok"}\n\n',
    'data: {"type":"x.delta","delta":"it is [redacted]"}\n\ndata: {"delta":"[redacted]"}\n\ndata: {"delta":"[redacted]"}\n\ndata: {"delta":"[redacted], ok"}\n\n',
  ],
  [
    'value over deltas in chunks, of two blocks at once',
    '20\r\ndata: {"text":"hunter","i":0}\n\n\r\n22\r\ndata: {"thinking":"hunter"}\n\n\r\n1f\r\ndata: {"text":"2/+\\"q ü"}\n\n\r\n',
    '20\r\ndata: {"text":"[redacted]","i":0}\n\n\r\n22\r\ndata: {"thinking":"[redacted]"}\n\n\r\n1f\r\ndata: {"text":"[redacted]"}\n\n\r\n',
  ],
  ['value over deltas, from its fourth character on', '{"text":"hun"}{"text":"ter2/+"}{"text":"\\"q ü!"}', '{"text":"hun"}{"text":"[redacted]"}{"text":"[redacted]!"}'],
  ['deltas that only begin like a value', '{"text":"the hunter"}{"text":" and 2"}', '{"text":"the [redacted]"}{"text":" and 2"}'],
  ['value over deltas of JSON in JSON', '{"arguments":"{\\"x\\":\\"hunter2/+"}{"arguments":"\\\\\\"q ü\\"}"}', '{"arguments":"{\\"x\\":\\"[redacted]"}{"arguments":"[redacted]\\"}"}'],
  ['value across two chunks', 'a hun\r\n8;ext="1"\r\nter2/+"q ü b', 'a [redacted] b'],
];

test('masks secrets by name, shape and value, and leaves the rest', () => {
  const redactor = createRedactor([SECRET]);
  for (const [name, text, expected] of rows) assert.equal(redactor.redactText(text), expected, name);
});

test('gives the same result for text in pieces, at every cut, pair of cuts and character by character', () => {
  const redactor = createRedactor([SECRET]);
  for (const [name, text, expected] of rows) {
    assert.equal(inPieces(redactor, text.split('')), expected, `${name}, by character`);
    for (let first = 0; first <= text.length; first += 1) {
      assert.equal(inPieces(redactor, [text.slice(0, first), text.slice(first)]), expected, `${name}, cut at ${first}`);
      for (let second = first + 1; second <= text.length; second += 7) {
        const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        assert.equal(inPieces(redactor, pieces), expected, `${name}, cut at ${first} and ${second}`);
      }
    }
  }
});

test('masks a value in base64 at every alignment, as Basic credentials have it', () => {
  const redactor = createRedactor(['s3cret-passphrase']);
  for (const user of ['u', 'us', 'use', 'user']) {
    const credentials = Buffer.from(`${user}:s3cret-passphrase`).toString('base64');
    const masked = redactor.redactText(`x ${credentials} y`);
    assert.match(masked, /\[redacted\]/);
    const shown = Buffer.from(masked.slice(2).split('[')[0] ?? '', 'base64').toString();
    assert.ok(!shown.includes('s3cre'), shown);
  }
});

test('holds back only what may still become a secret', () => {
  const shown: string[] = [];
  const decoder = createRedactor(['abcdef']).stream();
  decoder.push('one two ab', (text) => shown.push(text));
  assert.deepEqual(shown, ['one two ']);
  decoder.push('cdX ', (text) => shown.push(text));
  assert.equal(shown.join(''), 'one two abcdX ');
});

test('masks a secret that outgrows what is held back, until its construct ends', () => {
  const long = 'x'.repeat(300_000);
  for (const [text, expected] of [
    [`{"access_token":"${long}","a":1}`, '{"access_token":"[redacted]","a":1}'],
    [`Authorization: ${long}\r\nA: b\r\n`, 'Authorization: [redacted]\nA: b\r\n'],
    [`token=${long}&a=b`, 'token=[redacted]&a=b'],
  ] as const) {
    const pieces = text.match(/[^]{1,10000}/g) ?? [];
    assert.equal(inPieces(createRedactor(), pieces), expected);
  }
});

test('passes long runs that are no secret in bounded memory', () => {
  const image = 'QUJD'.repeat(100_000);
  const pieces = `{"data":"${image}"}`.match(/[^]{1,10000}/g) ?? [];
  assert.equal(inPieces(createRedactor(['unseen']), pieces), `{"data":"${image}"}`);
});

test('masks a secret that is loaded while a stream is open', () => {
  const redactor = createRedactor();
  const decoder = redactor.stream();
  let shown = '';
  const emit = (text: string): void => void (shown += text);
  decoder.push('first ', emit);
  redactor.addSecret('late one');
  decoder.push('late one', emit);
  decoder.end(emit);
  assert.equal(shown, 'first [redacted]');
});

test('masks a long value over many small deltas, without holding them back', () => {
  const secret = Array.from({ length: 3_000 }, (_, index) => String.fromCharCode(97 + ((index * 7) % 26))).join('');
  const decoder = createRedactor([secret]).stream();
  let shown = '';
  let heldMax = 0;
  let pushed = 0;
  for (const piece of secret.match(/.{1,3}/g) ?? []) {
    const event = `data: {"type":"response.output_text.delta","delta":"${piece}","obfuscation":"${'·'.repeat(200)}"}\n\n`;
    pushed += event.length;
    decoder.push(event, (text) => (shown += text));
    heldMax = Math.max(heldMax, pushed - shown.length);
  }
  decoder.end((text) => (shown += text));
  const deltas = [...shown.matchAll(/"delta":"([^"]*)"/g)].map((match) => match[1]);
  assert.deepEqual([deltas.length, new Set(deltas.slice(1))], [1_000, new Set(['[redacted]'])]);
});

test('does not mask values that are too short to be told from other text', () => {
  assert.equal(createRedactor(['abc', '']).redactText('abc abc'), 'abc abc');
});

function inPieces(redactor: Redactor, pieces: readonly string[]): string {
  let shown = '';
  const emit = (text: string): void => void (shown += text);
  const decoder = redactor.stream();
  for (const piece of pieces) decoder.push(piece, emit);
  decoder.end(emit);
  return shown;
}
