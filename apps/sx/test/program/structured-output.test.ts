import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { simulate } from './simulated.ts';

const SCHEMA = JSON.stringify({ type: 'object', properties: { name: { type: 'string' }, count: { type: 'integer', minimum: 3 } }, required: ['name', 'count'], additionalProperties: false });

test('--json-schema: the answer is JSON of the schema, on standard output and as structured_output', async () => {
  using simulated = await simulate();
  simulated.put('project/schema.json', SCHEMA);
  const text = await simulated.ask(['describe', '--json-schema', 'schema.json', '-o', 'answer.json']);
  assert.deepEqual([text.code, text.stdout], [0, '{"name":"sample","count":3}\n']);
  const json = await simulated.ask(['describe', '--output-schema', SCHEMA, '--output-format', 'json']);
  const result = parseJson(json.stdout);
  assert.ok(isObject(result));
  assert.deepEqual([result['subtype'], result['structured_output'], result['exit_code']], ['success', { name: 'sample', count: 3 }, 0]);
});

test('an answer that does not fit is asked for once more, and the user hears of it', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.ask(['describe\n[script]\nsay {"name":"x"}', '--json-schema', SCHEMA]);
  assert.deepEqual([code, stdout], [0, '{"name":"sample","count":3}\n']);
  assert.match(stderr, /^sx: the answer does not fit the schema, asked once more: \$: "count" is missing$/m);
});

test('an answer that never fits is exit code 58', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.ask(['describe', '--json-schema', SCHEMA], { scenario: 'text' });
  assert.equal(code, 58);
  assert.match(stderr, /the answer does not fit the schema, also after one repair: \$: expected JSON, got "The server.*\[AGENT_STRUCTURED_OUTPUT\]/);
  const json = parseJson((await simulated.ask(['describe', '--json-schema', SCHEMA, '--output-format', 'json'], { scenario: 'text' })).stdout);
  assert.ok(isObject(json));
  assert.deepEqual([json['subtype'], json['error_code'], json['exit_code']], ['error_max_structured_output_retries', 'AGENT_STRUCTURED_OUTPUT', 58]);
});

const BAD: readonly (readonly [name: string, value: string, report: RegExp])[] = [
  ['is not there', 'absent.json', /absent\.json cannot be read \(ENOENT\) \[CLI_BAD_SCHEMA\]/],
  ['is no JSON', 'broken.json', /broken\.json is no JSON \[CLI_BAD_SCHEMA\]/],
  ['is a directory', '.', /\. is not a regular file \[CLI_BAD_SCHEMA\]/],
  ['has a keyword that is not supported', '{"properties":{"a":{"if":true}}}', /\$\.properties\.a\.if: this keyword is not supported \[AGENT_BAD_SCHEMA\]/],
];
for (const [name, value, report] of BAD) {
  test(`a schema that ${name} is refused before anything is sent`, async () => {
    using simulated = await simulate();
    simulated.put('project/broken.json', '{"type":');
    const before = simulated.simulator.requests.length;
    const { code, stderr } = await simulated.ask(['x', '--json-schema', value]);
    assert.equal(code, 42);
    assert.match(stderr, report);
    assert.equal(simulated.simulator.requests.length, before);
  });
}

test('--effort that the model does not take names those that it takes; from a key it is a wish', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.ask(['x', '--effort', 'max']);
  assert.equal(code, 42);
  assert.match(stderr, /--effort max: gpt-5\.5 takes off, low, medium, high, xhigh \[CLI_BAD_EFFORT\]\n {4}sx models lists what each model takes/);
  const wished = await simulated.ask(['x', '-e', 'REASONING_EFFORT=max']);
  assert.equal(wished.code, 0);
  assert.match(wished.stderr, /effort max is not offered by gpt-5\.5: xhigh is sent/);
  const unknown = await simulated.ask(['x', '--effort', 'enormous']);
  assert.match(unknown.stderr, /off, minimal, low, medium, high, xhigh/);
});

test('where the API has no structured output, the answer is the arguments of a tool that the model is made to call', async () => {
  using simulated = await simulate();
  const { simulator } = simulated;
  const deepseek = { PROVIDER: 'openai', OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', 'deepseek'), OPENAI_VENDOR: 'deepseek', OPENAI_API_KEY: simulator.apiKey, MODEL: 'deepseek-chat' };
  const schema = JSON.stringify({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
  const before = simulator.requests.length;
  const alone = await simulated.ask(['describe', '--json-schema', schema, '-e', 'TOOLS=0'], { env: deepseek });
  assert.deepEqual([alone.code, alone.stdout], [0, '{"name":"sample"}\n'], alone.stderr);
  const body = simulator.requests[before]?.body;
  assert.ok(isObject(body) && body['response_format'] === undefined);
  assert.deepEqual(body['tool_choice'], { type: 'function', function: { name: 'structured_output' } });
  const withTools = await simulated.ask(['describe', '--json-schema', schema], { env: deepseek });
  assert.deepEqual([withTools.code, withTools.stdout], [0, '{"name":"sample"}\n'], withTools.stderr);
  assert.match(withTools.stderr, /asked once more: no call of structured_output, but text/);
});

test('where schema and tools exclude each other, the schema is sent only without tools', async () => {
  using simulated = await simulate();
  const { simulator } = simulated;
  const gemini = { PROVIDER: 'gemini', GEMINI_API_URL: simulator.urls.gemini, GEMINI_API_KEY: simulator.apiKey, MODEL: 'gemini-2.5-flash' };
  const schema = JSON.stringify({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
  for (const [args, native] of [[['-e', 'TOOLS=0'], true], [[], false]] as const) {
    const before = simulator.requests.length;
    const { code, stdout, stderr } = await simulated.ask(['describe', '--json-schema', schema, ...args], { env: gemini });
    assert.deepEqual([code, stdout], [0, '{"name":"sample"}\n'], stderr);
    assert.equal(/responseJsonSchema|responseSchema/.test(JSON.stringify(simulator.requests[before]?.body)), native);
  }
});

test('a server of which nothing is known, and that refuses the schema, is asked by the tool', async () => {
  using simulated = await simulate();
  const { simulator } = simulated;
  const unknown = { PROVIDER: 'openai', OPENAI_BASE_URL: simulator.urls.compat.replace('VENDOR', 'deepseek'), OPENAI_VENDOR: 'other', OPENAI_API_KEY: simulator.apiKey, MODEL: 'deepseek-chat' };
  const before = simulator.requests.length;
  const { code, stdout, stderr } = await simulated.ask(['describe', '--json-schema', SCHEMA, '-e', 'TOOLS=0'], { env: unknown });
  assert.deepEqual([code, stdout], [0, '{"name":"sample","count":3}\n'], stderr);
  assert.match(stderr, /the server refused the schema of the answer: it is asked for by a tool/);
  assert.deepEqual(simulator.requests.slice(before).map(({ status }) => status), [400, 200]);
});
