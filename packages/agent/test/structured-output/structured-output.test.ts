import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type JsonObject, ProviderError } from '@sx/llm';

import { isAgentError } from '../../src/agent-error.ts';
import { compileJsonSchema } from '../../src/structured-output/json-schema.ts';
import type { StructuredOutputOptions } from '../../src/structured-output/structured-output.ts';
import { collect, findUnpaired, options, says, tool } from '../run-fixture.ts';
import { call, finish, type ScriptedResponse, start, text } from '../scripted-model.ts';

const SOURCE: JsonObject = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };
const answers = (value: string): ScriptedResponse => [start, ...text(value), finish('end')];
const calls = (input: object): ScriptedResponse => [start, call('a', 'structured_output', input), finish('tool-use')];
const echo = tool('echo', () => says('hi'));
const held = (way?: StructuredOutputOptions['way'], source: JsonObject = SOURCE) => ({ structuredOutput: { schema: compileJsonSchema(source), way } });

test('natively: the request carries the schema, and the answer is checked and parsed', async () => {
  const run = options([answers('{"n": 1}')], held());
  const { result } = await collect(run);
  assert.equal(result.outcome, 'success');
  assert.deepEqual(result.structuredOutput, { n: 1 });
  assert.equal(result.text, '{"n": 1}');
  assert.deepEqual(run.requests[0]?.responseFormat, { name: 'answer', schema: SOURCE });
  assert.deepEqual(run.requests[0]?.tools, []);
});

test('a code fence around the answer is forgiven', async () => {
  const { result } = await collect(options([answers('```json\n{"n": 1}\n```')], held()));
  assert.deepEqual([result.structuredOutput, result.text, result.turns], [{ n: 1 }, '{"n": 1}', 1]);
});

test('an answer that does not fit goes back once, with what is wrong', async () => {
  const run = options([answers('{"n":"1"}'), answers('{"n":2}')], held());
  const { events, result } = await collect(run);
  assert.deepEqual(result.structuredOutput, { n: 2 });
  assert.deepEqual(result.messages.map(({ role }) => role), ['assistant', 'user', 'assistant']);
  assert.match(JSON.stringify(run.requests[1]?.messages.at(-1)), /\$\.n: expected integer, got \\"1\\"/);
  const warnings = events.flatMap((event) => (event.type === 'model' && event.event.type === 'warning' ? [event.event.message] : []));
  assert.deepEqual(warnings, ['the answer does not fit the schema, asked once more: $.n: expected integer, got "1"']);
});

test('a second misfit ends the run with a typed error', async () => {
  const { result } = await collect(options([answers('no'), answers('{"n":1,"m":2}')], held()));
  assert.equal(result.outcome, 'error');
  assert.ok(isAgentError(result.error) && result.error.code === 'AGENT_STRUCTURED_OUTPUT');
  assert.equal(result.error.message, 'the answer does not fit the schema, also after one repair: $: "m" is not expected');
  assert.equal(result.structuredOutput, undefined);
});

test('by a tool: it is forced where there is no other, and its arguments are the answer', async () => {
  const run = options([calls({ n: 3 })], held('tool'));
  const { result } = await collect(run);
  assert.deepEqual([result.outcome, result.structuredOutput, result.text], ['success', { n: 3 }, '{"n":3}']);
  assert.deepEqual(run.requests[0]?.toolChoice, { name: 'structured_output' });
  assert.deepEqual(run.requests[0]?.tools.map(({ name, inputSchema }) => [name, inputSchema]), [['structured_output', SOURCE]]);
  assert.equal(run.requests[0]?.responseFormat, undefined);
  assert.deepEqual(findUnpaired(result.messages), []);
});

test('by a tool beside others: the model is free until it tries to end without', async () => {
  const run = options([[start, call('e', 'echo'), finish('tool-use')], answers('three'), calls({ n: 3 })], { ...held('native-without-tools'), tools: [echo] });
  const { result } = await collect(run);
  assert.deepEqual(result.structuredOutput, { n: 3 });
  assert.deepEqual(run.requests.map(({ toolChoice }) => toolChoice), [undefined, undefined, { name: 'structured_output' }]);
  assert.match(JSON.stringify(run.requests[2]?.messages.at(-1)), /Call structured_output with it now/);
});

test('native without tools: without tools it is native', async () => {
  const run = options([answers('{"n":1}')], held('native-without-tools'));
  assert.deepEqual((await collect(run)).result.structuredOutput, { n: 1 });
  assert.deepEqual(run.requests[0]?.tools, []);
});

test('by a tool: arguments that do not fit are told in the result of the call, once', async () => {
  const repaired = await collect(options([calls({ n: 'x' }), calls({ n: 4 })], held('tool')));
  assert.deepEqual(repaired.result.structuredOutput, { n: 4 });
  assert.deepEqual(repaired.result.messages.map(({ role }) => role), ['assistant', 'tool', 'assistant', 'tool']);
  assert.match(JSON.stringify(repaired.result.messages[1]), /\$\.n: expected integer/);
  const failed = await collect(options([calls({}), calls({})], held('tool')));
  assert.ok(isAgentError(failed.result.error) && failed.result.error.code === 'AGENT_STRUCTURED_OUTPUT');
  assert.deepEqual(findUnpaired(failed.result.messages), []);
});

test('by a tool: an answer that is no object becomes the one member of the arguments', async () => {
  const source: JsonObject = { type: 'array', items: { anyOf: [{ $ref: '#/$defs/n' }, { $ref: '#' }] }, $defs: { n: { type: 'integer' } } };
  const run = options([calls({ answer: [1, [2]] })], held('tool', source));
  assert.deepEqual((await collect(run)).result.structuredOutput, [1, [2]]);
  assert.deepEqual(run.requests[0]?.tools[0]?.inputSchema, {
    type: 'object',
    properties: { answer: { type: 'array', items: { anyOf: [{ $ref: '#/$defs/n' }, { $ref: '#/properties/answer' }] } } },
    required: ['answer'],
    additionalProperties: false,
    $defs: { n: { type: 'integer' } },
  });
});

test('a turn limit is a limit also for the repair', async () => {
  const { result } = await collect(options([answers('no')], { ...held(), limits: { maxTurns: 1 } }));
  assert.equal(result.outcome, 'max-turns');
});

test('a server that refuses the schema as such is asked by the tool', async () => {
  const refusal = new ProviderError('PROVIDER_INVALID_REQUEST', 'This response_format type is unavailable now');
  const run = options([[refusal], calls({ n: 5 })], held());
  const { events, result } = await collect(run);
  assert.deepEqual([result.outcome, result.structuredOutput], ['success', { n: 5 }]);
  assert.deepEqual(run.requests.map(({ responseFormat, toolChoice }) => [responseFormat !== undefined, toolChoice]), [[true, undefined], [false, { name: 'structured_output' }]]);
  assert.ok(events.some((event) => event.type === 'model' && event.event.type === 'warning' && /refused the schema/.test(event.event.message)));
  const other = await collect(options([[new ProviderError('PROVIDER_INVALID_REQUEST', 'temperature is too high')]], held()));
  assert.equal(other.result.outcome, 'error');
});
