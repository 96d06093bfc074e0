/**
 * The columns of the matrix: what a provider must be able to do, each shown by an exchange and checked on both sides: what the
 * simulator, which refuses what the vendor refuses, was asked, and what sx made of its answer. A check that does not hold throws.
 */
import assert from 'node:assert/strict';

import { arrayOr, isObject, type JsonObject, type JsonValue, objectOr, stringOr } from '@sx/llm';
import type { Simulator } from '@sx/simulator';

import { blocksOf, deltasOf, type Exchanged, type ExchangeOptions } from './exchange.ts';
import type { MatrixRow } from './rows.ts';

export interface Cell {
  readonly row: MatrixRow;
  readonly simulator: Simulator;
  readonly ask: (options: ExchangeOptions) => Promise<Exchanged>;
}

export interface Feature {
  readonly name: string;
  /** Absent: every provider. */
  readonly appliesTo?: (row: MatrixRow) => boolean;
  readonly check: (cell: Cell) => Promise<void>;
}

const script = (...lines: string[]): string => `go on\n[script]\n${lines.join('\n')}`;
const THINKING = ['--effort', 'high'];
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const BACKGROUND = 'A conversation has a beginning that stays the same, and that is what a cache of prompts keeps. '.repeat(400);

export const FEATURES: readonly Feature[] = [
  {
    name: 'streaming',
    async check({ ask }) {
      const run = await succeed(ask({ prompt: 'tell me', scenario: 'text' }));
      const deltas = deltasOf(run, 'text_delta', 'text');
      assert.ok(deltas.length > 1, `the text came in ${deltas.length} pieces`);
      assert.equal(deltas.join(''), run.result['result'], 'the pieces are the answer');
      assert.ok((run.requests[0]?.events ?? 0) > 1, 'the simulator sent one event');
    },
  },
  {
    name: 'thinking',
    async check({ ask }) {
      const run = await succeed(ask({ prompt: script('think first of all', 'call list {}', 'then', 'think once more', 'say done'), args: THINKING }));
      assert.match(bodyOf(run, 0), /"(effort|reasoning_effort|thinking|thinkingConfig)":/, 'the request asks for no thinking');
      const thoughts = blocksOf(run, 'assistant', 'thinking').map(({ thinking }) => stringOr(thinking, ''));
      const tokens = usageOf(run)['reasoning_tokens'];
      assert.ok(thoughts.some((text) => text !== '') || Number(tokens) > 0, 'neither a thought nor its tokens were shown');
      // The strict simulator has compared what came back with what it had issued.
      assert.equal(run.requests.length, 2);
    },
  },
  {
    name: 'tool use',
    async check({ ask }) {
      const run = await succeed(ask({ prompt: script('call read {"path":"a.txt"}', 'then', 'call list {}', 'then', 'say done'), files: { 'a.txt': 'the word is amber\n' } }));
      assert.equal(run.requests.length, 3);
      assert.match(bodyOf(run, 1), /the word is amber/, 'the result did not reach the model');
      assert.equal(blocksOf(run, 'user', 'tool_result').length, 2);
      assert.equal(run.result['result'], 'done');
    },
  },
  {
    name: 'parallel tools',
    async check({ ask }) {
      const run = await succeed(ask({ prompt: script('call read {"path":"a.txt"}', 'call read {"path":"b.txt"}', 'call list {}', 'then', 'say done'), files: { 'a.txt': 'amber\n', 'b.txt': 'beryl\n' } }));
      const calls = blocksOf(run, 'assistant', 'tool_use');
      const results = blocksOf(run, 'user', 'tool_result');
      assert.equal(new Set(calls.map(({ message }) => message)).size, 1, 'the calls came in several messages');
      assert.deepEqual(results.map((result) => result['tool_use_id']), calls.map((call) => call['id']), 'results in another order than calls');
      assert.ok(calls.length === 3 && run.requests.length === 2, 'three calls, one answer to all');
      assert.match(bodyOf(run, 1), /amber[^]*beryl/);
    },
  },
  {
    name: 'function calling',
    async check({ ask }) {
      const input = { pattern: 'größer \\d+ "so"', path: '.', context: 2 };
      const run = await succeed(ask({ prompt: script(`call grep ${JSON.stringify(input)}`, 'then', 'say done') }));
      assert.deepEqual(blocksOf(run, 'assistant', 'tool_use')[0]?.['input'], input, 'arguments changed on the way');
      const offered = namesIn(run.requests[0]?.body ?? null);
      for (const name of ['read', 'write', 'edit', 'grep', 'shell']) assert.ok(offered.has(name), `${name} was not offered`);
      const unoffered = await succeed(ask({ prompt: script('call list {}', 'then', 'say done'), args: ['-e', 'TOOLS=0'] }), { mayFail: true });
      assert.equal(namesIn(unoffered.requests[0]?.body ?? null).has('read'), false, 'TOOLS=0 offers tools');
    },
  },
  {
    name: 'vision',
    async check({ ask }) {
      const files = { 'dot.png': PNG };
      const run = await succeed(ask({ prompt: 'what is this', args: ['-i', 'dot.png'], files }));
      assert.match(String(run.result['result']), /I see 1 image/);
      const shown = await succeed(ask({ prompt: script('call view_image {"path":"dot.png"}', 'then', 'say done'), files }));
      assert.ok(bodyOf(shown, 1).includes(PNG.toString('base64')), 'the image that a tool brought did not reach the model');
    },
  },
  {
    name: 'token refresh',
    appliesTo: (row) => row.oauth,
    async check({ ask, simulator }) {
      const before = simulator.counters.tokenRefreshes;
      const expired = await succeed(ask({ prompt: 'hello', expiredLogin: true }));
      assert.equal(simulator.counters.tokenRefreshes - before, 1, 'an expired token was not refreshed');
      assert.equal(expired.requests.length, 1);
      const refused = await succeed(ask({ prompt: 'hello', scenario: 'unauthorized-then-fine' }));
      assert.equal(simulator.counters.tokenRefreshes - before, 2, 'a refused token was not refreshed');
      assert.deepEqual(refused.requests.map(({ status }) => status), [401, 200]);
    },
  },
  {
    name: 'context caching',
    async check({ ask, row, simulator }) {
      const prompt = `${BACKGROUND}\n${script('call list {}', 'then', 'call list {}', 'then', 'say done')}`;
      const run = await succeed(ask({ prompt }));
      if (row.cacheMark !== undefined) assert.match(bodyOf(run, 0), row.cacheMark, 'the request does not ask the vendor to keep it');
      assert.ok(Number(usageOf(run)['cache_read_input_tokens']) > 1_000, `read from the cache: ${usageOf(run)['cache_read_input_tokens']} tokens`);
      if (row.ownCaches === undefined) return;
      const owned = await succeed(ask({ prompt, args: [...row.ownCaches.args, '--append-system-prompt', BACKGROUND] }));
      assert.match(bodyOf(owned, 2), row.ownCaches.mark, 'the request names no cache');
      assert.deepEqual(simulator.liveCachedContents(), [], 'a cache was left behind at the vendor');
    },
  },
  {
    name: 'usage accounting',
    async check({ ask }) {
      const run = await succeed(ask({ prompt: script('think first', 'call list {}', 'then', 'say done'), args: THINKING }));
      const members = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'output_tokens', 'reasoning_tokens'];
      const total = usageOf(run);
      const each = run.lines.filter(({ type }) => type === 'assistant').map((line) => objectOr(objectOr(line['message'], {})['usage'], {}));
      assert.equal(each.length, 2);
      for (const member of members) {
        const sum = each.reduce((tokens, usage) => tokens + Number(usage[member] ?? 0), 0);
        assert.equal(Number(total[member] ?? 0), sum, `${member} of the run is not the sum of its responses`);
      }
      const prompt = Number(total['input_tokens']) + Number(total['cache_read_input_tokens']) + Number(total['cache_creation_input_tokens']);
      assert.ok(prompt > 500 && Number(total['output_tokens']) > 0, `${prompt} tokens in, ${String(total['output_tokens'])} out`);
    },
  },
  {
    name: 'structured output',
    async check({ ask, row }) {
      const schema: JsonObject = {
        type: 'object',
        properties: { title: { type: 'string' }, tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } }, size: { type: 'integer' } },
        required: ['title', 'tags', 'size'],
        additionalProperties: false,
      };
      const args = ['--json-schema', JSON.stringify(schema)];
      const alone = await succeed(ask({ prompt: 'describe', args: [...args, '-e', 'TOOLS=0'] }));
      assert.match(bodyOf(alone, 0), row.schemaMark, 'the schema is not said in the words of the API');
      assert.deepEqual(alone.result['structured_output'], { title: 'sample', tags: ['a'], size: 1 });
      const withTools = await succeed(ask({ prompt: 'describe', args }));
      assert.deepEqual(withTools.result['structured_output'], { title: 'sample', tags: ['a'], size: 1 });
    },
  },
];

/** The run came to a good end, and the simulator refused nothing. */
async function succeed(running: Promise<Exchanged>, { mayFail = false } = {}): Promise<Exchanged> {
  const run = await running;
  const said = [...run.requests.map(({ refusal }) => refusal), ...arrayOr(run.result['errors'], []).map(String), run.stderr.trim()].filter((text) => text !== '');
  if (!mayFail) assert.equal(run.code, 0, `exit code ${run.code}: ${said.join(' | ').slice(0, 500)}`);
  assert.ok(run.requests.length > 0, `nothing was asked: ${said.join(' | ').slice(0, 500)}`);
  return run;
}

function bodyOf(run: Exchanged, request: number): string {
  return JSON.stringify(run.requests[request]?.body ?? null);
}

function usageOf(run: Exchanged): JsonObject {
  return objectOr(run.result['usage'], {});
}

/** Every `name` in the tools of a request, however the format nests them. */
function namesIn(body: JsonValue | Simulator['requests'][number]['body']): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    const name = value['name'];
    if (typeof name === 'string') found.add(name);
    ['tools', 'functionDeclarations', 'function', 'input'].forEach((key) => visit(value[key]));
  };
  visit(body);
  return found;
}
