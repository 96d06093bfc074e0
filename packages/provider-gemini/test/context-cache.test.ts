/** Explicit caches: made where it is worth it, used, extended, replaced, and never left behind. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';

import { isObject, type Message, ProviderError, type StreamEvent } from '@sx/llm';
import type { Transport } from '@sx/net';
import { collect, complete, userMessage as user } from '@sx/testkit';

import { type CacheCall, createContextCaches } from '../src/context-cache.ts';
import { ask, failure, type GeminiProvider, generated, MODEL, provider, routes, simulator, transport, turn } from './fixture.ts';

const system = 'Know this rule and keep to it. '.repeat(700);
const sessionId = 'session';
const live = (): string[] => simulator.liveCachedContents();
const cached = (): unknown[] => generated().map(({ body }) => Object(body).cachedContent);
const cacheRoutes = (): string[] => routes().filter((route) => route.startsWith('gemini.cache-')).map((route) => route.slice(13));
const explicit = (scenario = 'auto', more: Parameters<typeof provider>[1] = {}): GeminiProvider => provider(scenario, { explicitCache: true, ...more });

beforeEach(() => simulator.clearJournal());

describe('explicit caches', () => {
  it('hold system instruction and tools, are used by every request of the conversation, and deleted by close', async () => {
    const gemini = explicit('tools');
    const messages: Message[] = [];
    const { usage } = await turn(gemini, messages, 'First', { system, sessionId });
    assert.deepEqual(cacheRoutes(), ['create']);
    assert.equal(live().length, 1);
    assert.deepEqual(cached(), [live()[0], live()[0]]);
    assert.ok((usage?.cacheReadTokens ?? 0) > 5_000, 'usage shows what was read');
    const [body] = generated().map((request) => request.body);
    assert.deepEqual(Object.keys(Object(body)), ['generationConfig', 'cachedContent', 'contents']);
    await gemini.close();
    assert.deepEqual(live(), []);
    assert.deepEqual(cacheRoutes(), ['create', 'delete']);
  });
  it('are not made unless asked for, nor for a short beginning, nor with a forced tool, nor where the model has none', async () => {
    await complete(provider(), ask([user('Hi')], { system }));
    await complete(explicit(), ask([user('Hi')]));
    await complete(explicit(), ask([user('Hi')], { system, toolChoice: 'required' }));
    const events = await collect(explicit().stream(ask([user('Hi')], { system, model: 'gemini-4-argon' })));
    assert.deepEqual([cacheRoutes(), live()], [[], []]);
    assert.ok(events.some((event) => event.type === 'warning' && /takes no explicit cache/.test(event.message)));
  });
  it('grow with the conversation, one at a time, and the answers stay the same over twenty turns with tools', async () => {
    const gemini = explicit('tools');
    const messages: Message[] = [];
    for (let number = 0; number < 20; number++) await turn(gemini, messages, `Question ${number} ${'with much to read '.repeat(150)}`, { system, sessionId });
    assert.equal(live().length, 1);
    const made = cacheRoutes().filter((route) => route === 'create').length;
    assert.ok(made >= 2 && made <= 6, `${made} caches in forty requests`);
    assert.equal(generated().length, 40);
    assert.deepEqual(generated().flatMap(({ remarks, refusal }) => [...remarks, refusal]).filter((text) => text !== ''), []);
    await gemini.close();
    assert.deepEqual(live(), []);
  });
  it('are extended when half of their life is over, and made anew when it is over', async () => {
    let nowMs = 1_000_000;
    const gemini = explicit('auto', { now: () => nowMs, cacheTtlSeconds: 300 });
    const again = () => complete(gemini, ask([user('Hi')], { system, sessionId }));
    await again();
    nowMs += 100_000;
    await again();
    assert.deepEqual(cacheRoutes(), ['create']);
    nowMs += 100_000;
    await again();
    assert.deepEqual(cacheRoutes(), ['create', 'patch']);
    nowMs += 301_000;
    await again();
    assert.deepEqual(cacheRoutes().slice(0, 3), ['create', 'patch', 'create']);
    await gemini.close();
    assert.deepEqual(live(), []);
  });
  it('are made anew where the server has lost one, without the reader noticing', async () => {
    const gemini = explicit();
    await complete(gemini, ask([user('Hi')], { system, sessionId }));
    const [name = ''] = live();
    await fetch(`${simulator.urls.gemini}/v1beta/${name}`, { method: 'DELETE', headers: { 'x-goog-api-key': simulator.apiKey } });
    const message = await complete(gemini, ask([user('Hi')], { system, sessionId }));
    assert.equal(message.finishReason, 'end');
    assert.deepEqual(generated().map(({ status }) => status), [200, 403, 200]);
    await gemini.close();
    assert.deepEqual(live(), []);
  });
  it('are few: the one that was not used for longest goes first', async () => {
    const gemini = explicit();
    for (let number = 0; number < 9; number++) await complete(gemini, ask([user('Hi')], { system, sessionId: `session ${number}` }));
    assert.ok(live().length <= 5, `${live().length} live`);
    await gemini.close();
    assert.deepEqual(live(), []);
  });
  it('leave a request whole where none can be made, with one notice', async () => {
    const gemini = explicit('auto', { transport: refusing('/cachedContents', 'POST') });
    const ofBoth: StreamEvent[] = [];
    for (let number = 0; number < 2; number++) ofBoth.push(...(await collect(gemini.stream(ask([user('Hi')], { system, sessionId })))));
    assert.equal(ofBoth.filter((event) => event.type === 'warning' && /no explicit cache/.test(event.message)).length, 1);
    assert.deepEqual(cached(), [undefined, undefined]);
    await gemini.close();
  });
  it('are not left behind after an abort, an error, or an abort while one is being made', async () => {
    const slow = explicit('slow-stream');
    const controller = new AbortController();
    await assert.rejects(async () => {
      for await (const event of slow.stream(ask([user('Hi')], { system }), { signal: controller.signal })) if (event.type === 'text-delta') controller.abort();
    });
    const failing = explicit('failed');
    await failure(failing, ask([user('Hi')], { system }));
    const early = new AbortController();
    const being = explicit();
    const events = collect(being.stream(ask([user('Hi')], { system }), { signal: early.signal }));
    setImmediate(() => early.abort());
    await assert.rejects(events);
    await Promise.all([slow.close(), failing.close(), being.close()]);
    assert.deepEqual(live(), []);
    assert.ok(cacheRoutes().filter((route) => route === 'create').length >= 2);
  });
  it('are asked for with the fields that the user adds', async () => {
    const gemini = explicit('auto', { extraFields: [['X-Gateway', 'mine']] });
    await complete(gemini, ask([user('Hi')], { system }));
    await gemini.close();
    const calls = simulator.requests.filter(({ path }) => path.includes('cachedContents')).slice(-2);
    assert.deepEqual(calls.map(({ method, headers }) => [method, headers['x-gateway']]), [['POST', 'mine'], ['DELETE', 'mine']]);
  });
  it('close never throws and ends also where the server does not answer', async () => {
    const gemini = explicit('auto', { transport: silent('DELETE') });
    await complete(gemini, ask([user('Hi')], { system }));
    const startedAt = performance.now();
    await gemini.close();
    assert.ok(performance.now() - startedAt < 4_500);
    for (const name of live()) await fetch(`${simulator.urls.gemini}/v1beta/${name}`, { method: 'DELETE', headers: { 'x-goog-api-key': simulator.apiKey } });
  });
});

describe('explicit caches: one that was made but never answered for', () => {
  it('is found by its display name and deleted', async () => {
    const calls: CacheCall[] = [];
    let displayName: unknown;
    const caches = createContextCaches({
      onNotice: () => undefined,
      call: (call) => {
        calls.push(call);
        if (call.method === 'POST') {
          displayName = call.body?.['displayName'];
          return Promise.reject(new ProviderError('PROVIDER_TRANSPORT', 'reset'));
        }
        const list = { cachedContents: [{ name: 'cachedContents/ours', displayName: String(displayName) }, { name: 'cachedContents/other', displayName: 'x' }] };
        return Promise.resolve(call.method === 'GET' ? list : {});
      },
    });
    const body = { systemInstruction: { parts: [{ text: system }] }, contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] };
    const sent = await caches.apply(body, { model: `models/${MODEL}`, sessionId, tokensMin: 4_096 });
    assert.equal(sent, body);
    await caches.close();
    assert.deepEqual(calls.map(({ method, path }) => `${method} ${path}`), ['POST /cachedContents', 'GET /cachedContents?pageSize=1000', 'DELETE /cachedContents/ours']);
  });
  it('is waited for by close, though nobody waits for it any more, and deleted', async () => {
    const calls: string[] = [];
    let answer = (_: { name: string }): void => undefined;
    const caches = createContextCaches({
      onNotice: () => undefined,
      call: ({ method, path }) => {
        calls.push(`${method} ${path}`);
        return method === 'POST' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve({});
      },
    });
    const controller = new AbortController();
    const body = { systemInstruction: { parts: [{ text: system }] }, contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] };
    const sent = caches.apply(body, { model: `models/${MODEL}`, sessionId, tokensMin: 4_096, signal: controller.signal });
    controller.abort();
    assert.equal(await sent, body, 'whoever aborts does not wait');
    const closed = caches.close();
    setImmediate(() => answer({ name: 'cachedContents/late' }));
    await closed;
    assert.deepEqual(calls, ['POST /cachedContents', 'DELETE /cachedContents/late']);
  });
  it('is deleted at the second try where the first failed in passing', async () => {
    const calls: string[] = [];
    const caches = createContextCaches({
      onNotice: () => undefined,
      call: ({ method }) => {
        calls.push(method);
        const fails = method === 'DELETE' && calls.length === 2;
        return fails ? Promise.reject(new ProviderError('PROVIDER_OVERLOADED', 'busy', { retryable: true, status: 503 })) : Promise.resolve({ name: 'cachedContents/a' });
      },
    });
    const body = { systemInstruction: { parts: [{ text: system }] }, contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] };
    await caches.apply(body, { model: `models/${MODEL}`, sessionId, tokensMin: 4_096 });
    await caches.close();
    assert.deepEqual(calls, ['POST', 'DELETE', 'DELETE']);
  });
  it('a name that is none is not believed', async () => {
    const calls: string[] = [];
    const caches = createContextCaches({
      onNotice: () => undefined,
      call: ({ method, path }) => {
        calls.push(`${method} ${path}`);
        return Promise.resolve({ name: 'cachedContents/../models/x' });
      },
    });
    const body = { systemInstruction: { parts: [{ text: system }] }, contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] };
    assert.equal(await caches.apply(body, { model: `models/${MODEL}`, sessionId, tokensMin: 4_096 }), body);
    await caches.close();
    assert.ok(!calls.some((call) => call.startsWith('DELETE')), calls.join());
  });
  it('a cache never ends between a call and its response', async () => {
    let made: unknown;
    const caches = createContextCaches({
      onNotice: () => undefined,
      call: ({ method, body }) => {
        if (method === 'POST') made = body?.['contents'];
        return Promise.resolve({ name: 'cachedContents/a' });
      },
    });
    const call = { role: 'model', parts: [{ functionCall: { name: 'read' } }] };
    const response = { role: 'user', parts: [{ functionResponse: { name: 'read', response: {} } }] };
    const contents = [{ role: 'user', parts: [{ text: 'a' }] }, { role: 'model', parts: [{ text: 'b' }] }, { role: 'user', parts: [{ text: 'c' }] }, call, response];
    const sent = await caches.apply({ systemInstruction: { parts: [{ text: system }] }, contents }, { model: `models/${MODEL}`, sessionId, tokensMin: 4_096 });
    assert.deepEqual([made, sent['contents']], [contents.slice(0, 2), contents.slice(2)]);
    assert.ok(isObject(sent) && sent['systemInstruction'] === undefined);
    await caches.close();
  });
});

/** A transport whose server refuses one kind of call. */
function refusing(path: string, method: string): Transport {
  return { ...transport, send: (request, options) => transport.send(request.method === method && request.url.endsWith(path) ? { ...request, url: request.url.replace(path, '/nowhere') } : request, options) };
}

/** A transport whose server never answers one kind of call. */
function silent(method: string): Transport {
  return {
    ...transport,
    send: (request, options) =>
      request.method !== method ? transport.send(request, options) : new Promise((_, reject) => options?.signal?.addEventListener('abort', () => reject(new Error('late')))),
  };
}
