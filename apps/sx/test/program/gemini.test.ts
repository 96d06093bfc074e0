/** Gemini by key: whole runs of the program against the strict simulator, and what it leaves there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';
import { demoTask } from '@sx/simulator';

import type { Finished, RunOptions } from './run-sx.ts';
import { simulate, type Simulated } from './simulated.ts';

const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
const script = (...directives: readonly string[]): string => ['go', '[script]', ...directives].join('\n');
/** Enough to be worth a cache. */
const KNOWLEDGE = 'Know this rule and keep to it. '.repeat(700);
const EXPLICIT = { GEMINI_CACHE: 'explicit' };

interface Gemini extends Simulated {
  run(args: readonly string[], options?: RunOptions & { readonly scenario?: string }): Promise<Finished>;
  routes(): string[];
  bodies(): JsonObject[];
}

async function gemini(): Promise<Gemini> {
  const simulated = await simulate();
  const { simulator } = simulated;
  simulator.clearJournal();
  return {
    ...simulated,
    run: (args, { scenario = 'auto', ...options } = {}) => {
      const env = { PROVIDER: 'gemini', GEMINI_API_URL: simulator.urlsFor(scenario).gemini, GEMINI_API_KEY: simulator.apiKey };
      return simulated.ask(args, { ...options, env: { ...env, ...options.env } });
    },
    routes: () => simulator.requests.map(({ route }) => route.replace('gemini.', '')),
    bodies: () => simulator.requests.flatMap(({ route, body }) => (route === 'gemini.generate' && isObject(body) ? [body] : [])),
  };
}

const resultOf = (stdout: string): JsonObject => {
  const value = parseJson(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.ok(isObject(value), stdout);
  return value;
};

describe('sx -p with gemini', () => {
  test('the answer is on standard output, the thinking on standard error; the key is in no URL', async () => {
    using session = await gemini();
    const { code, stdout, stderr } = await session.run(['hello', '--provider', 'gemini']);
    assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
    assert.match(stderr, /^Thinking about it$/m);
    const [request] = session.simulator.requests;
    assert.match(request?.headers['user-agent'] ?? '', /^sx\/\d/);
    assert.match(request?.path ?? '', /models\/gemini-3\.8-flash:streamGenerateContent/);
    assert.ok(!JSON.stringify(session.simulator.requests.map(({ path }) => path)).includes(session.simulator.apiKey));
  });

  test('aliases, whole names and overridden aliases', async () => {
    using session = await gemini();
    for (const [model, env, asked] of [
      ['opus', {}, 'gemini-4-argon'], ['haiku', {}, 'gemini-3.5-flash-lite'], ['haiku', { GEMINI_MODEL_HAIKU: 'gemini-2.5-flash' }, 'gemini-2.5-flash'], ['gemini-2.5-pro', {}, 'gemini-2.5-pro'],
    ] as const) {
      session.simulator.clearJournal();
      const { code, stderr } = await session.run(['hello', '--model', model], { env });
      assert.equal(code, 0, stderr);
      assert.ok(session.simulator.requests[0]?.path.includes(`/${asked}:`), asked);
    }
    assert.deepEqual(Object(session.bodies()[0]?.['generationConfig']).thinkingConfig, { includeThoughts: true, thinkingBudget: 10_000 });
  });

  test('the demo task: reads, edits and checks, by every generation of models', async () => {
    for (const model of ['sonnet', 'gemini-4-neon', 'gemini-2.5-flash']) {
      using session = await gemini();
      for (const [path, content] of Object.entries(demoTask.files)) session.put(`project/${path}`, content, 0o644);
      const { code, stdout, stderr } = await session.run([demoTask.prompt, '--model', model, '--permission-mode', 'accept-edits', '--allow', 'shell(sh src/greet.sh)']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(demoTask.expectedAnswer.replaceAll('`', '.')));
      assert.equal(readFileSync(join(session.project, 'greeting.txt'), 'utf8'), demoTask.expectedFiles['greeting.txt']);
      assert.deepEqual(session.simulator.requests.flatMap(({ remarks }) => remarks), []);
    }
  });

  test('images from the command line and from a tool reach the model', async () => {
    using session = await gemini();
    session.put('project/dot.png', DOT);
    assert.match((await session.run(['hello', '-i', 'dot.png'])).stdout, /I see 1 image\./);
    const { code, stderr } = await session.run([script('call view_image {"path":"dot.png"}', 'call read {"path":"dot.png"}', 'then', 'say Seen.')]);
    assert.equal(code, 0, stderr);
  });

  test('a schema is answered in its shape', async () => {
    using session = await gemini();
    session.put('project/schema.json', JSON.stringify({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }));
    for (const model of ['sonnet', 'gemini-2.5-pro']) {
      const { code, stdout, stderr } = await session.run(['Where?', '--json-schema', 'schema.json', '--model', model]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(Object.keys(Object(parseJson(stdout))), ['city']);
    }
  });

  test('an answer in two pieces is one', async () => {
    using session = await gemini();
    const { code, stdout } = await session.run(['hello', '--model', 'gemini-4-neon', '--output-format', 'json'], { scenario: 'continue' });
    assert.deepEqual([code, resultOf(stdout)['result']], [0, 'Wait, there is more.That was all.']);
  });

  test('GEMINI_SAFETY says from where on the filters block', async () => {
    using session = await gemini();
    await session.run(['hello']);
    assert.equal((await session.run(['hello'], { env: { GEMINI_SAFETY: 'high' } })).code, 0);
    assert.equal((await session.run(['hello'], { env: { GEMINI_SAFETY: 'some' } })).code, 52);
    const [without, within] = session.bodies();
    assert.equal(without?.['safetySettings'], undefined);
    assert.deepEqual(Object(within?.['safetySettings']).map(({ threshold }: { threshold: string }) => threshold), Array(4).fill('BLOCK_ONLY_HIGH'));
  });

  test('what cannot be answered has its exit code, and says what helps', async () => {
    using session = await gemini();
    for (const [scenario, exitCode, said] of [
      ['unauthorized', 41, /GEMINI_API_KEY/], ['usage-limit', 62, /resets at/], ['context-overflow', 62, /PROVIDER_CONTEXT_OVERFLOW/],
      ['refusal', 62, /PROVIDER_CONTENT_POLICY/], ['html-200', 62, /PROVIDER_NOT_API/], ['json-200', 62, /PROVIDER_MALFORMED_RESPONSE/],
    ] as const) {
      const { code, stdout, stderr } = await session.run(['hello'], { scenario });
      assert.deepEqual([code, stdout], [exitCode, ''], scenario);
      assert.match(stderr, said);
      assert.ok(!stderr.includes(session.simulator.apiKey), scenario);
    }
    const without = await session.run(['hello'], { env: { GEMINI_API_KEY: '' } });
    assert.equal(without.code, 41);
    assert.match(without.stderr, /GEMINI_API_KEY/);
    const fails = { AGENT_RETRY_INITIAL_DELAY: '1', AGENT_RETRY_MAX_DELAY: '5' };
    const bad = await session.run(['hello'], { scenario: 'tool-invalid-json', env: fails });
    assert.equal(bad.code, 62);
    assert.match(bad.stderr, /PROVIDER_MODEL_OUTPUT/);
  });

  test('what fails in passing is asked for again', async () => {
    using session = await gemini();
    for (const scenario of ['overloaded-then-fine', 'rate-limit', 'cut-stream-then-fine', 'reset-then-fine']) {
      const { code, stderr } = await session.run(['hello'], { scenario, env: { AGENT_RETRY_INITIAL_DELAY: '1' } });
      assert.equal(code, 0, `${scenario}: ${stderr}`);
    }
  });
});

describe('explicit caches of a whole run', () => {
  test('one is made, used by every request, and gone at the end', async () => {
    using session = await gemini();
    const { code, stdout, stderr } = await session.run(['go', '--append-system-prompt', KNOWLEDGE, '--output-format', 'json'], { scenario: 'tools', env: EXPLICIT });
    assert.equal(code, 0, stderr);
    assert.deepEqual(session.routes(), ['cache-create', 'generate', 'generate', 'cache-delete']);
    assert.ok(session.bodies().every((body) => typeof body['cachedContent'] === 'string'));
    assert.ok(Number(Object(resultOf(stdout)['usage']).cache_read_input_tokens) > 5_000, stdout);
    assert.deepEqual(session.simulator.liveCachedContents(), []);
  });

  test('none is made without the key, nor for a short beginning', async () => {
    using session = await gemini();
    await session.run(['hello', '--append-system-prompt', KNOWLEDGE]);
    await session.run(['hello', '--system-prompt', 'Be brief.'], { env: { ...EXPLICIT, TOOLS: '0' } });
    assert.deepEqual(session.routes(), ['generate', 'generate']);
  });

  test('none is left behind by a failure', async () => {
    using session = await gemini();
    for (const [scenario, exitCode] of [['policy', 62], ['failed', 62], ['cut-stream', 62]] as const) {
      const { code } = await session.run(['hello', '--append-system-prompt', KNOWLEDGE], { scenario, env: { ...EXPLICIT, AGENT_RETRY_MAX: '0' } });
      assert.equal(code, exitCode, scenario);
    }
    assert.equal(session.routes().filter((route) => route === 'cache-create').length, 3);
    assert.deepEqual(session.simulator.liveCachedContents(), []);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`none is left behind by ${signal}`, async () => {
      using session = await gemini();
      const { code } = await session.run(['hello', '--append-system-prompt', KNOWLEDGE, '--output-format', 'stream-json', '--include-partial-messages'], {
        scenario: 'slow-stream',
        env: EXPLICIT,
        onStart: (child) => child.onOutput((_, text) => {
          if (text.includes('"text_delta"')) child.kill(signal);
        }),
      });
      assert.equal(code, signal === 'SIGINT' ? 130 : 143);
      assert.deepEqual(session.routes(), ['cache-create', 'generate', 'cache-delete']);
      assert.deepEqual(session.simulator.liveCachedContents(), []);
    });
  }
});
