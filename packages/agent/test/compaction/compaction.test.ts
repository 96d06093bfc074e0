import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Message, noUsage, ProviderError, type ToolCallPart } from '@sx/llm';

import { createAgent } from '../../src/agent.ts';
import { conversationFacts, middleCut } from '../../src/compaction/conversation-facts.ts';
import { transcriptSlices } from '../../src/compaction/transcript-slices.ts';
import { agentLimits } from '../../src/limits.ts';
import { contextTokens } from '../../src/compaction/context-size.ts';
import { collect, findUnpaired, options, outline, prompt, says, tool } from '../run-fixture.ts';
import { call, finish, type ScriptedResponse, scriptedModel, start, text } from '../scripted-model.ts';

const overflow = new ProviderError('PROVIDER_CONTEXT_OVERFLOW', 'prompt is too long', { provider: 'scripted' });
const done: ScriptedResponse = [start, ...text('done'), finish('end')];
const summary: ScriptedResponse = [start, ...text('the gist'), finish('end')];
const echo = tool('echo', (input) => says(JSON.stringify(input)));
const userSays = (words: string): Message => ({ role: 'user', content: [{ type: 'text', text: words }] });
const answers = (words: string, inputTokens = 10): Message => ({
  role: 'assistant', content: [{ type: 'text', text: words }], origin: { provider: 'scripted', protocol: 'none', model: 'm' }, finishReason: 'end', usage: { ...noUsage, inputTokens, outputTokens: 5 },
});
const firstText = (message: Message | undefined): string => (message?.role === 'user' && message.content[0]?.type === 'text' ? message.content[0].text : '');
const long: Message[] = [userSays('fix the parser'), answers('I did'), userSays('and now the tests'), answers('they pass', 900), prompt];

test('a conversation above the threshold is replaced by one message; the prompt that nobody answered stays', async () => {
  const run = options([summary, done], { messages: long, compaction: { thresholdTokens: 900 } });
  const { events, result } = await collect(run);
  assert.deepEqual(outline(events).slice(0, 4), ['run-start', 'compaction-start', 'compaction', 'turn-start']);
  const [asked, sent] = run.requests;
  assert.equal(asked?.messages.length, 1);
  assert.deepEqual(asked?.tools, []);
  assert.match(firstText(asked?.messages[0]), /USER: fix the parser[\s\S]*ASSISTANT: they pass/);
  assert.equal(sent?.messages.length, 2);
  const replaced = firstText(sent?.messages[0]);
  assert.match(replaced, /the gist/);
  assert.match(replaced, /<user-said>\nfix the parser\n<\/user-said>\n<user-said>\nand now the tests\n<\/user-said>/);
  assert.deepEqual(sent?.messages[1], prompt);
  assert.deepEqual(result.conversation, [...(sent?.messages ?? []), ...result.messages]);
  assert.equal(result.outcome, 'success');
  assert.equal(result.usage.inputTokens, 20, 'the summary is paid for');
});

test('of a server that counts nothing, the size is estimated from the words', async () => {
  const silent = long.map((message): Message => (message.role === 'assistant' ? { ...message, usage: noUsage } : message));
  const words = { ...userSays('x'.repeat(3_000)) };
  const large = options([summary, done], { messages: [words, ...silent.slice(1)], compaction: { thresholdTokens: 1_000 } });
  assert.ok(outline((await collect(large)).events).includes('compaction'));
  const small = options([done], { messages: silent, compaction: { thresholdTokens: 1_000 } });
  assert.ok(!outline((await collect(small)).events).includes('compaction'));
});

test('below the threshold nothing is replaced', async () => {
  const run = options([done], { messages: long, compaction: { thresholdTokens: 1_000 } });
  const { result } = await collect(run);
  assert.equal(run.requests[0]?.messages.length, long.length);
  assert.equal(result.conversation, undefined);
});

test('what does not fit is condensed once, in mid-run, with every call paired; then it is an error', async () => {
  const work: ScriptedResponse = [start, call('a', 'echo', { path: 'x.ts' }), finish('tool-use')];
  const run = options([work, [overflow], summary, done], { tools: [echo] });
  const { events, result } = await collect(run);
  assert.equal(result.outcome, 'success');
  assert.ok(outline(events).includes('compaction'));
  assert.equal(run.requests[3]?.messages.length, 1);
  assert.match(firstText(run.requests[3]?.messages[0]), /<user-said>\ngo\n<\/user-said>/);
  assert.deepEqual(findUnpaired(result.conversation ?? []), []);

  const twice = await collect(options([work, [overflow], summary, [overflow]], { tools: [echo] }));
  assert.equal(twice.result.outcome, 'error');
  assert.equal(twice.result.error instanceof ProviderError && twice.result.error.code, 'PROVIDER_CONTEXT_OVERFLOW');
  const never = await collect(options([work, [overflow]], { tools: [echo], compaction: 'never' }));
  assert.equal(never.result.outcome, 'error');
});

test('a first prompt that does not fit is an error at once: there is nothing to condense', async () => {
  const run = options([[overflow]]);
  const { result } = await collect(run);
  assert.equal(result.outcome, 'error');
  assert.equal(run.requests.length, 1);
});

test('slices that do not fit are halved; where no summary can be had, the facts stand alone and the event says why', async () => {
  const halved = options([[overflow], summary, done], { messages: long, compaction: { thresholdTokens: 900 } });
  assert.equal((await collect(halved)).result.outcome, 'success');
  assert.match(firstText(halved.requests[2]?.messages[0]), /the gist/);

  const refused = new ProviderError('PROVIDER_OVERLOADED', 'down', { provider: 'scripted' });
  const run = options([[refused], done], { messages: long, compaction: { thresholdTokens: 900 } });
  const { events } = await collect(run);
  const compaction = events.find((event) => event.type === 'compaction');
  assert.equal(compaction?.failure, refused);
  assert.match(firstText(compaction?.message), /No summary could be made[\s\S]*fix the parser/);
});

test('a threshold that is always exceeded does not go round: messages have to come between two compactions', async () => {
  const work: ScriptedResponse = [start, call('a', 'echo', { x: 1 }), finish('tool-use')];
  const run = options([summary, work, summary, work, work, summary, done], { messages: long, tools: [echo], compaction: { thresholdTokens: 1 } });
  const { events, result } = await collect(run);
  assert.equal(result.outcome, 'success');
  const kinds = outline(events).filter((kind) => kind === 'compaction' || kind === 'turn-start');
  assert.deepEqual(kinds, ['compaction', 'turn-start', 'compaction', 'turn-start', 'turn-start', 'compaction', 'turn-start']);
});

test('an agent goes on with the condensed conversation', async () => {
  const model = scriptedModel([summary, done, done]);
  const agent = createAgent({
    stream: model.stream, origin: { provider: 'scripted', protocol: 'none', model: 'm' }, tools: [], system: 's', workingDirectory: '/tmp', outputDirectory: '/tmp',
    messages: long.slice(0, -1), compaction: { thresholdTokens: 900 },
  });
  for await (const _ of agent.run('go')) assert.ok(_);
  assert.equal(agent.messages.length, 3);
  for await (const _ of agent.run('again')) assert.ok(_);
  assert.equal(model.requests[2]?.messages.length, 4);
});

test('facts: files by what their calls did, the open list, the user\'s words through several compactions', () => {
  const calls = (...parts: ToolCallPart[]): Message => ({ role: 'assistant', content: parts, origin: { provider: 'p', protocol: 'x', model: 'm' }, finishReason: 'tool-use' });
  const made = (id: string, name: string, input: Record<string, string>): ToolCallPart => ({ type: 'tool-call', id, name, input, inputText: JSON.stringify(input) });
  const results = (...ids: [string, boolean][]): Message => ({ role: 'tool', content: ids.map(([callId, isError]) => ({ type: 'tool-result', callId, name: 'x', isError, content: [] })) });
  const facts = conversationFacts([
    userSays('<compacted-conversation>\n\n<user-said>\nthe first word\n</user-said>\n</compacted-conversation>'),
    userSays('second'),
    calls(made('1', 'read', { path: 'a.ts' }), made('2', 'edit', { path: 'b.ts' }), made('3', 'write', { path: 'c.ts' }), made('4', 'todo', { items: 'all' })),
    results(['1', false], ['2', true], ['3', false], ['4', false]),
  ]);
  assert.deepEqual(facts, { userWords: ['the first word', 'second'], filesRead: ['a.ts'], filesChanged: ['c.ts'], todo: '"all"' });
  const many = conversationFacts(Array.from({ length: 40 }, (_, index) => userSays(`prompt ${index}`)));
  assert.deepEqual(many.userWords, ['prompt 0', 'prompt 35', 'prompt 36', 'prompt 37', 'prompt 38', 'prompt 39']);
  assert.equal(many.userWords.length, agentLimits.compactionPromptsMax);
});

test('no slice is longer than its limit, and nothing is lost between slices', () => {
  const messages = Array.from({ length: 200 }, (_, index) => userSays(`prompt ${index} ${'x'.repeat(index * 7)}`));
  const slices = transcriptSlices(messages, 2_000);
  assert.ok(slices.length > 10);
  for (const slice of slices) assert.ok(slice.length <= 2_000 + 60, String(slice.length));
  for (let index = 0; index < 200; index++) assert.ok(slices.some((slice) => slice.includes(`USER: prompt ${index} `)), String(index));
});

test('a cut parts no surrogate pair', () => {
  for (let size = 3; size < 12; size++) assert.doesNotThrow(() => encodeURIComponent(middleCut('🦦'.repeat(20), size)), String(size));
});

test('the size of a conversation is the last count of the vendor and an estimate for what came after', () => {
  assert.equal(contextTokens([prompt]), undefined);
  assert.equal(contextTokens([prompt, answers('x', 90)]), 95);
  assert.equal(contextTokens([prompt, answers('x', 90), userSays('y'.repeat(30))]), 105);
});
