import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type DefinedProvider, isProviderError, type Message, type ModelRequest } from '@sx/llm';
import { type AccessToken, createRedactor, fieldValue, type TokenRequest, type Transport } from '@sx/net';
import { type CodexOptions, createCodexProvider, toCodexBaseUrl } from '@sx/provider-codex';
import { createSimulator, type Simulator } from '@sx/simulator';
import { collect, complete, createTestTransport, requestsTo, sampleTools, userMessage as user, withResults } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

const ask = requestsTo('gpt-5.5', sampleTools.slice(0, 1));

function provider(scenario = 'auto', more: Partial<CodexOptions> = {}): { codex: DefinedProvider; asked: TokenRequest[] } {
  const asked: TokenRequest[] = [];
  const { tokens } = simulator.credentials();
  const get = (request: TokenRequest = {}): Promise<AccessToken> => {
    asked.push(request);
    return Promise.resolve({ accessToken: tokens.accessToken, accountId: tokens.accountId, origin: 'test' });
  };
  const codex = createCodexProvider({
    transport, tokenSource: { get }, baseUrl: simulator.urlsFor(scenario).codex, userAgent: 'sx/0.1.0',
    retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
  });
  return { codex, asked };
}

const journal = (): Simulator['requests'] => simulator.requests.filter(({ path }) => path.endsWith('/responses'));

describe('codex: the request', () => {
  it('has the path, the fields and nothing that claims to be somebody else', async () => {
    const { codex } = provider('auto', { baseUrl: 'https://chatgpt.com/backend-api/' });
    const { http } = await codex.prepare(ask([user('Hi')], { sessionId: 's-1' }));
    assert.equal(http.url, 'https://chatgpt.com/backend-api/codex/responses');
    assert.deepEqual(http.fields, [
      ['Content-Type', 'application/json'], ['Accept', 'text/event-stream'], ['User-Agent', 'sx/0.1.0'], ['originator', 'sx'],
      ['session-id', 's-1'], ['thread-id', 's-1'],
    ]);
  });
  it('says the version only where one is configured, and lite only for models that are', async () => {
    const { codex } = provider('auto', { clientVersion: '0.150.0', originator: 'mine' });
    const fields = async (model: string) => (await codex.prepare(ask([user('Hi')], { model }))).http.fields ?? [];
    assert.equal(fieldValue(await fields('gpt-5.5'), 'version'), '0.150.0');
    assert.equal(fieldValue(await fields('gpt-5.5'), 'originator'), 'mine');
    assert.equal(fieldValue(await fields('gpt-5.5'), 'x-openai-internal-codex-responses-lite'), undefined);
    assert.equal(fieldValue(await fields('gpt-5.6-sol'), 'x-openai-internal-codex-responses-lite'), 'true');
  });
  it('takes a base with and without its usual end', () => {
    for (const end of ['', '/', '/codex', '/codex/', '/codex/responses']) assert.equal(toCodexBaseUrl(`https://a.test/backend-api${end}`), 'https://a.test/backend-api/codex');
  });
  it('resolves the aliases, and overridden ones', () => {
    const { codex } = provider('auto', { aliases: { haiku: 'tiny' } });
    assert.deepEqual(['opus', 'sonnet', 'haiku', 'gpt-5.2'].map((name) => codex.resolveModel(name)), ['gpt-5.5', 'gpt-5.5', 'tiny', 'gpt-5.2']);
  });
  it('clamps the effort to what the model takes', async () => {
    const effort = async (model: string, asked: ModelRequest['effort']) =>
      JSON.stringify((await provider().codex.prepare(ask([user('Hi')], { model, ...(asked === undefined ? {} : { effort: asked }) }))).body['reasoning']);
    assert.match(await effort('gpt-5.5', 'max'), /"xhigh"/);
    assert.match(await effort('gpt-5.5', 'minimal'), /"low"/);
    assert.match(await effort('gpt-5.6-sol', 'max'), /"max"/);
    assert.match(await effort('gpt-99', 'max'), /"max"/);
  });
});

describe('codex: a conversation with a strict server', () => {
  it('streams text, reasoning and a call, and answers it within the same route', async () => {
    simulator.clearJournal();
    const { codex } = provider('demo');
    const request = ask([user('fix the greeting')]);
    const first = await complete(codex, request);
    assert.deepEqual(first.content.map(({ type }) => type), ['reasoning', 'text', 'tool-call']);
    assert.equal(first.finishReason, 'tool-use');
    const second = await complete(codex, { ...request, messages: [...request.messages, ...withResults(first)] });
    await complete(codex, { ...request, turnId: crypto.randomUUID(), messages: [...request.messages, ...withResults(first), ...withResults(second), user('thanks')] });
    const states = journal().map(({ headers }) => headers['x-codex-turn-state'] !== undefined);
    assert.deepEqual(states, [false, true, false], 'the route lives and dies with the turn');
    assert.deepEqual(simulator.requests.flatMap(({ remarks }) => remarks), []);
  });
  it('begins every request with the one before, over twenty turns with tools', async () => {
    simulator.clearJournal();
    const { codex } = provider('tools');
    let messages: Message[] = [];
    const sessionId = crypto.randomUUID();
    for (let turn = 0; turn < 20; turn++) {
      messages.push(user(`Question ${turn}`));
      const turnId = crypto.randomUUID();
      for (;;) {
        const message = await complete(codex, ask(messages, { sessionId, turnId }));
        messages = [...messages, ...withResults(message)];
        if (message.finishReason !== 'tool-use') break;
      }
    }
    const bodies = journal().map(({ body }) => body);
    assert.ok(bodies.length >= 40, `${bodies.length} requests`);
    let before = '';
    for (const body of bodies) {
      const { input, instructions, tools: sent }: { input?: unknown; instructions?: unknown; tools?: unknown } = Object(body);
      const text = JSON.stringify([instructions, sent, input]).slice(0, -2);
      assert.ok(text.startsWith(before), 'the beginning has changed');
      before = text;
    }
    assert.deepEqual(simulator.requests.flatMap(({ remarks }) => remarks), []);
  });
  it('reports usage with cached and reasoning tokens, and the windows of the account', async () => {
    const events = await collect(provider().codex.stream(ask([user('Hi')])));
    const limits = events.find((event) => event.type === 'rate-limits');
    assert.deepEqual(limits?.limits.map(({ window, usedPercent }) => [window, usedPercent]), [['primary', 12.5], ['secondary', 40]]);
    const finish = events.at(-1);
    assert.ok(finish?.type === 'finish' && (finish.usage.inputTokens ?? 0) > 0 && (finish.usage.reasoningTokens ?? 0) > 0);
  });
  it('speaks the lite form with the models that want it', async () => {
    const { codex } = provider();
    assert.equal((await complete(codex, ask([user('Hi')], { model: 'gpt-5.6-sol' }))).finishReason, 'end');
  });
  it('falls back to the plain form where the server refuses lite, once, and remembers', async () => {
    simulator.clearJournal();
    // A server that has taken the model out of lite mode since our table was written.
    const moved: Transport = {
      close: () => undefined,
      send: (request, options) => transport.send({ ...request, body: Buffer.from(Buffer.from(request.body ?? []).toString().replace('gpt-5.6-sol', 'gpt-5.5')) }, options),
    };
    const { codex } = provider('auto', { transport: moved });
    for (let turn = 0; turn < 2; turn++) assert.equal((await complete(codex, ask([user('Hi')], { model: 'gpt-5.6-sol' }))).finishReason, 'end');
    assert.deepEqual(journal().map(({ status }) => status), [400, 200, 200]);
  });
  it('lists models from the endpoint, and from the table where there is none', async () => {
    const models = await provider().codex.models();
    const { source, capabilities } = models.find(({ id }) => id === 'gpt-5.5') ?? {};
    assert.deepEqual([source, capabilities?.contextWindowTokens, capabilities?.efforts], ['endpoint', 272_000, ['none', 'low', 'medium', 'high', 'xhigh']]);
    const table = await provider('auto', { baseUrl: 'http://127.0.0.1:1/backend-api' }).codex.models();
    assert.equal(table[0]?.source, 'table');
  });
});

describe('codex: refusals', () => {
  const failure = async (scenario: string, more: Partial<CodexOptions> = {}, request: Partial<ModelRequest> = {}) => {
    simulator.clearJournal();
    const { codex, asked } = provider(scenario, more);
    try {
      await collect(codex.stream(ask([user('Hi')], request)));
    } catch (error) {
      if (isProviderError(error)) return { error, asked, requests: journal().length };
      throw error;
    }
    throw new Error(`${scenario} did not fail`);
  };
  it('makes one request where the usage limit is reached, and says until when', async () => {
    const { error, requests } = await failure('usage-limit');
    assert.deepEqual([error.code, error.retryable, requests], ['PROVIDER_USAGE_LIMIT', false, 1]);
    assert.ok((error.resetsAtMs ?? 0) > Date.now());
  });
  it('names the keys where the gate does not like who asks', async () => {
    for (const [model, clientVersion] of [['gpt-5.6-luna', undefined], ['gpt-6-astra', '0.1.0']] as const) {
      const { error } = await failure('auto', { clientVersion }, { model });
      assert.equal(error.code, 'PROVIDER_CLIENT_REFUSED');
      for (const key of ['CODEX_USER_AGENT', 'CODEX_ORIGINATOR', 'CODEX_CLIENT_VERSION']) assert.match(error.hint ?? '', new RegExp(key));
    }
  });
  it('says that a model does not exist', async () => {
    const { error } = await failure('auto', {}, { model: 'gpt-5' });
    assert.deepEqual([error.code, error.status], ['PROVIDER_NOT_FOUND', 400]);
  });
  it('asks the source once for another token after a 401, and not again', async () => {
    const { error, asked, requests } = await failure('unauthorized');
    assert.equal(error.code, 'PROVIDER_AUTHENTICATION');
    assert.deepEqual([asked.filter(({ rejected }) => rejected !== undefined).length, requests], [1, 1]);
  });
  it('goes on with the new token that the source got', async () => {
    const stale = simulator.credentials({ expiresInSeconds: -1 }).tokens;
    const { tokens } = simulator.credentials();
    const get = ({ rejected }: TokenRequest = {}): Promise<AccessToken> =>
      Promise.resolve({ accessToken: renewed || rejected !== undefined ? (renewed = true, tokens.accessToken) : stale.accessToken, accountId: tokens.accountId, origin: 'test' });
    let renewed = false;
    const events = await collect(provider('auto', { tokenSource: { get } }).codex.stream(ask([user('Hi')])));
    assert.equal(events.at(-1)?.type, 'finish');
  });
  it('keeps secrets out of what an error says', async () => {
    const { tokens } = simulator.credentials();
    const redactor = createRedactor([tokens.accessToken, 'sx-secret-model']);
    const { error } = await failure('auto', { redactor }, { model: 'sx-secret-model' });
    assert.ok(!error.message.includes('sx-secret-model'), error.message);
  });
  it('keeps what had arrived where the stream breaks off, and does not repeat it', async () => {
    const { error, requests } = await failure('cut-stream');
    assert.deepEqual([error.code, error.retryable, requests], ['PROVIDER_TRUNCATED_STREAM', true, 1]);
    assert.equal(error.partial?.[0]?.type, 'text');
  });
  it('repeats what broke off before anything was shown: two requests', async () => {
    simulator.clearJournal();
    const types = (await collect(provider('cut-before-content').codex.stream(ask([user('Hi')])))).map(({ type }) => type);
    assert.deepEqual([types[0], types.at(-1), journal().length], ['retry', 'finish', 2]);
  });
});
