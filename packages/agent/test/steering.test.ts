import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { isProviderError, ProviderError, type UserMessage } from '@sx/llm';

import { createAgent } from '../src/agent.ts';
import { isAgentError } from '../src/agent-error.ts';
import { createPermissions } from '../src/permissions/permissions.ts';
import { createProtectedPaths } from '../src/permissions/protected-paths.ts';
import { allowAll, collect, findUnpaired, options, outline, prompt, says, tool } from './run-fixture.ts';
import { call, finish, scriptedModel, start, text } from './scripted-model.ts';

const said = (words: string): UserMessage => ({ role: 'user', content: [{ type: 'text', text: words }] });

/** Hands each message over once, from the given request on. */
function steering(...messages: UserMessage[]): () => UserMessage[] {
  return () => messages.splice(0, 1);
}

test('what the user says meanwhile goes in behind the results of the tools', async () => {
  const run = options([[start, call('a', 'echo'), finish('tool-use')], [start, ...text('ok'), finish('end')]], { tools: [tool('echo', () => says('done'))], takeSteering: steering(said('not there')) });
  const { events, result } = await collect(run);
  assert.equal(result.outcome, 'success');
  assert.deepEqual(run.requests[1]?.messages.map(({ role }) => role), ['user', 'assistant', 'tool', 'user']);
  assert.deepEqual(run.requests[1]?.messages.at(-1), said('not there'));
  assert.deepEqual(findUnpaired(result.messages), []);
  const kinds = outline(events);
  assert.ok(kinds.indexOf('tool-results') < kinds.indexOf('user-message') && kinds.indexOf('user-message') < kinds.indexOf('turn-end'));
});

test('sticky routing ends where the user says something: the turn of the requests is another one from there on', async () => {
  const responses = ['a', 'b', 'c'].map((id) => [start, call(id, 'echo'), finish('tool-use')] as const);
  const said1 = said('not there');
  let round = 0;
  const run = options([...responses, [start, ...text('ok'), finish('end')]], {
    tools: [tool('echo', () => says('done'))], takeSteering: () => (++round === 2 ? [said1] : []),
  });
  await collect(run);
  const [first, second, third, fourth] = run.requests.map(({ turnId }) => turnId);
  assert.deepEqual([first, second], [run.turnId, run.turnId]);
  assert.notEqual(third, run.turnId);
  assert.equal(fourth, third);
  assert.equal(new Set(run.requests.map(({ sessionId }) => sessionId)).size, 1);
});

test('what was said while the last answer came makes another turn, and ends no run unheard', async () => {
  const run = options([[start, ...text('done'), finish('end')], [start, ...text('more'), finish('end')]], { takeSteering: steering(said('and more')) });
  const { result } = await collect(run);
  assert.equal(result.text, 'more');
  assert.deepEqual(run.requests[1]?.messages.map(({ role }) => role), ['user', 'assistant', 'user']);
});

test('an interrupted run takes nothing: it stays with whoever holds it', async () => {
  const abort = new AbortController();
  const waiting = [said('later')];
  const run = options([[start, call('a', 'echo'), finish('tool-use')]], {
    tools: [tool('echo', () => (abort.abort(), says('done')))], signal: abort.signal, takeSteering: () => waiting.splice(0),
  });
  const { result } = await collect(run);
  assert.equal(result.outcome, 'interrupted');
  assert.equal(waiting.length, 1);
});

test('another model answers from the next run on', async () => {
  const { origin, system } = options([]);
  const [first, second] = [scriptedModel([[start, ...text('one'), finish('end')]]), scriptedModel([[start, ...text('two'), finish('end')]])];
  const agent = createAgent({ stream: first.stream, origin, system, tools: [], workingDirectory: '.', outputDirectory: '/nonexistent' });
  const ask = async (): Promise<string | undefined> => {
    let answer: string | undefined;
    for await (const event of agent.run('x')) if (event.type === 'run-end') answer = event.result.text;
    return answer;
  };
  assert.equal(await ask(), 'one');
  agent.use({ stream: second.stream, origin: { ...origin, model: 'other' }, settings: { effort: 'high' } });
  assert.equal(await ask(), 'two');
  assert.deepEqual([second.requests[0]?.model, second.requests[0]?.effort, second.requests[0]?.messages.length], ['other', 'high', 3]);
});

test('a conversation is compacted when it is told to, with an eye on what the user names', async () => {
  const { origin, system } = options([]);
  const model = scriptedModel([[start, ...text('one'), finish('end')], [start, ...text('summary'), finish('end')], [start, ...text('two'), finish('end')]]);
  const agent = createAgent({ stream: model.stream, origin, system, tools: [], workingDirectory: '.', outputDirectory: '/nonexistent' });
  for await (const _ of agent.compact()) assert.fail('there is nothing to replace');
  for await (const _ of agent.run('x'));
  const kinds: string[] = [];
  for await (const event of agent.compact({ focus: 'the parser' })) {
    kinds.push(event.type);
    if (event.type === 'compaction-start') await assert.rejects(agent.run('y').next(), (error) => isAgentError(error) && error.code === 'AGENT_BUSY');
  }
  assert.deepEqual(kinds, ['compaction-start', 'compaction']);
  assert.match(JSON.stringify(model.requests[1]?.messages), /the parser/);
  assert.equal(agent.messages.length, 1);
  for await (const _ of agent.run('z'));
  assert.match(JSON.stringify(model.requests[2]?.messages[0]), /summary/);
});

test('a compaction that is aborted replaces nothing', async () => {
  const { origin, system } = options([]);
  const model = scriptedModel([[start, ...text('one'), finish('end')], ['hang']]);
  const agent = createAgent({ stream: model.stream, origin, system, tools: [], workingDirectory: '.', outputDirectory: '/nonexistent' });
  for await (const _ of agent.run('x'));
  const abort = new AbortController();
  await assert.rejects(async () => {
    for await (const event of agent.compact({ signal: abort.signal })) if (event.type === 'compaction-start') abort.abort();
  });
  assert.deepEqual(agent.messages.map(({ role }) => role), ['user', 'assistant']);
});

for (const [why, answer, code] of [
  ['the model fails for good', [new ProviderError('PROVIDER_NOT_FOUND', 'no such model', { provider: 'scripted' })], 'PROVIDER_NOT_FOUND'],
  ['the model writes nothing', [start, finish('end')], 'PROVIDER_MODEL_OUTPUT'],
] as const) {
  test(`a compaction that was asked for replaces nothing where ${why}, and the agent goes on`, async () => {
    const { origin, system } = options([]);
    const model = scriptedModel([[start, ...text('one'), finish('end')], answer, [start, ...text('two'), finish('end')]]);
    const agent = createAgent({ stream: model.stream, origin, system, tools: [], workingDirectory: '.', outputDirectory: '/nonexistent' });
    for await (const _ of agent.run('x'));
    const before = [...agent.messages];
    const kinds: string[] = [];
    await assert.rejects(async () => {
      for await (const event of agent.compact()) kinds.push(event.type);
    }, (error) => isProviderError(error) && error.code === code);
    assert.deepEqual(kinds, ['compaction-start']);
    assert.deepEqual(agent.messages, before);
    for await (const _ of agent.run('y'));
    assert.equal(model.requests[2]?.messages.length, 3);
  });
}

test('files that calls of the last run edited are given back', async (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-undo-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const file = join(root, 'a');
  writeFileSync(file, 'before');
  const writer = tool('write', () => (writeFileSync(file, 'after'), says('ok')), { accesses: () => ({ kind: 'accesses', list: [{ action: 'edit', path: file }], title: 'write a' }) });
  const { origin, system } = options([]);
  const model = scriptedModel([[start, call('a', 'write'), finish('tool-use')], [start, ...text('ok'), finish('end')]]);
  const agent = createAgent({ stream: model.stream, origin, system, tools: [writer], permissions: allowAll, workingDirectory: root, outputDirectory: '/nonexistent' });
  for await (const event of agent.run('x')) if (event.type === 'turn-start') assert.throws(() => agent.undo(), (error) => isAgentError(error) && error.code === 'AGENT_BUSY');
  assert.equal(readFileSync(file, 'utf8'), 'after');
  assert.deepEqual(agent.undo()?.restored, [file]);
  assert.equal(readFileSync(file, 'utf8'), 'before');
});

test('the person who is asked sees what the call would change', async () => {
  const asked: unknown[] = [];
  const { result } = await collect(options([[start, call('a', 'edit'), finish('tool-use')], [start, ...text('ok'), finish('end')]], {
    tools: [tool('edit', () => says('ok'), { preview: async () => '--- a\n+++ b' })],
    permissions: { ...allowAll, decide: () => ({ behavior: 'ask', reason: 'why' }) },
    ask: async ({ preview }) => {
      asked.push(preview);
      return { behavior: 'allow' };
    },
    messages: [prompt],
  }));
  assert.equal(result.outcome, 'success');
  assert.deepEqual(asked, ['--- a\n+++ b']);
});

test('another mode counts from the next decision on', () => {
  const workingDirectory = realpathSync('.');
  const permissions = createPermissions({ mode: 'default', rules: [], workingDirectory, protectedPaths: createProtectedPaths({ workingDirectory }) });
  const decide = (): string => permissions.decide('edit', [{ action: 'edit', path: join(workingDirectory, 'x') }]).behavior;
  assert.equal(decide(), 'ask');
  permissions.setMode('accept-edits');
  assert.deepEqual([decide(), permissions.mode], ['allow', 'accept-edits']);
  permissions.setMode('plan');
  assert.equal(decide(), 'deny');
});
