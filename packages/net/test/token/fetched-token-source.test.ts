import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readCredential } from '../../src/token/credential.ts';
import { createFetchedTokenSource, type FetchedTokenSourceOptions } from '../../src/token/fetched-token-source.ts';
import { HOUR_MS, MINUTE_MS } from './fixture.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** A keeper whose n-th answer is `token-n`, and a clock that the test moves. */
function keeper(lifetimeMs: number | undefined, options: Partial<FetchedTokenSourceOptions> = {}) {
  let nowMs = START_MS;
  let fetches = 0;
  const secrets: string[] = [];
  const source = createFetchedTokenSource({
    origin: 'keeper',
    hint: 'ask the keeper',
    now: () => nowMs,
    redactor: { addSecret: (value) => void secrets.push(value) },
    fetch: () => {
      fetches += 1;
      const expiry = lifetimeMs === undefined ? {} : { expires_at: nowMs + lifetimeMs };
      return Promise.resolve({ credential: readCredential(JSON.stringify({ access_token: `token-${fetches}`, refresh_token: 'the-keepers', ...expiry }), 'keeper', nowMs) });
    },
    ...options,
  });
  return { source, secrets, fetches: () => fetches, pass: (ms: number) => void (nowMs += ms) };
}

test('callers share one fetch, and its token until it nears its end', async () => {
  const { source, fetches, secrets, pass } = keeper(HOUR_MS);
  const [a, b] = await Promise.all([source.get(), source.get()]);
  assert.deepEqual([a.accessToken, b.accessToken, a.origin], ['token-1', 'token-1', 'keeper']);
  pass(54 * MINUTE_MS);
  assert.equal((await source.get()).accessToken, 'token-1');
  pass(2 * MINUTE_MS);
  assert.equal((await source.get()).accessToken, 'token-2');
  assert.equal(fetches(), 2);
  assert.deepEqual(secrets, ['token-1', 'the-keepers', 'token-2', 'the-keepers']);
});

test('a token of unknown end is asked for again after five minutes', async () => {
  const { source, pass } = keeper(undefined);
  await source.get();
  pass(4 * MINUTE_MS);
  assert.equal((await source.get()).accessToken, 'token-1');
  pass(2 * MINUTE_MS);
  assert.equal((await source.get()).accessToken, 'token-2');
});

test('after a 401 it is fetched once more, and the same token again is the end', async () => {
  const { source } = keeper(HOUR_MS);
  await source.get();
  assert.equal((await source.get({ rejected: 'token-1' })).accessToken, 'token-2');
  const stubborn = keeper(HOUR_MS, { fetch: () => Promise.resolve({ credential: readCredential('{"access_token":"same"}', 'keeper', START_MS) }) });
  await stubborn.source.get();
  await assert.rejects(stubborn.source.get({ rejected: 'same' }), { code: 'NET_TOKEN_SIGNED_OUT', hint: 'ask the keeper' });
});

test('an expired token is told with both clocks, and judged by the keeper’s where that is known', async () => {
  await assert.rejects(keeper(-MINUTE_MS).source.get(), { code: 'NET_TOKEN_EXPIRED', message: /expired at 2025-12-31T23:59:00\.000Z \(this machine's clock says 2026-01-01T00:00:00\.000Z\)/ });
  const expired = readCredential(JSON.stringify({ access_token: 't', expires_at: START_MS - MINUTE_MS }), 'keeper', START_MS);
  const fast = keeper(HOUR_MS, { fetch: () => Promise.resolve({ credential: expired, skewMs: HOUR_MS }) });
  assert.equal((await fast.source.get()).accessToken, 't');
});

test('a fault is told to all who wait, and the next caller asks anew', async () => {
  let fails = true;
  const { source } = keeper(HOUR_MS, {
    fetch: () => (fails ? Promise.reject(new Error('down')) : Promise.resolve({ credential: readCredential('{"access_token":"t"}', 'keeper', START_MS) })),
  });
  await Promise.all([assert.rejects(source.get(), /down/), assert.rejects(source.get(), /down/)]);
  fails = false;
  assert.equal((await source.get()).accessToken, 't');
});

test('a caller that gives up leaves the fetch to the others', async () => {
  const { source, fetches } = keeper(HOUR_MS);
  const controller = new AbortController();
  const left = source.get({ signal: controller.signal });
  const stays = source.get();
  controller.abort();
  await assert.rejects(left, { code: 'NET_ABORTED' });
  assert.equal((await stays).accessToken, 'token-1');
  assert.equal(fetches(), 1);
});
