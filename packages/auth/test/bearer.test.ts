import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fieldValue, isNetError, NetError, type TokenRequest, type TokenSource } from '@sx/net';
import { isProviderError } from '@sx/llm';

import { bearer } from '../src/index.ts';

const REQUEST = { method: 'POST', url: 'https://api.example/v1', fields: [['authorization', 'Bearer stale']] } as const;

function scripted(...answers: (string | Error)[]): TokenSource & { readonly asked: TokenRequest[] } {
  const asked: TokenRequest[] = [];
  return {
    asked,
    get(request = {}) {
      asked.push(request);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ accessToken: answer ?? '', accountId: 'acc', origin: 'test' });
    },
  };
}

test('asks the source for each request and adds what depends on the token', async () => {
  const secrets: string[] = [];
  const auth = bearer(scripted('t1', 't2'), { fields: ({ accountId }) => [['ChatGPT-Account-ID', accountId ?? '']], redactor: { addSecret: (value) => void secrets.push(value) } });
  assert.deepEqual((await auth.apply(REQUEST, {})).fields, [['Authorization', 'Bearer t1'], ['ChatGPT-Account-ID', 'acc']]);
  assert.equal(fieldValue((await auth.apply(REQUEST, {})).fields ?? [], 'authorization'), 'Bearer t2');
  assert.deepEqual(secrets, ['t1', 't2']);
});

test('renew names the token of the rejected request, not the latest', async () => {
  const source = scripted('t1', 't2', 't2');
  const auth = bearer(source);
  const first = await auth.apply(REQUEST, {});
  await auth.apply(REQUEST, {});
  const signal = new AbortController().signal;
  assert.equal(await auth.renew?.({ signal, rejected: first }), true);
  assert.deepEqual(source.asked.at(-1), { rejected: 't1', signal });
});

test('renew without the request means the last token', async () => {
  const source = scripted('t1', 't1');
  const auth = bearer(source);
  assert.equal(await auth.renew?.({}), false, 'nothing was sent yet');
  await auth.apply(REQUEST, {});
  assert.equal(await auth.renew?.({}), false, 'the source has no other');
  assert.equal(source.asked.at(-1)?.rejected, 't1');
});

test('what the source cannot give is a fault of authentication in its own words', async () => {
  const fault = new NetError('NET_TOKEN_SIGNED_OUT', 'auth.json: revoked', { hint: 'sign in again' });
  await assert.rejects(bearer(scripted(fault)).apply(REQUEST, {}), (error) => {
    assert.ok(isProviderError(error));
    assert.deepEqual([error.code, error.message, error.hint, error.cause, error.retryable], ['PROVIDER_AUTHENTICATION', 'auth.json: revoked', 'sign in again', fault, false]);
    return true;
  });
});

test('an abort and faults of the network stay what they are', async () => {
  for (const code of ['NET_ABORTED', 'NET_CONNECT'] as const) {
    await assert.rejects(bearer(scripted(new NetError(code, 'x'))).apply(REQUEST, {}), (error) => isNetError(error) && error.code === code);
  }
});
