import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isNetError } from '@sx/net';

import { apiKey, noAuth } from '../src/index.ts';

const REQUEST = { method: 'POST', url: 'https://api.example/v1', fields: [['Accept', '*/*'], ['AUTHORIZATION', 'old'], ['X-Api-Key', 'old']] } as const;

for (const [header, expected] of [
  ['x-api-key', [['Accept', '*/*'], ['AUTHORIZATION', 'old'], ['x-api-key', 'the-key']]],
  ['x-goog-api-key', [['Accept', '*/*'], ['AUTHORIZATION', 'old'], ['X-Api-Key', 'old'], ['x-goog-api-key', 'the-key']]],
  ['authorization', [['Accept', '*/*'], ['X-Api-Key', 'old'], ['authorization', 'Bearer the-key']]],
] as const) {
  test(`puts the key into ${header}, once`, async () => {
    const secrets: string[] = [];
    const auth = apiKey({ key: ' the-key\n', header, origin: 'SOME_API_KEY', redactor: { addSecret: (value) => void secrets.push(value) } });
    assert.deepEqual((await auth.apply(REQUEST, {})).fields, expected);
    assert.deepEqual(secrets, ['the-key']);
    assert.equal(auth.renew, undefined);
  });
}

for (const key of ['a b', 'a\r\nX: y', 'clé']) {
  test(`refuses the key ${JSON.stringify(key)}, naming where it came from`, () => {
    assert.throws(() => apiKey({ key, header: 'x-api-key', origin: 'SOME_API_KEY' }), (error) => isNetError(error) && error.code === 'NET_TOKEN_MALFORMED' && error.message.startsWith('SOME_API_KEY: '));
  });
}

test('an empty key is refused once a request needs it', async () => {
  for (const key of ['', ' \n']) {
    const auth = apiKey({ key, header: 'x-api-key', origin: 'SOME_API_KEY' });
    await assert.rejects(auth.apply(REQUEST, {}), (error) => isNetError(error) && error.code === 'NET_TOKEN_MISSING' && error.message === 'SOME_API_KEY is empty');
  }
});

test('no auth leaves the request alone', async () => assert.equal(await noAuth().apply(REQUEST, {}), REQUEST));
