import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type Auth, isProviderError, type ProviderError, type ProviderErrorCode, type StreamEvent, streamModel } from '@sx/llm';
import { fieldValue, NetError } from '@sx/net';

import { JSON_FIELDS, type ScriptedAnswer, scriptedTransport } from './scripted-transport.ts';
import { data, toyProtocol } from './toy-protocol.ts';

const context = { origin: { provider: 'toy', protocol: 'toy', model: 'm' }, capabilities: {} };
const request = { method: 'POST', url: 'https://api.example.test/v1/toy' };
const noAuth: Auth = { apply: (plain) => Promise.resolve(plain) };
const html = [['content-type', 'text/html']] as const;

async function run(answers: readonly ScriptedAnswer[], more: { auth?: Auth; redact?: (text: string) => string; signal?: AbortSignal } = {}) {
  const transport = scriptedTransport(answers);
  const events: StreamEvent[] = [];
  let error: ProviderError | undefined;
  try {
    for await (const event of streamModel({ transport, protocol: toyProtocol, context, request, auth: noAuth, now: () => 0, ...more })) events.push(event);
  } catch (caught) {
    if (!isProviderError(caught)) throw caught;
    error = caught;
  }
  return { transport, events, error };
}

describe('streamModel', () => {
  it('yields the events of the response, with the request id and what the head says', async () => {
    const { events } = await run([{ fields: [['content-type', 'Text/Event-Stream; charset=utf-8'], ['x-request-id', 'req'], ['x-other', '1']], body: [data({ text: 'Hi' }, { end: true })] }]);
    assert.deepEqual(events.map(({ type }) => type), ['warning', 'response-start', 'text-start', 'text-delta', 'text-end', 'finish']);
    assert.deepEqual(events[1], { type: 'response-start', responseId: 'r', requestId: 'req' });
  });
  it('finishes at the end sign where the connection stays open, and ignores what comes then', async () => {
    const { events, error, transport } = await run([{ body: [data({ text: 'Hi' }, { end: true }), data({ fail: true }), 'stall'] }]);
    assert.equal(error, undefined);
    assert.equal(events.at(-1)?.type, 'finish');
    assert.equal(transport.cancelled, 1);
  });
  it('closes the connection where the loop is left early', async () => {
    const transport = scriptedTransport([{ body: [data({ text: 'Hi' }), 'stall'] }]);
    for await (const event of streamModel({ transport, protocol: toyProtocol, context, request, auth: noAuth })) if (event.type === 'text-delta') break;
    assert.equal(transport.cancelled, 1);
  });
  it('keeps what had arrived in the error', async () => {
    const { error } = await run([{ body: [data({ text: 'Hi ' }, { text: 'there' }), new NetError('NET_TRUNCATED_BODY', 'cut', { hint: 'h' })] }]);
    assert.deepEqual(error?.partial, [{ type: 'text', text: 'Hi there' }]);
    assert.deepEqual([error?.code, error?.retryable, error?.requestId, error?.provider, error?.hint], ['PROVIDER_TRUNCATED_STREAM', true, 'req_1', 'toy', 'h']);
  });

  const rows: [string, ScriptedAnswer, ProviderErrorCode, boolean, RegExp][] = [
    ['a redirect, naming the target', { status: 307, fields: [['location', 'https://evil.example.test/x?token=1']] }, 'PROVIDER_REDIRECT', false, /points to evil\.example\.test;/],
    ['a redirect to itself', { status: 301, fields: [['location', '/other']] }, 'PROVIDER_REDIRECT', false, /another path of api\.example\.test/],
    ['HTML with 200', { fields: html, body: ['<html><title>Log in\u001b[2J</title>'] }, 'PROVIDER_NOT_API', false, /titled "Log in\\u001b\[2J"/],
    ['HTML without a type', { fields: [['content-type', 'text/plain']], body: ['<!DOCTYPE html>'] }, 'PROVIDER_NOT_API', false, /answered 200 with an HTML page/],
    ['a Cloudflare block, with its ray', { status: 403, fields: [...html, ['cf-ray', '8f-FRA']], body: ['<html>Cloudflare: you have been blocked'] }, 'PROVIDER_NOT_API', false, /Cloudflare.*cf-ray 8f-FRA/],
    ['HTML of a gateway', { status: 502, fields: html, body: ['<html><title>Bad Gateway</title>'] }, 'PROVIDER_SERVER', true, /502/],
    ['text where a stream was asked for', { fields: JSON_FIELDS, body: ['{"broken'] }, 'PROVIDER_MALFORMED_RESPONSE', false, /application\/json.*\{"broken/],
    ['an empty 200', { fields: JSON_FIELDS }, 'PROVIDER_MALFORMED_RESPONSE', false, /an empty body/],
    ['a refusal, in the words of the protocol', { status: 500, fields: JSON_FIELDS, body: ['{"a":1}'] }, 'PROVIDER_SERVER', true, /toy: \{"a":1\}/],
    ['a body that breaks off, by its status', { status: 500, fields: JSON_FIELDS, body: ['{', new NetError('NET_RESET', 'reset')] }, 'PROVIDER_SERVER', true, /toy: $/],
    ['x-should-retry before all rules', { status: 500, fields: [...JSON_FIELDS, ['x-should-retry', 'false']], body: ['{}'] }, 'PROVIDER_SERVER', false, /toy/],
    ['a stream without an end', { body: [data({ text: 'x' })] }, 'PROVIDER_TRUNCATED_STREAM', true, /cut/],
    ['a stream of garbage', { body: ['\u0000\ufffd data: data: {]'] }, 'PROVIDER_TRUNCATED_STREAM', true, /cut/],
    ['a line beyond its limit', { body: [new NetError('NET_SSE_LINE_TOO_LONG', 'long')] }, 'PROVIDER_TRANSPORT', false, /long/],
    ['silence', { body: [new NetError('NET_IDLE_TIMEOUT', 'idle')] }, 'PROVIDER_TRANSPORT', true, /idle/],
    ['no connection', { fault: new NetError('NET_CONNECT', 'refused') }, 'PROVIDER_TRANSPORT', true, /refused/],
    ['no permission to connect', { fault: new NetError('NET_EGRESS_DENIED', 'denied') }, 'PROVIDER_TRANSPORT', false, /denied/],
    ['a missing token', { fault: new NetError('NET_TOKEN_MISSING', 'none') }, 'PROVIDER_AUTHENTICATION', false, /none/],
    ['an abort', { fault: new NetError('NET_ABORTED', 'x') }, 'PROVIDER_ABORTED', false, /aborted/],
  ];
  for (const [name, answer, code, retryable, message] of rows) {
    it(`reports ${name}: ${code}`, async () => {
      const { error } = await run([answer]);
      assert.deepEqual([error?.code, error?.retryable], [code, retryable]);
      assert.match(error?.message ?? '', message);
    });
  }
  it('shows 300 characters of an answer at most, and no secret', async () => {
    const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');
    const { error } = await run([{ fields: [['content-type', 'text/plain']], body: [`hunter2 ${'x'.repeat(1_000)}`] }], { redact });
    assert.match(error?.message ?? '', /\[redacted\] x/);
    assert.ok((error?.message.length ?? 999) < 400);
  });
  it('tries once more with another credential after a 401, and only once', async () => {
    let token = 1;
    const seen: (string | undefined)[] = [];
    const auth = (renews: boolean): Auth => ({
      apply: (plain) => Promise.resolve({ ...plain, fields: [['authorization', `Bearer ${token}`]] }),
      renew: ({ rejected }) => {
        seen.push(fieldValue(rejected?.fields ?? [], 'authorization'));
        token += 1;
        return Promise.resolve(renews);
      },
    });
    const fine = await run([{ status: 401, fields: JSON_FIELDS }, { body: [data({ end: true })] }], { auth: auth(true) });
    assert.equal(fine.events.at(-1)?.type, 'finish');
    assert.deepEqual(fine.transport.requests.map((sent) => fieldValue(sent.fields ?? [], 'authorization')), ['Bearer 1', 'Bearer 2']);
    assert.equal((await run([{ status: 401, fields: JSON_FIELDS, body: ['{}'] }], { auth: auth(true) })).transport.requests.length, 2);
    assert.equal((await run([{ status: 401, fields: JSON_FIELDS, body: ['{}'] }], { auth: auth(false) })).transport.requests.length, 1);
    assert.deepEqual(seen, ['Bearer 1', 'Bearer 2', 'Bearer 3']);
  });
});
