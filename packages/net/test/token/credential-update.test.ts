import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isNetError } from '../../src/net-error.ts';
import { readCredential } from '../../src/token/credential.ts';
import { type RefreshedCredential, updateCredential } from '../../src/token/credential-update.ts';
import { spliceJson } from '../../src/token/json-splice.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const update = (text: string, refreshed: RefreshedCredential): string => updateCredential(text, readCredential(text, 'f', NOW_MS), refreshed, NOW_MS, 'f');

const splices: readonly (readonly [name: string, text: string, path: readonly string[], value: string | number | null, expected: string])[] = [
  ['a value in its place', '{"a":1,"b":2}', ['a'], 'x', '{"a":"x","b":2}'],
  ['keeps odd spacing', '{ "a" :\t1 ,\r\n"b":2 }', ['b'], null, '{ "a" :\t1 ,\r\n"b":null }'],
  ['below an object', '{"t":{"a":1,"b":[{"a":2}]}}', ['t', 'a'], 3, '{"t":{"a":3,"b":[{"a":2}]}}'],
  ['does not mistake strings for structure', '{"x":"}\\"{\\\\","a":1}', ['a'], 2, '{"x":"}\\"{\\\\","a":2}'],
  ['the last of two equal names', '{"a":1,"a":2}', ['a'], 3, '{"a":1,"a":3}'],
  ['an escaped name', '{"\\u0061":1}', ['a'], 2, '{"\\u0061":2}'],
  ['numbers beyond 2^53 beside it', '{"n":12345678901234567890.10,"a":1}', ['a'], 2, '{"n":12345678901234567890.10,"a":2}'],
  ['adds with the layout of its siblings', '{\n  "a": 1\n}\n', ['b'], 'x', '{\n  "a": 1,\n  "b": "x"\n}\n'],
  ['adds to an empty object', '{ }', ['b'], 1, '{"b":1 }'],
  ['behind a byte order mark', '\ufeff{"a":1}', ['a'], 2, '\ufeff{"a":2}'],
  ['in place of an object', '{"a":{"b":[1,{}]},"c":3}', ['a'], 1, '{"a":1,"c":3}'],
];
for (const [name, text, path, value, expected] of splices) {
  test(`splices ${name}`, () => assert.equal(spliceJson(text, path, value), expected));
}

test('changes only the OAuth members and last_refresh of a Codex file', () => {
  const text = '{"z":12345678901234567890,\n\t"tokens" : {"id_token":"i","unknown":{"k":1.0},"access_token":"a","refresh_token":"r","account_id":null},\n "last_refresh":"2026-11-01T00:00:00Z","after":true}';
  assert.equal(
    update(text, { accessToken: 'A', refreshToken: 'R', idToken: 'I' }),
    '{"z":12345678901234567890,\n\t"tokens" : {"id_token":"I","unknown":{"k":1.0},"access_token":"A","refresh_token":"R","account_id":null},\n "last_refresh":"2026-11-23T12:00:00.000Z","after":true}',
  );
});

test('replaces only what the issuer sent', () => {
  const text = '{"tokens":{"id_token":"i","access_token":"a","refresh_token":"r"},"last_refresh":null}';
  assert.equal(update(text, { accessToken: 'A' }), '{"tokens":{"id_token":"i","access_token":"A","refresh_token":"r"},"last_refresh":"2026-11-23T12:00:00.000Z"}');
});

const updates: readonly (readonly [name: string, text: string, refreshed: RefreshedCredential, expected: string])[] = [
  [
    'Claude: milliseconds, scopes and siblings stay',
    '{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":1790000000000,"scopes":["user:inference"],"subscriptionType":"max"},"mcpOAuth":{"t":1}}',
    { accessToken: 'A', refreshToken: 'R', expiresAtMs: NOW_MS + 1 },
    `{"claudeAiOauth":{"accessToken":"A","refreshToken":"R","expiresAt":${NOW_MS + 1},"scopes":["user:inference"],"subscriptionType":"max"},"mcpOAuth":{"t":1}}`,
  ],
  ['flat: seconds stay seconds', '{"access_token":"a","expires_at":5}', { accessToken: 'A', expiresAtMs: 9_999 }, '{"access_token":"A","expires_at":9}'],
  ['flat: relative stays relative', '{"access_token":"a","expires_in":5}', { accessToken: 'A', expiresAtMs: NOW_MS + 60_000 }, '{"access_token":"A","expires_in":60}'],
  ['flat: RFC 3339 stays text', '{"access_token":"a","expires_at":"2026-01-01T00:00:00Z"}', { accessToken: 'A', expiresAtMs: NOW_MS }, '{"access_token":"A","expires_at":"2026-11-23T12:00:00.000Z"}'],
  ['flat: an expiry that nobody told is no longer claimed', '{"access_token":"a","expires_at":5}', { accessToken: 'A' }, '{"access_token":"A","expires_at":null}'],
  ['flat: an expiry that is new is added', '{"access_token":"a"}', { accessToken: 'A', expiresAtMs: 9_000 }, '{"access_token":"A","expires_at":9}'],
];
for (const [name, text, refreshed, expected] of updates) {
  test(`writes back ${name}`, () => assert.equal(update(text, refreshed), expected));
}

test('refuses to store an answer that could not be read again', () => {
  assert.throws(
    () => update('{"access_token":"a"}', { accessToken: 'A\r\nX: y' }),
    (error) => isNetError(error) && error.code === 'NET_TOKEN_REFRESH' && !error.message.includes('X: y'),
  );
});
