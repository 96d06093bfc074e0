import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defineProvider, isProviderError } from '@sx/llm';

import { JSON_FIELDS, scriptedTransport } from './scripted-transport.ts';
import { toyProtocol } from './toy-protocol.ts';

const request = { model: 'm', system: 'x'.repeat(7), messages: [], tools: [], sessionId: 'a', turnId: 'b' };

async function counted(status: number, body: string): Promise<unknown> {
  const toy = defineProvider({
    id: 'toy', protocol: toyProtocol, endpoint: { baseUrl: 'https://a.test', path: '/toy' }, auth: { apply: (plain) => Promise.resolve(plain) },
    capabilities: () => ({}),
    tokenCount: { path: '/count', toBody: (sent) => sent, parse: (answer) => Number(Object(answer).n ?? NaN) || undefined },
  })({ transport: scriptedTransport([{ status, fields: JSON_FIELDS, body: [body] }]), userAgent: 'sx/0' });
  return toy.countTokens(request).catch((error: unknown) => (isProviderError(error) ? error.status : error));
}

describe('countTokens', () => {
  const estimate = { inputTokens: 2, source: 'estimate' };
  const rows: readonly (readonly [rule: string, status: number, body: string, expected: unknown])[] = [
    ['takes the count of the server', 200, '{"n":7}', { inputTokens: 7, source: 'endpoint' }],
    ['estimates where the answer has no figure', 200, '{}', estimate],
    ['estimates where there is no such path', 404, '{"message":"Cannot POST /v1/models/m:count"}', estimate],
    ['estimates where the path knows no such method', 405, '{}', estimate],
    ['estimates where the server does not count', 501, '{}', estimate],
    ['says that there is no such model', 404, '{"message":"model: m"}', 404],
    ['says what the server refuses', 400, '{"message":"No"}', 400],
  ];
  for (const [rule, status, body, expected] of rows) it(rule, async () => assert.deepEqual(await counted(status, body), expected));
});
