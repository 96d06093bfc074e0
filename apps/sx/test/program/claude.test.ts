/** Claude by key and by login: whole runs of the program against the strict simulator. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { demoTask } from '@sx/simulator';

import type { Finished, RunOptions } from './run-sx.ts';
import { simulate, type Simulated } from './simulated.ts';

const NOTICE = /^sx: the vendor may forbid the use of a Claude subscription outside its own programs.*\n/;
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
const script = (...directives: readonly string[]): string => ['go', '[script]', ...directives].join('\n');

interface Claude extends Simulated {
  run(args: readonly string[], options?: RunOptions & { readonly scenario?: string }): Promise<Finished>;
  /** Requests for messages. */
  bodies(): JsonObject[];
}

async function claude(provider: 'anthropic' | 'claude_code'): Promise<Claude> {
  const simulated = await simulate();
  const { simulator } = simulated;
  simulator.clearJournal();
  if (provider === 'claude_code') simulated.put('home/.claude/.credentials.json', JSON.stringify(simulator.credentials().claudeCredentialsFile));
  const environment = (scenario = 'auto'): Record<string, string> => {
    const { anthropic, oauth } = simulator.urlsFor(scenario);
    return provider === 'anthropic'
      ? { PROVIDER: provider, ANTHROPIC_API_URL: anthropic, ANTHROPIC_API_KEY: simulator.apiKey }
      : { PROVIDER: provider, CLAUDE_CODE_API_URL: anthropic, CLAUDE_CODE_OAUTH_URL: oauth };
  };
  return {
    ...simulated,
    run: (args, { scenario, ...options } = {}) => simulated.ask(args, { ...options, env: { ...environment(scenario), ...options.env } }),
    bodies: () => simulator.requests.flatMap(({ route, body }) => (route === 'anthropic.messages' && isObject(body) ? [body] : [])),
  };
}

function jsonLines(stdout: string): JsonObject[] {
  return stdout.trimEnd().split('\n').map((line) => {
    const value = parseJson(line);
    assert.ok(isObject(value), line);
    return value;
  });
}

for (const provider of ['anthropic', 'claude_code'] as const) {
  describe(`sx -p with ${provider}`, () => {
    test('the answer is on standard output, the thinking on standard error, and one notice where the vendor may object', async () => {
      using session = await claude(provider);
      const { code, stdout, stderr } = await session.run(['hello']);
      assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
      assert.match(stderr, /^Thinking about it$/m);
      assert.equal(stderr.split('\n').filter((line) => NOTICE.test(`${line}\n`)).length, provider === 'claude_code' ? 1 : 0);
      const [request] = session.simulator.requests;
      assert.match(request?.headers['user-agent'] ?? '', /^sx\/\d/);
      assert.equal(request?.headers['anthropic-beta'], provider === 'claude_code' ? 'oauth-2025-04-20' : undefined);
      assert.equal(request?.headers['x-api-key'] === undefined, provider === 'claude_code');
    });

    test('it streams: text and thinking come in pieces', async () => {
      using session = await claude(provider);
      const { stdout } = await session.run(['hello there, in several words', '--output-format', 'stream-json', '--include-partial-messages']);
      const deltas = jsonLines(stdout).flatMap(({ event }) => (isObject(event) && isObject(event['delta']) ? [event['delta']['type']] : []));
      assert.ok(deltas.filter((type) => type === 'text_delta').length > 2, deltas.join());
      assert.ok(deltas.filter((type) => type === 'thinking_delta').length > 2, deltas.join());
    });

    test('it runs several tools of one answer, and the cache shows in the usage of the result', async () => {
      using session = await claude(provider);
      session.put('project/a.txt', `${'alpha '.repeat(2_000)}\n`);
      session.put('project/b.txt', 'beta\n');
      const { code, stdout } = await session.run([script('think both', 'call read {"path":"a.txt"}', 'call read {"path":"b.txt"}', 'then', 'say done'), '--output-format', 'json']);
      const result = jsonLines(stdout).at(-1);
      assert.deepEqual([code, result?.['result'], result?.['num_turns']], [0, 'done', 2]);
      const usage = result?.['usage'];
      assert.ok(isObject(usage) && Number(usage['cache_read_input_tokens']) > 0 && Number(usage['cache_creation_input_tokens']) > 1_000, JSON.stringify(usage));
      const [first, second] = session.bodies();
      const strip = (body: JsonObject | undefined): string => JSON.stringify([body?.['system'], body?.['tools'], body?.['messages']], (key, value: unknown) => (key === 'cache_control' ? undefined : value));
      assert.ok(strip(second).startsWith(strip(first).slice(0, -2)));
      assert.match(JSON.stringify(second), /"tool_result".*alpha.*"tool_result".*beta/);
    });

    test('the demo task: reads, edits and checks, with what it was allowed', async () => {
      using session = await claude(provider);
      for (const [path, content] of Object.entries(demoTask.files)) session.put(`project/${path}`, content, 0o644);
      const { code, stdout, stderr } = await session.run([demoTask.prompt, '--permission-mode', 'accept-edits', '--allow', 'shell(sh src/greet.sh)']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(demoTask.expectedAnswer.replaceAll('`', '.')));
      assert.equal(readFileSync(join(session.project, 'greeting.txt'), 'utf8'), demoTask.expectedFiles['greeting.txt']);
    });

    test('an image reaches the model', async () => {
      using session = await claude(provider);
      session.put('project/dot.png', DOT);
      assert.equal((await session.run(['look', '-i', 'dot.png'])).stdout, 'You said: look I see 1 image.\n');
    });

    test('--json-schema: the answer is of the schema, natively', async () => {
      using session = await claude(provider);
      const schema = JSON.stringify({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
      const { code, stdout } = await session.run(['describe', '--json-schema', schema]);
      assert.deepEqual([code, stdout], [0, '{"name":"sample"}\n']);
      assert.match(JSON.stringify(session.bodies()[0]?.['output_config']), /json_schema/);
    });

    test('thinking can be steered, and turned off where the model lets it', async () => {
      using session = await claude(provider);
      const settings = async (...args: readonly string[]): Promise<string> => {
        session.simulator.clearJournal();
        await session.run(['hello', ...args]);
        const body = session.bodies()[0];
        return JSON.stringify([body?.['thinking'], body?.['output_config']]);
      };
      assert.equal(await settings(), '[{"type":"adaptive","display":"summarized"},null]');
      assert.equal(await settings('--effort', 'max'), '[{"type":"adaptive","display":"summarized"},{"effort":"max"}]');
      assert.equal(await settings('-m', 'claude-opus-4-8', '-e', 'THINKING=0'), '[{"type":"disabled"},null]');
      assert.equal(await settings('-m', 'claude-haiku-4-5'), '[{"type":"enabled","budget_tokens":10000},null]');
      assert.equal(await settings('-m', 'claude-haiku-4-5', '--effort', 'low'), '[{"type":"enabled","budget_tokens":4000},null]');
      assert.equal(await settings('-m', 'claude-haiku-4-5', '--effort', 'low', '-e', 'THINKING_BUDGET=2000'), '[{"type":"enabled","budget_tokens":2000},null]');
    });

    test('a model of that name is said not to be there, and the list is named', async () => {
      using session = await claude(provider);
      const { code, stderr } = await session.run(['hello', '-m', 'claude-none']);
      assert.equal(code, 62);
      assert.match(stderr, new RegExp(`model: claude-none \\[PROVIDER_NOT_FOUND\\]\\n +sx models ${provider}`));
    });

    test('a used-up plan is not asked again, and says until when', async () => {
      using session = await claude(provider);
      const { code, stderr } = await session.run(['hello'], { scenario: 'usage-limit' });
      assert.notEqual(code, 0);
      assert.match(stderr, /usage limit.*PROVIDER_USAGE_LIMIT\]\n +resets at 20/);
      assert.equal(session.bodies().length, 1);
    });

    test('an overloaded server is asked again', async () => {
      using session = await claude(provider);
      const { code, stdout } = await session.run(['hello'], { scenario: 'overloaded,times=1' });
      assert.deepEqual([code, stdout, session.bodies().length], [0, 'You said: hello\n', 2]);
    });
  });
}

describe('the credential', () => {
  test('an expired login is renewed once, stored where it came from, and used', async () => {
    using session = await claude('claude_code');
    const file = session.put('home/.claude/.credentials.json', JSON.stringify({ ...session.simulator.credentials({ expiresInSeconds: -1 }).claudeCredentialsFile, other: 1 }));
    const before = readFileSync(file, 'utf8');
    assert.equal((await session.run(['hello'])).stdout, 'You said: hello\n');
    assert.equal(session.simulator.counters.tokenRefreshes, 1);
    assert.notEqual(readFileSync(file, 'utf8'), before);
    assert.match(readFileSync(file, 'utf8'), /"other": ?1/);
  });

  test('a login that the server no longer takes is renewed once after the 401', async () => {
    using session = await claude('claude_code');
    session.simulator.expireTokens();
    assert.equal((await session.run(['hello'])).stdout, 'You said: hello\n');
    const statuses = session.simulator.requests.filter(({ route }) => route === 'anthropic.messages').map(({ status }) => status);
    assert.deepEqual([statuses, session.simulator.counters.tokenRefreshes], [[401, 200], 1]);
  });

  test('a token in the environment wins, is never renewed, and is not shown', async () => {
    using session = await claude('claude_code');
    const token = session.simulator.credentials().tokens.accessToken;
    assert.equal((await session.run(['hello'], { env: { CLAUDE_CODE_OAUTH_TOKEN: token } })).stdout, 'You said: hello\n');
    const { code, stderr, stdout } = await session.run(['hello'], { env: { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-not-a-token' } });
    assert.equal(code, 41);
    assert.ok(!`${stderr}${stdout}`.includes('not-a-token'));
  });

  test('without a key nothing is sent, and the key is named', async () => {
    using session = await claude('anthropic');
    const { code, stderr } = await session.run(['hello'], { env: { ANTHROPIC_API_KEY: '' } });
    assert.equal(code, 41);
    assert.match(stderr, /ANTHROPIC_API_KEY/);
    assert.equal(session.bodies().length, 0);
  });

  test('a wrong key is said to be wrong, and not shown', async () => {
    using session = await claude('anthropic');
    const { code, stderr } = await session.run(['hello'], { env: { ANTHROPIC_API_KEY: 'sk-ant-api03-wrong' } });
    assert.equal(code, 41);
    assert.match(stderr, /invalid x-api-key.*\n +the key in ANTHROPIC_API_KEY was not accepted/);
    assert.ok(!stderr.includes('sk-ant-api03-wrong'));
  });

  test('a project that nobody trusts cannot choose the login', async () => {
    using session = await claude('claude_code');
    session.put('project/scorpiox-env.txt', 'PROVIDER=claude_code\n');
    const { code, stderr } = await session.run(['hello'], { env: { PROVIDER: '' } });
    assert.notEqual(code, 0);
    assert.match(stderr, /ignored PROVIDER/);
    assert.doesNotMatch(stderr, NOTICE);
    assert.equal(session.bodies().length, 0);
    assert.ok(existsSync(join(session.home, '.claude/.credentials.json')));
  });

  test('sx models lists what the endpoint offers, for both', async () => {
    for (const provider of ['anthropic', 'claude_code'] as const) {
      using session = await claude(provider);
      const { anthropic } = session.simulator.urls;
      const { stdout, code } = await session.sx(['models', provider], { env: { ANTHROPIC_API_URL: anthropic, CLAUDE_CODE_API_URL: anthropic, ANTHROPIC_API_KEY: session.simulator.apiKey } });
      assert.equal(code, 0);
      assert.match(stdout, /^claude-opus-5-5\b/m);
    }
  });
});
