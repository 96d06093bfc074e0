import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { type AgentEvent, type AgentOptions, createAgent, createFileChanges, createPermissions, createProtectedPaths, type RunLimits, type RunResult, type Tool } from '@sx/agent';
import { isObject, type ModelRequest, noUsage, parseJson, type StreamEvent } from '@sx/llm';

import { readTool } from '../src/read.ts';
import { createTaskTool } from '../src/task.ts';
import { toolLimits } from '../src/limits.ts';
import { writeTool } from '../src/write.ts';
import { createFixture } from './tool-fixture.ts';

const { root, write, call } = createFixture();
write('a.txt', 'alpha\n');

/** One line a response: `say TEXT`, `call NAME JSON`, or `hang`. */
function model(script: readonly string[]): { stream: AgentOptions['stream']; requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  return {
    requests,
    async *stream(request, { signal }): AsyncGenerator<StreamEvent> {
      const line = script[requests.length] ?? assert.fail(`${script.length} responses`);
      requests.push(request);
      const [, name = '', json = ''] = /^call (\w+) (.*)$/.exec(line) ?? [];
      const input = parseJson(json);
      if (line === 'hang') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      if (name !== '') yield { type: 'tool-call', call: { type: 'tool-call', id: `c${requests.length}`, name, inputText: json, input: isObject(input) ? input : undefined } };
      else yield* [{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', text: line.slice(4) }, { type: 'text-end', id: 't' }] satisfies StreamEvent[];
      yield { type: 'finish', reason: name === '' ? 'end' : 'tool-use', usage: { ...noUsage, inputTokens: 10, outputTokens: 5 }, raw: [] };
    },
  };
}

interface Ran {
  readonly result: RunResult;
  readonly events: readonly AgentEvent[];
  readonly requests: readonly ModelRequest[];
  readonly limits: readonly RunLimits[];
}

async function run(script: readonly string[], more: Partial<AgentOptions> = {}, controller = new AbortController(), onEvent: (event: AgentEvent) => void = () => undefined): Promise<Ran> {
  const { stream, requests } = model(script);
  const shared: Omit<AgentOptions, 'tools'> = { stream, origin: { provider: 'p', protocol: 'none', model: 'm' }, system: 's', workingDirectory: root, outputDirectory: `${root}/output` };
  const others: Tool[] = [readTool, writeTool];
  const limits: RunLimits[] = [];
  const task = createTaskTool((prompt, options) => {
    limits.push(options.limits);
    return createAgent({ ...shared, limits: options.limits, tools: others }).run(prompt, { signal: options.signal });
  });
  const events: AgentEvent[] = [];
  for await (const event of createAgent({ ...shared, ...more, tools: [...others, task] }).run('go', { signal: controller.signal })) {
    events.push(event);
    onEvent(event);
  }
  const last = events.at(-1);
  assert.ok(last?.type === 'run-end');
  return { result: last.result, events, requests, limits };
}

const TASK = 'call task {"title":"look","prompt":"What is in a.txt?"}';
const resultOf = ({ events }: Ran): string => {
  const ended = events.find((event) => event.type === 'tool-end');
  const part = ended?.type === 'tool-end' ? ended.output.content[0] : undefined;
  return part?.type === 'text' ? part.text : assert.fail();
};

test('a second agent starts empty, has all tools but this one, and only its answer comes back', async () => {
  const ran = await run([TASK, 'call read {"path":"a.txt"}', 'say it says alpha', 'say done']);
  assert.equal(resultOf(ran), 'it says alpha\n[2 turns]');
  assert.equal(ran.result.text, 'done');
  const [, inner] = ran.requests;
  assert.deepEqual(inner?.messages, [{ role: 'user', content: [{ type: 'text', text: 'What is in a.txt?' }] }]);
  assert.deepEqual(inner?.tools?.map(({ name }) => name), ['read', 'write']);
  assert.deepEqual(ran.events.flatMap((event) => (event.type === 'tool-progress' ? [event.text] : [])), ['• read a.txt\n']);
});

test('what it spends is spent of the run, and it may spend what is left', async () => {
  const ran = await run([TASK, 'call read {"path":"a.txt"}', 'say it says alpha', 'say done']);
  assert.deepEqual([ran.result.usage.inputTokens, ran.result.usage.outputTokens, ran.result.turns], [40, 20, 2]);
  assert.deepEqual(ran.limits, [{ maxTurns: toolLimits.taskTurnsMax }]);
  const limited = await run([TASK, 'call read {"path":"a.txt"}', 'call read {"path":"a.txt"}'], { limits: { maxTokens: 40 } });
  assert.deepEqual(limited.limits, [{ maxTokens: 25, maxTurns: toolLimits.taskTurnsMax }]);
  assert.equal(limited.result.outcome, 'max-tokens');
  assert.equal(limited.requests.length, 3);
  assert.match(resultOf(limited), /\[2 turns; it did not finish: max-tokens\]$/);
});

test('the same rules hold for it, and what they refused is said', async () => {
  const ran = await run([TASK, 'call write {"path":"b.txt","content":"x"}', 'say could not', 'say done']);
  assert.equal(resultOf(ran), 'could not\n[2 turns; not permitted: write]');
});

test('what it changed is taken back with the run', async () => {
  write('c.txt', 'before');
  const permissions = createPermissions({ mode: 'accept-edits', rules: [], workingDirectory: root, protectedPaths: createProtectedPaths({ workingDirectory: root }) });
  const { stream } = model(['call write {"path":"d.txt","content":"ours"}', TASK, 'call read {"path":"c.txt"}', 'call write {"path":"c.txt","content":"after"}', 'say changed', 'say done']);
  const shared: Omit<AgentOptions, 'tools'> = { stream, permissions, origin: { provider: 'p', protocol: 'none', model: 'm' }, system: 's', workingDirectory: root, outputDirectory: `${root}/output` };
  const fileChanges = createFileChanges();
  const task = createTaskTool((prompt, { signal }) => createAgent({ ...shared, fileChanges: { ...fileChanges, startRun: () => undefined }, tools: [readTool, writeTool] }).run(prompt, { signal }));
  const agent = createAgent({ ...shared, fileChanges, tools: [readTool, writeTool, task] });
  const changed: string[] = [];
  for await (const event of agent.run('go')) if (event.type === 'tool-end') changed.push(...(event.output.changedFiles ?? []).map(({ path, kind }) => `${kind} ${path}`));
  assert.deepEqual(changed, [`add ${root}/d.txt`, `update ${root}/c.txt`]);
  assert.equal(readFileSync(`${root}/c.txt`, 'utf8'), 'after');
  assert.deepEqual([...(agent.undo()?.restored ?? [])].sort(), [`${root}/c.txt`, `${root}/d.txt`]);
  assert.deepEqual([readFileSync(`${root}/c.txt`, 'utf8'), existsSync(`${root}/d.txt`)], ['before', false]);
});

test('an abort of the run aborts it', async () => {
  const controller = new AbortController();
  const ran = await run([TASK, 'hang'], {}, controller, (event) => void (event.type === 'tool-start' && setImmediate(() => controller.abort())));
  assert.equal(ran.result.outcome, 'interrupted');
  assert.equal(ran.requests.length, 2);
});

for (const [input, expected] of [
  [{ title: 'x', prompt: ' ' }, /is empty/], [{ title: 'x', prompt: 'y'.repeat(100_001) }, /at most 100000/], [{ prompt: 'y' }, /`title` must be a string/], [{ title: 'x', prompt: 'y', model: 'z' }, /Unknown argument "model"/],
] as const) test(`refuses ${JSON.stringify(input).slice(0, 50)}`, async () => assert.match((await call(createTaskTool(() => assert.fail()), { ...input })).text, expected));
