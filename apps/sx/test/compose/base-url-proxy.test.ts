import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type HttpResponse, NetError, type NetErrorCode, type Transport } from '@sx/net';

import { throughBaseUrlProxy } from '../../src/compose/base-url-proxy.ts';

const PROVIDER = 'https://api.example.com/v1';
const response: HttpResponse = {
  status: 200,
  reason: 'OK',
  fields: [],
  connectionId: 1,
  body: { state: 'complete', trailers: [], cancel: () => undefined, [Symbol.asyncIterator]: async function* () {} },
};

/** Remembers the URLs asked for; those of the proxy fail with `code`, where one is given. */
function recorder(code?: NetErrorCode): { transport: Transport; urls: string[] } {
  const urls: string[] = [];
  const send = (url: string): Promise<HttpResponse> => {
    urls.push(url);
    return code !== undefined && url.startsWith('https://proxy.') ? Promise.reject(new NetError(code, 'no')) : Promise.resolve(response);
  };
  return { urls, transport: { send: (request) => send(request.url), close: () => undefined } };
}

async function send(url: string, mode: 'soft' | 'strict', code?: NetErrorCode, proxyUrl = 'https://proxy.example.net') {
  const { transport, urls } = recorder(code);
  const notices: string[] = [];
  const through = throughBaseUrlProxy(transport, PROVIDER, { url: proxyUrl, mode }, (text) => void notices.push(text));
  const error = await through.send({ method: 'POST', url, fields: [['x-api-key', 'k']] }).then(() => undefined, (fault: unknown) => fault);
  return { urls, notices, error };
}

test('the origin is the proxy\'s, path and query pass through', async () => {
  const { urls } = await send('https://api.example.com/v1/messages?beta=true', 'soft');
  assert.deepEqual(urls, ['https://proxy.example.net/v1/messages?beta=true']);
});

test('a path of the proxy stands before that of the request', async () => {
  const { urls } = await send('https://api.example.com/v1/messages', 'soft', undefined, 'https://proxy.example.net/llm/');
  assert.deepEqual(urls, ['https://proxy.example.net/llm/v1/messages']);
});

test('requests to other origins are not rewritten', async () => {
  const { urls } = await send('https://auth.example.com/token', 'strict');
  assert.deepEqual(urls, ['https://auth.example.com/token']);
});

test('soft: a proxy that cannot be reached is passed by, with a notice', async () => {
  const { urls, notices } = await send('https://api.example.com/v1/messages', 'soft', 'NET_CONNECT');
  assert.deepEqual(urls, ['https://proxy.example.net/v1/messages', 'https://api.example.com/v1/messages']);
  assert.match(notices.join(), /PROXY_URL cannot be reached \(NET_CONNECT\); calling api\.example\.com directly/);
});

test('strict: a proxy that cannot be reached is an error', async () => {
  const { urls, error } = await send('https://api.example.com/v1/messages', 'strict', 'NET_CONNECT');
  assert.deepEqual(urls, ['https://proxy.example.net/v1/messages']);
  assert.ok(error instanceof NetError);
});

for (const code of ['NET_HEAD_TIMEOUT', 'NET_RESET', 'NET_ABORTED', 'NET_EGRESS_DENIED'] as const) {
  test(`soft: after ${code} the request is not sent again, because it may have arrived or must not`, async () => {
    const { urls, error } = await send('https://api.example.com/v1/messages', 'soft', code);
    assert.equal(urls.length, 1);
    assert.ok(error instanceof NetError);
  });
}
