import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createAgent } from '../src/agent.ts';
import { isAgentError } from '../src/agent-error.ts';
import { createSystemPrompt } from '../src/system-prompt.ts';
import { options, says, tool } from './run-fixture.ts';
import { call, finish, scriptedModel, start, text } from './scripted-model.ts';

const { origin, system } = options([]);

test('remembers the conversation from prompt to prompt', async () => {
  const model = scriptedModel([[start, ...text('one'), finish('end')], [start, call('a', 'read'), finish('tool-use')], [start, ...text('two'), finish('end')]]);
  const reader = tool('read', () => says('file'), { accesses: (_, { workingDirectory }) => ({ kind: 'accesses', list: [{ action: 'read', path: workingDirectory }], title: 'read' }) });
  const agent = createAgent({ stream: model.stream, origin, system, tools: [reader], workingDirectory: '.', outputDirectory: '/nonexistent' });
  const answers: string[] = [];
  for (const prompt of ['first', 'second']) for await (const event of agent.run(prompt)) if (event.type === 'run-end') answers.push(event.result.text);
  assert.deepEqual(answers, ['one', 'two']);
  assert.deepEqual(agent.messages.map((message) => message.role), ['user', 'assistant', 'user', 'assistant', 'tool', 'assistant']);
  assert.equal(model.requests[1]?.messages.length, 3);
  assert.equal(new Set(model.requests.map((request) => request.sessionId)).size, 1);
  assert.equal(new Set(model.requests.map((request) => request.turnId)).size, 2);
});

test('refuses a second run while one goes on, and runs again after it was left', async () => {
  const model = scriptedModel([[start, 'hang'], [start, ...text('ok'), finish('end')]]);
  const agent = createAgent({ stream: model.stream, origin, system, tools: [], workingDirectory: '.', outputDirectory: '/nonexistent' });
  for await (const event of agent.run('first')) {
    if (event.type !== 'model') continue;
    await assert.rejects(agent.run('second').next(), (error) => isAgentError(error) && error.code === 'AGENT_BUSY');
    break;
  }
  for await (const event of agent.run('third')) if (event.type === 'run-end') assert.equal(event.result.outcome, 'success');
});

test('without rules, nothing but reading in the working directory is allowed', async () => {
  const model = scriptedModel([[start, call('a', 'shell'), finish('tool-use')], [start, ...text('ok'), finish('end')]]);
  const shell = tool('shell', () => assert.fail('it ran'), { accesses: () => ({ kind: 'accesses', list: [{ action: 'shell', command: 'ls', cwd: '/' }], title: 'ls' }) });
  const agent = createAgent({ stream: model.stream, origin, system, tools: [shell], workingDirectory: '.', outputDirectory: '/nonexistent' });
  for await (const event of agent.run('x')) if (event.type === 'run-end') assert.equal(event.result.permissionDenials.length, 1);
});

test('the system prompt is short and holds what it was given', () => {
  const prompt = createSystemPrompt({ workingDirectory: '/w', platform: 'linux x64', date: '2026-01-31', isGitRepository: true, interactive: false, projectInstructions: 'use tabs', append: 'be kind' });
  assert.ok(Buffer.byteLength(prompt) < 3_000);
  for (const part of ['/w', 'linux x64', '2026-01-31', 'use tabs', 'be kind', 'Nobody is there']) assert.ok(prompt.includes(part), part);
});
