import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';

import { accumulate, type DefinedProvider, isProviderError } from '@sx/llm';
import { type AccessToken, createRedactor, type TokenRequest } from '@sx/net';
import { CLAUDE_CODE_NOTICE, type ClaudeCodeOptions, createClaudeCodeProvider } from '@sx/provider-claude-code';
import { createSimulator, type Simulator } from '@sx/simulator';
import { collect, createTestTransport, requestsTo, userMessage as user } from '@sx/testkit';

const simulator = await createSimulator({ tls: false, strict: true });
const transport = createTestTransport(simulator);

const ask = requestsTo('claude-opus-5-5');

function provider(scenario = 'auto', more: Partial<ClaudeCodeOptions> = {}): { claude: DefinedProvider; asked: TokenRequest[] } {
  const asked: TokenRequest[] = [];
  const { accessToken } = simulator.credentials().tokens;
  const get = (request: TokenRequest = {}): Promise<AccessToken> => {
    asked.push(request);
    return Promise.resolve({ accessToken, origin: 'test' });
  };
  const claude = createClaudeCodeProvider({
    transport, tokenSource: { get }, baseUrl: simulator.urlsFor(scenario).anthropic, userAgent: 'sx/0.1.0',
    retry: { sleep: () => Promise.resolve(), random: () => 0 }, ...more,
  });
  return { claude, asked };
}

const journal = (): Simulator['requests'] => simulator.requests.filter(({ path }) => path.endsWith('/messages'));

describe('claude_code: the request', () => {
  it('says who we are, and nothing that the official client would say', async () => {
    simulator.clearJournal();
    const { claude } = provider();
    const { http, body } = await claude.prepare(ask([user('Hi')]));
    assert.deepEqual(http.fields, [
      ['Content-Type', 'application/json'], ['Accept', 'text/event-stream'], ['User-Agent', 'sx/0.1.0'], ['anthropic-version', '2023-06-01'],
      ['anthropic-beta', 'oauth-2025-04-20'],
    ]);
    assert.doesNotMatch(JSON.stringify([http.fields, body]), /claude.?code|claude.?cli|stainless|x-app/i);
    await collect(claude.stream(ask([user('Hi')])));
    const headers = journal()[0]?.headers;
    assert.deepEqual([headers?.['x-api-key'], headers?.['user-agent']], [undefined, 'sx/0.1.0']);
    assert.match(headers?.['authorization'] ?? '', /^Bearer \S+$/);
  });
  it('puts the betas of a request into one field', async () => {
    const { http } = await provider().claude.prepare(ask([user('Hi')], { model: 'claude-haiku-4-5' }));
    assert.equal(http.fields?.find(([name]) => name === 'anthropic-beta')?.[1], 'oauth-2025-04-20,interleaved-thinking-2025-05-14');
  });
  it('has a notice of one line that names the other way', () => {
    assert.match(CLAUDE_CODE_NOTICE, /^[^\n]*vendor may forbid[^\n]*PROVIDER=anthropic[^\n]*$/);
  });
});

describe('claude_code: a conversation with a strict server', () => {
  it('thinks, calls in parallel, answers, and reads its cache', async () => {
    const { claude } = provider('tools');
    const request = ask([user(`Look ${'around '.repeat(1_000)}`)]);
    const origin = claude.originOf(request.model);
    const first = await accumulate(claude.stream(request), origin);
    assert.deepEqual(first.content.map(({ type }) => type), ['reasoning', 'tool-call', 'tool-call', 'tool-call']);
    const content = first.content.flatMap((part) => (part.type === 'tool-call' ? [{ type: 'tool-result' as const, callId: part.id, name: part.name, isError: false, content: [] }] : []));
    const second = await accumulate(claude.stream({ ...request, messages: [...request.messages, first, { role: 'tool', content }] }), origin);
    assert.equal(second.finishReason, 'end');
    assert.ok((second.usage?.cacheReadTokens ?? 0) > 1_000);
  });
  it('lists models from the endpoint, and from the table where there is none', async () => {
    assert.equal((await provider().claude.models())[0]?.source, 'endpoint');
    assert.equal((await provider('auto', { baseUrl: 'http://127.0.0.1:1' }).claude.models())[0]?.source, 'table');
  });
});

describe('claude_code: refusals', () => {
  const failure = async (claude: DefinedProvider) => {
    simulator.clearJournal();
    try {
      await collect(claude.stream(ask([user('Hi')])));
    } catch (error) {
      if (isProviderError(error)) return { error, requests: journal().length };
      throw error;
    }
    throw new Error('it did not fail');
  };
  it('asks the source once for another token after a 401, and not again', async () => {
    const { claude, asked } = provider('unauthorized');
    const { error, requests } = await failure(claude);
    assert.equal(error.code, 'PROVIDER_AUTHENTICATION');
    assert.deepEqual([asked.filter(({ rejected }) => rejected !== undefined).length, requests], [1, 1]);
  });
  it('goes on with the new token that the source got', async () => {
    const stale = simulator.credentials({ expiresInSeconds: -1 }).tokens.accessToken;
    const fresh = simulator.credentials().tokens.accessToken;
    let renewed = false;
    const get = ({ rejected }: TokenRequest = {}): Promise<AccessToken> => {
      renewed ||= rejected === stale;
      return Promise.resolve({ accessToken: renewed ? fresh : stale, origin: 'test' });
    };
    simulator.clearJournal();
    assert.equal((await collect(provider('auto', { tokenSource: { get } }).claude.stream(ask([user('Hi')])))).at(-1)?.type, 'finish');
    assert.deepEqual(journal().map(({ status }) => status), [401, 200]);
  });
  it('says that the vendor keeps the token to its own programs, and what is open instead', async () => {
    const message = 'This credential is only authorized for use with Claude Code and cannot be used for other API requests.';
    const server = createServer((_, response) => {
      response.writeHead(400, { 'content-type': 'application/json', 'request-id': 'req_1' });
      response.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = Object(server.address());
    const { error } = await failure(provider('auto', { baseUrl: `http://127.0.0.1:${port}` }).claude);
    server.closeAllConnections();
    server.close();
    assert.deepEqual([error.code, error.status, error.requestId], ['PROVIDER_CLIENT_REFUSED', 400, 'req_1']);
    assert.match(error.message, /only authorized/);
    assert.match(error.hint ?? '', /ANTHROPIC_API_KEY/);
  });
  it('makes one request where the plan is used up, and says until when', async () => {
    const { error, requests } = await failure(provider('usage-limit').claude);
    assert.deepEqual([error.code, error.retryable, requests], ['PROVIDER_USAGE_LIMIT', false, 1]);
    assert.ok((error.resetsAtMs ?? 0) > Date.now());
  });
  it('repeats what passes', async () => {
    simulator.clearJournal();
    await collect(provider('overloaded-then-fine').claude.stream(ask([user('Hi')])));
    assert.deepEqual(journal().map(({ status }) => status), [529, 200]);
  });
  it('keeps secrets out of what an error says', async () => {
    const redactor = createRedactor([]);
    const { claude } = provider('auto', { redactor, tokenSource: { get: () => Promise.resolve({ accessToken: 'sk-ant-oat01-secret', origin: 'test' }) } });
    const { error } = await failure(claude);
    assert.equal(error.code, 'PROVIDER_AUTHENTICATION');
    assert.ok(!`${error.message} ${error.hint ?? ''}`.includes('sk-ant-oat01-secret'));
    assert.equal(redactor.redactText('sk-ant-oat01-secret').includes('oat01'), false);
  });
});
