/** The program with OpenAI, compatible servers and routers: sockets, configuration and tools included. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { KEYS } from '@sx/config';
import { createSimulator, type Simulator } from '@sx/simulator';
import { vendors } from '@sx/provider-openai';

import { createSandbox, type Finished } from './run-sx.ts';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator({ tls: false, strict: true });
});
after(() => simulator.close());

const PROMPT = 'go\n[script]\nthink I look at both\ncall read {"path":"a.txt"}\ncall read {"path":"b.txt"}\nthen\nsay They differ.';

async function ask(env: Readonly<Record<string, string>>, args: readonly string[] = [PROMPT, '--output-format', 'stream-json']): Promise<Finished> {
  using sandbox = createSandbox();
  sandbox.put('project/a.txt', 'one\n');
  sandbox.put('project/b.txt', 'two\n');
  return await sandbox.sx(['-p', ...args], { env });
}

const openai = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PROVIDER: 'openai', OPENAI_BASE_URL: simulator.urls.openai, OPENAI_API_KEY: simulator.apiKey, ...more,
});
const router = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PROVIDER: 'scorpiox', ROUTER_URL: simulator.urls.router, MODEL: 'vendor/large', ...more,
});

suite('fields that the user adds', () => {
  const key = 'gateway-key-0123456789';
  const wanted = `HTTP-Referer: https://sx.example; X-Title: sx; X-Gateway-Key: ${key}`;
  const sent = (): unknown[] => {
    const headers = simulator.requests.at(-1)?.headers ?? {};
    return ['http-referer', 'x-title', 'x-gateway-key'].map((name) => headers[name]);
  };
  const rows: readonly (readonly [name: string, env: () => Record<string, string>])[] = [
    ['openai chat', () => openai({ OPENAI_VENDOR: 'openai', OPENAI_EXTRA_HEADERS: wanted })],
    ['openai responses', () => openai({ OPENAI_VENDOR: 'openai', OPENAI_API: 'responses', OPENAI_EXTRA_HEADERS: wanted })],
    ['router', () => router({ ROUTER_EXTRA_HEADERS: wanted })],
    ['anthropic', () => ({ PROVIDER: 'anthropic', ANTHROPIC_API_URL: simulator.urls.anthropic, ANTHROPIC_API_KEY: simulator.apiKey, ANTHROPIC_CUSTOM_HEADERS: wanted.replaceAll('; ', '\n') })],
  ];
  for (const [name, env] of rows) {
    test(`${name}: go out with every request, and no output shows what they hide`, async () => {
      const { code, stdout, stderr } = await ask(env(), ['hi', '--output-format', 'stream-json', '--debug', '--verbose']);
      assert.equal(code, 0, stderr);
      assert.deepEqual(sent(), ['https://sx.example', 'sx', key]);
      assert.ok(!`${stdout}${stderr}`.includes(key));
    });
  }
  test('a list that the provider sends too is one list', async () => {
    const env = { PROVIDER: 'anthropic', ANTHROPIC_API_URL: simulator.urls.anthropic, ANTHROPIC_API_KEY: simulator.apiKey, MODEL: 'claude-haiku-4-5', ANTHROPIC_EXTRA_HEADERS: 'anthropic-beta: mine-2026' };
    assert.equal((await ask(env, ['hi'])).code, 0);
    assert.equal(simulator.requests.at(-1)?.headers['anthropic-beta'], 'interleaved-thinking-2025-05-14,mine-2026');
  });
  test('a value that is none is refused before anything is sent, unquoted', async () => {
    const before = simulator.requests.length;
    const { code, stderr } = await ask(openai({ OPENAI_EXTRA_HEADERS: `Authorization: ${key}` }), ['hi']);
    assert.equal(code, 52);
    assert.match(stderr, /OPENAI_EXTRA_HEADERS: Authorization is set by sx itself/);
    assert.ok(!stderr.includes(key));
    assert.equal(simulator.requests.length, before);
  });
  test('a bearer instead of the key, for gateways', async () => {
    await ask({ PROVIDER: 'anthropic', ANTHROPIC_API_URL: simulator.urls.anthropic, ANTHROPIC_AUTH_TOKEN: 'gateway-token', AGENT_RETRY_MAX: '0' }, ['hi']);
    const headers = simulator.requests.at(-1)?.headers;
    assert.deepEqual([headers?.['authorization'], headers?.['x-api-key']], ['Bearer gateway-token', undefined]);
  });
});

suite('what is used up', () => {
  const servers = (scenario: string) => {
    const urls = simulator.urlsFor(scenario);
    return [
      ['chat', openai({ OPENAI_BASE_URL: urls.openai, OPENAI_VENDOR: 'openai' })],
      ['responses', openai({ OPENAI_BASE_URL: urls.openai, OPENAI_VENDOR: 'openai', OPENAI_API: 'responses' })],
      ['router', router({ ROUTER_URL: urls.router })],
      ['compatible', openai({ OPENAI_BASE_URL: urls.compat.replace('VENDOR', 'groq'), OPENAI_VENDOR: 'groq' })],
    ] as const;
  };
  for (const name of ['chat', 'responses', 'router', 'compatible']) {
    test(`${name}: says when it resets, where the server does`, async () => {
      const env = servers('billing,retryAfter=86400').find(([server]) => server === name)?.[1] ?? {};
      const { code, stderr } = await ask(env, ['hi']);
      assert.equal(code, 62);
      assert.match(stderr, /\[PROVIDER_QUOTA\]\n {4}it resets at \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/);
    });
    test(`${name}: says that the server does not say it`, async () => {
      const env = servers('billing').find(([server]) => server === name)?.[1] ?? {};
      const { code, stdout } = await ask(env, ['hi', '--output-format', 'json']);
      const result: { error?: unknown } = JSON.parse(stdout);
      assert.equal(code, 62);
      assert.match(JSON.stringify(result), /the server does not say when it resets/);
    });
  }
});

suite('openai', () => {
  test('a server that does not speak Responses: the hint names the other API', async () => {
    const ollama = openai({ OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', 'ollama'), OPENAI_API: 'responses' });
    const { code, stderr } = await ask(ollama, ['hi']);
    assert.equal(code, 62);
    assert.match(stderr, /\[PROVIDER_NOT_FOUND\]\n {4}does this server speak Responses\? OPENAI_API=chat/);
    const unknown = await ask(openai({ OPENAI_VENDOR: 'openai', OPENAI_API: 'responses', MODEL: 'gpt-none' }), ['hi']);
    assert.match(unknown.stderr, /MODEL names the model/);
  });
  for (const api of ['chat', 'responses']) {
    test(`${api}: parallel tools to the end`, async () => {
      const { code, stdout, stderr } = await ask(openai({ OPENAI_API: api, OPENAI_VENDOR: 'openai' }));
      assert.equal(code, 0, stderr);
      const last: { subtype?: string; result?: string; num_turns?: number } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      assert.deepEqual([last.subtype, last.result], ['success', 'They differ.']);
      const bodies = simulator.requests.filter(({ route }) => route === `openai.${api}`).map(({ body }) => JSON.stringify(body));
      assert.match(bodies.at(-1) ?? '', /one[^]*two/);
    });
  }
  for (const vendor of ['ollama', 'deepseek', 'mistral', 'openrouter']) {
    test(`${vendor}: by OPENAI_VENDOR, thoughts on standard error, the answer on standard output`, async () => {
      const env = openai({ OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', vendor), OPENAI_VENDOR: vendor, MODEL: 'gpt-5.5' });
      const { code, stdout, stderr } = await ask(vendor === 'ollama' ? { ...env, OPENAI_API_KEY: '' } : env, [PROMPT]);
      assert.deepEqual([code, stdout], [0, 'They differ.\n'], stderr);
      if (vendor !== 'mistral') assert.match(stderr, /I look at both/);
    });
  }
  test('a conversation that is resumed gives the server its own thoughts back, and another server none', async () => {
    using sandbox = createSandbox();
    sandbox.put('project/a.txt', 'one\n');
    sandbox.put('project/b.txt', 'two\n');
    const at = (vendor: string) => openai({ OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', vendor), OPENAI_VENDOR: vendor, MODEL: 'gpt-5.5' });
    const last = (): string => JSON.stringify(simulator.requests.at(-1)?.body);
    assert.equal((await sandbox.sx(['-p', PROMPT], { env: at('deepseek') })).code, 0);
    const resumed = await sandbox.sx(['-c', '-p', 'and now?'], { env: at('deepseek') });
    assert.deepEqual([resumed.code, resumed.stdout], [0, 'You said: and now?\n'], resumed.stderr);
    assert.match(last(), /"reasoning_content":"I look at both"/);
    const moved = await sandbox.sx(['-c', '-p', 'and here?'], { env: at('groq') });
    assert.deepEqual([moved.code, moved.stdout], [0, 'You said: and here?\n'], moved.stderr);
    assert.doesNotMatch(last(), /I look at both"/);
    assert.match(last(), /They differ\./);
  });
  test('a server that nobody knows, without a key', async () => {
    const { code, stdout, stderr } = await ask(openai({ OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', 'broken'), OPENAI_API_KEY: '', MODEL: 'm' }), [PROMPT]);
    assert.deepEqual([code, stdout], [0, 'They differ.\n'], stderr);
  });
  test('a refused key, an unknown model and a full window have their exit codes and hints', async () => {
    const refused = await ask(openai({ OPENAI_API_KEY: 'sk-very-secret' }), ['hi']);
    assert.match(refused.stderr, /\[PROVIDER_AUTHENTICATION\]/);
    assert.doesNotMatch(refused.stderr, /sk-very-secret/);
    assert.equal(refused.code, 41);
    const unknown = await ask(openai({ MODEL: 'gpt-none' }), ['hi']);
    assert.match(unknown.stderr, /\[PROVIDER_NOT_FOUND\]\n {4}MODEL names the model; sx models openai lists/);
    assert.equal(unknown.code, 62);
  });
  test('sx models: ids of its endpoint', async () => {
    using sandbox = createSandbox();
    const { code, stdout, stderr } = await sandbox.sx(['models', 'openai'], { env: openai() });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^gpt-5\.5\b/m);
  });
  test('plain http: loopback always, other hosts only by ALLOW_PLAIN_HTTP', async () => {
    const elsewhere = openai({ OPENAI_BASE_URL: 'http://lan.invalid:11434/v1', AGENT_RETRY_MAX: '0' });
    const refused = await ask(elsewhere, ['hi']);
    assert.match(refused.stderr, /NET_PLAIN_HTTP_REFUSED[^]*ALLOW_PLAIN_HTTP/);
    const allowed = await ask({ ...elsewhere, ALLOW_PLAIN_HTTP: 'lan.invalid' }, ['hi']);
    assert.match(allowed.stderr, /NET_DNS|PROVIDER_TRANSPORT/);
    assert.doesNotMatch(allowed.stderr, /NET_PLAIN_HTTP_REFUSED/);
  });
  test('every vendor can be named by OPENAI_VENDOR', () => {
    const row = KEYS.find(({ name }) => name === 'OPENAI_VENDOR');
    assert.deepEqual(row?.type.kind === 'choice' ? row.type.values : [], [...vendors.map(({ id }) => id), 'other']);
  });
});

suite('router', () => {
  for (const protocol of ['chat', 'responses', 'messages']) {
    test(`${protocol}: parallel tools to the end, without a credential`, async () => {
      simulator.clearJournal();
      const { code, stdout, stderr } = await ask(router({ ROUTER_PROTOCOL: protocol }), [PROMPT]);
      assert.deepEqual([code, stdout], [0, 'They differ.\n'], stderr);
      assert.match(stderr, /I look at both/);
      assert.ok(simulator.requests.every(({ headers }) => headers['authorization'] === undefined && headers['x-api-key'] === undefined));
    });
  }
  test('is the default where ROUTER_URL is set', async () => {
    const { code, stdout, stderr } = await ask({ ROUTER_URL: simulator.urls.router, MODEL: 'vendor/large' }, [PROMPT]);
    assert.deepEqual([code, stdout], [0, 'They differ.\n'], stderr);
  });
  test('an error inside a 200 is an error', async () => {
    const { code, stdout, stderr } = await ask(router({ ROUTER_URL: simulator.urlsFor('failed').router, AGENT_RETRY_MAX: '0' }), ['hi']);
    assert.deepEqual([code, stdout], [62, 'It went well until\n']);
    assert.match(stderr, /Something went wrong\. \[PROVIDER_SERVER\]/);
  });
  test('sx models scorpiox is sx models router', async () => {
    using sandbox = createSandbox();
    for (const name of ['scorpiox', 'router']) {
      const { code, stdout, stderr } = await sandbox.sx(['models', name], { env: router() });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^vendor\/large\b/m);
    }
  });
  test('without a URL: an error that says so, and what there is instead', async () => {
    using sandbox = createSandbox();
    const explicit = await sandbox.sx(['-p', 'x', '--provider', 'router']);
    assert.match(explicit.stderr, /PROVIDER=router needs ROUTER_URL/);
    assert.equal(explicit.code, 52);
    const env = { OPENAI_API_KEY: 'sk-1', ROUTER_API_KEY: 'r-1' };
    const { code, stderr } = await sandbox.sx(['-p', 'x'], { env });
    assert.equal(code, 52);
    assert.match(stderr, /openai: OPENAI_API_KEY was found; PROVIDER=openai in scorpiox-env\.txt/);
    assert.match(stderr, /router: ROUTER_API_KEY was found; ROUTER_URL=https/);
    assert.doesNotMatch(stderr, /OPENAI_BASE_URL|sk-1|r-1/);
    const local = await sandbox.sx(['-p', 'x'], { env: { OPENAI_BASE_URL: 'http://localhost:11434' } });
    assert.match(local.stderr, /openai: OPENAI_BASE_URL was found; PROVIDER=openai/);
  });
});
