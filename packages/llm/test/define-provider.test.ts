import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type Auth, defineProvider, type ModelRequest, ProviderError, type ProviderDefinition, type StreamEvent, toBaseUrl } from '@sx/llm';
import { fieldValue } from '@sx/net';

import { JSON_FIELDS, type ScriptedAnswer, scriptedTransport } from './scripted-transport.ts';
import { data, toyProtocol } from './toy-protocol.ts';

const noAuth: Auth = { apply: (plain) => Promise.resolve(plain) };
const request: ModelRequest = { model: 'm', system: 's', messages: [], tools: [], sessionId: 'a', turnId: 'b' };
const fine: ScriptedAnswer = { body: [data({ text: 'x' }, { end: true })] };

function provider(answers: readonly ScriptedAnswer[], more: Partial<ProviderDefinition> = {}) {
  const transport = scriptedTransport(answers);
  const define = defineProvider({
    id: 'toy', protocol: toyProtocol, endpoint: { baseUrl: 'https://api.example.test/v1/', path: '/toy' }, auth: noAuth,
    capabilities: () => ({ efforts: ['low', 'high'] }), ...more,
  });
  return { transport, toy: define({ transport, userAgent: 'sx/0', retry: { sleep: () => Promise.resolve(), random: () => 0 } }) };
}

async function typesOf(events: AsyncIterable<StreamEvent>): Promise<string[]> {
  const types: string[] = [];
  for await (const event of events) types.push(event.type === 'warning' ? event.message : event.type);
  return types;
}

describe('defineProvider', () => {
  it('prepares the request without sending it', async () => {
    const { toy, transport } = provider([], { fields: (asked) => [['x-session', asked.sessionId]], originByBaseUrl: true });
    const { http, body, origin, warnings } = await toy.prepare({ ...request, effort: 'max', maxOutputTokens: 1 });
    assert.equal(http.url, 'https://api.example.test/v1/toy');
    assert.deepEqual(http.fields, [['Content-Type', 'application/json'], ['Accept', 'text/event-stream'], ['User-Agent', 'sx/0'], ['x-session', 'a']]);
    assert.equal(new TextDecoder().decode(http.body), JSON.stringify(body));
    assert.equal(body['effort'], 'high');
    assert.deepEqual(warnings, ['effort max is not offered by m: high is sent', 'no limit here']);
    assert.deepEqual(origin, { provider: 'toy', protocol: 'toy', model: 'm', baseUrl: 'https://api.example.test/v1' });
    assert.equal(transport.requests.length, 0);
  });
  it('sends the fields that the user adds with requests and lists, and joins those that it sets itself', async () => {
    const transport = scriptedTransport([fine, { fields: JSON_FIELDS, body: ['{"data":[]}'] }]);
    const toy = defineProvider({
      id: 'toy', protocol: toyProtocol, endpoint: { baseUrl: 'https://a.test', path: '/toy' }, auth: noAuth, capabilities: () => ({}),
      fields: () => [['toy-beta', 'one']],
      models: { table: [{ id: 'm', capabilities: {}, source: 'table' }], endpoint: { path: '/models', parse: () => [] } },
    })({ transport, userAgent: 'sx/0', extraFields: [['X-Title', 'mine'], ['Toy-Beta', 'two']] });
    await typesOf(toy.stream(request));
    await toy.models();
    const [sent, list] = transport.requests.map(({ fields }) => fields);
    assert.deepEqual([fieldValue(sent ?? [], 'x-title'), fieldValue(sent ?? [], 'toy-beta')], ['mine', 'one,two']);
    assert.equal(sent?.filter(([name]) => name.toLowerCase() === 'toy-beta').length, 1);
    assert.equal(fieldValue(list ?? [], 'x-title'), 'mine');
  });
  it('sends no lone surrogate and no NUL, wherever it stood', async () => {
    assert.equal((await provider([]).toy.prepare({ ...request, system: 'a\ud800b\u0000' })).body['text'], 'a\ufffdb\ufffd');
  });
  it('resolves aliases and passes other names through, also those of Object', () => {
    const { toy } = provider([], { aliases: { sonnet: 'toy-1' } });
    assert.deepEqual(['sonnet', 'x', 'constructor'].map((name) => toy.resolveModel(name)), ['toy-1', 'x', 'constructor']);
  });
  it('chooses protocol and path by the model', async () => {
    const { toy } = provider([], {
      protocol: (model) => ({ ...toyProtocol, id: `toy-${model}` }), endpoint: { baseUrl: 'https://a.test', path: (model) => `/models/${model}:go` },
    });
    const { http, origin } = await toy.prepare(request);
    assert.deepEqual([http.url, origin.protocol], ['https://a.test/models/m:go', 'toy-m']);
  });
  it('repeats what failed unseen and says each warning once', async () => {
    const { toy, transport } = provider([{ status: 503, fields: JSON_FIELDS, body: ['{}'] }, { body: [data({ fail: true })] }, fine]);
    const types = await typesOf(toy.stream({ ...request, maxOutputTokens: 1 }));
    assert.deepEqual(types, ['retry', 'retry', 'no limit here', 'response-start', 'text-start', 'text-delta', 'text-end', 'finish']);
    assert.equal(transport.requests.length, 3);
  });
  it('tries a repaired request once, at once', async () => {
    const refusal = { status: 400, fields: JSON_FIELDS, body: ['no effort'] };
    const repair = () => ({ body: ({ effort: _, ...rest }: { readonly effort?: unknown }) => ({ ...rest, repaired: true }) });
    const { toy, transport } = provider([refusal, fine], { quirks: { repair } });
    assert.equal((await typesOf(toy.stream(request))).at(-1), 'finish');
    assert.deepEqual(transport.requests.map(({ body }) => JSON.parse(new TextDecoder().decode(body)).repaired), [undefined, true]);
    const twice = provider([refusal], { quirks: { repair } });
    await assert.rejects(typesOf(twice.toy.stream(request)), { code: 'PROVIDER_SERVER', status: 400 });
    assert.equal(twice.transport.requests.length, 2);
  });
  it('lets quirks finish the body, wait before sending, see heads and say errors better', async () => {
    const heads: number[] = [];
    const { toy, transport } = provider([{ status: 400, fields: JSON_FIELDS, body: ['x'] }], {
      quirks: {
        body: (body) => ({ ...body, a: 1 }),
        beforeSend: (body) => Promise.resolve({ ...body, b: 2 }),
        onHead: (status) => void heads.push(status),
        toError: () => new ProviderError('PROVIDER_CLIENT_REFUSED', 'gate'),
      },
    });
    await assert.rejects(typesOf(toy.stream(request)), { code: 'PROVIDER_CLIENT_REFUSED' });
    assert.deepEqual(JSON.parse(new TextDecoder().decode(transport.requests[0]?.body)), { model: 'm', text: 's', a: 1, b: 2 });
    assert.deepEqual(heads, [400]);
  });
});

describe('models', () => {
  const table = [{ id: 'old', source: 'table', capabilities: {} }] as const;
  const parse = (body: unknown) => [{ id: JSON.stringify(body), source: 'endpoint' as const, capabilities: {} }];
  const models = (answers: readonly ScriptedAnswer[], rows: typeof table | [] = table) =>
    provider(answers, { models: { table: rows, endpoint: { path: '/models', parse, nextPath: (body) => (JSON.stringify(body) === '1' ? '/models?page=2' : undefined) } } });
  it('come from the endpoint, page by page', async () => {
    const { toy, transport } = models([{ fields: JSON_FIELDS, body: ['1'] }, { fields: JSON_FIELDS, body: ['2'] }]);
    assert.deepEqual((await toy.models()).map(({ id }) => id), ['1', '2']);
    assert.deepEqual(transport.requests.map(({ url }) => url), ['https://api.example.test/v1/models', 'https://api.example.test/v1/models?page=2']);
    assert.equal(fieldValue(transport.requests[0]?.fields ?? [], 'user-agent'), 'sx/0');
  });
  it('come from the table where the endpoint fails, and fail where there is no table', async () => {
    assert.deepEqual(await models([{ status: 500, fields: JSON_FIELDS, body: ['{}'] }]).toy.models(), table);
    assert.deepEqual(await models([{ fields: JSON_FIELDS, body: ['<'] }]).toy.models(), table);
    await assert.rejects(models([{ fields: JSON_FIELDS, body: ['<'] }], []).toy.models(), { code: 'PROVIDER_MALFORMED_RESPONSE' });
  });
});

describe('toBaseUrl', () => {
  it('takes a base with and without slash and version', () => {
    const rows = ['https://a.test', 'https://a.test/', 'https://a.test/v1', 'https://a.test/v1/'];
    assert.deepEqual(new Set(rows.map((text) => toBaseUrl(text, { key: 'K', version: '/v1' }))), new Set(['https://a.test/v1']));
    assert.deepEqual(new Set(rows.map((text) => toBaseUrl(text, { key: 'K', withoutVersion: '/v1' }))), new Set(['https://a.test']));
  });
  it('refuses what is no http URL, naming the key and not the value', () => {
    for (const text of ['', 'a.test', 'ftp://a.test', 'https://me:pass@a.test', 'https://a.test?key=1']) {
      assert.throws(() => toBaseUrl(text, { key: 'API_URL' }), /API_URL is no http or https URL/);
    }
  });
});
