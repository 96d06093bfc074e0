import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { type AssistantMessage, type Message, ProviderError } from '@sx/llm';
import { ownIdentity } from '@sx/net';

import { type AgentErrorCode, isAgentError } from '../../src/agent-error.ts';
import { COMPACTED_OPENING } from '../../src/compaction/compacted-opening.ts';
import { runAgent } from '../../src/loop.ts';
import { recordRun } from '../../src/session/session-recorder.ts';
import type { SessionRecord } from '../../src/session/session-record.ts';
import { createSessionStore, type OpenSession, type SessionStore } from '../../src/session/session-store.ts';
import { INTERRUPTED_CALL } from '../../src/session/stored-session.ts';
import { compileJsonSchema } from '../../src/structured-output/json-schema.ts';
import { findUnpaired, options, prompt, says, tool } from '../run-fixture.ts';
import { call, finish, type ScriptedResponse, start, text } from '../scripted-model.ts';

interface Place extends Disposable {
  readonly directory: string;
  readonly store: SessionStore;
  storeOf(projectRoot: string): SessionStore;
}

const secrets = { secretCount: 1, finds: (line: string) => line.includes('hunter2'), mask: (value: string) => value.replaceAll('hunter2', '[redacted]') };

function place(): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-session-')));
  const directory = join(root, 'state/sessions');
  const storeOf = (projectRoot: string): SessionStore => createSessionStore({ directory, projectRoot, program: 'test/0', secrets });
  return { directory, storeOf, store: storeOf('/work/project'), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

const rejects = (code: AgentErrorCode) => (error: unknown): boolean => isAgentError(error) && error.code === code;

/** Runs a script in a session; what the run added to the conversation. */
async function runIn(session: OpenSession, responses: readonly ScriptedResponse[], more: { onLost?: (error: unknown) => void } = {}): Promise<Message[]> {
  const run = runAgent(options(responses, { tools: [tool('look', () => says('seen')), tool('break', () => { throw new Error('boom'); })] }));
  const messages: Message[] = [prompt];
  const recorded = recordRun(run, { prompt: prompt.role === 'user' ? prompt.content : [], log: session.log, protocol: 'none', workingDirectory: '/work/project', system: 'system', onLost: more.onLost ?? assert.ifError });
  for await (const event of recorded) if (event.type === 'run-end') messages.push(...event.result.messages);
  return messages;
}

const TWO_CALLS: ScriptedResponse = [start, call('a', 'look'), call('b', 'break'), finish('tool-use')];
const ANSWER: ScriptedResponse = [start, ...text('done'), finish('end')];

test('a run is read back as the conversation that it was', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/work/project' });
  const messages = await runIn(session, [TWO_CALLS, ANSWER]);
  await session.close();
  const stored = here.store.read(here.store.find(session.id));
  assert.deepEqual(stored.messages, messages);
  assert.deepEqual([stored.system, stored.runs, stored.turns, stored.inputTokens, stored.outputTokens, stored.interruptedCalls], ['system', 1, 2, 20, 10, 0]);
  assert.equal(stored.origin?.model, 'm');
});

test('what the run itself says to the model is kept', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/work/project' });
  const run = runAgent(options([[start, ...text('no JSON'), finish('end')], [start, ...text('{"n":1}'), finish('end')]], {
    structuredOutput: { schema: compileJsonSchema({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }) },
  }));
  let messages: readonly Message[] = [];
  for await (const event of recordRun(run, { prompt: [{ type: 'text', text: 'go' }], log: session.log, protocol: 'none', workingDirectory: '/w', system: 's', onLost: assert.ifError })) {
    if (event.type === 'run-end') ({ messages } = event.result);
  }
  await session.close();
  assert.deepEqual(messages.map(({ role }) => role), ['assistant', 'user', 'assistant']);
  assert.deepEqual(here.store.read(here.store.find(session.id)).messages, [prompt, ...messages]);
});

test('every way for a call to get no run of its tool is read back too', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/work/project' });
  const odd: ScriptedResponse = [start, call('a', 'look'), call('a', 'look'), call('c', 'nobody'), call('d', 'look', 'no json'), finish('tool-use')];
  const messages = await runIn(session, [odd, [start, call('e', 'look'), finish('length')], ANSWER]);
  await session.close();
  const stored = here.store.read(here.store.find(session.id));
  assert.deepEqual(stored.messages, messages);
  assert.equal(readFileSync(session.path, 'utf8').match(/"tool-result","index"/g)?.length, 5, 'each result is written once');
  assert.deepEqual(findUnpaired(stored.messages), []);
});

test('files are 0600 and directories 0700', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  assert.equal(statSync(session.path).mode & 0o777, 0o600);
  assert.equal(statSync(join(session.path, '..')).mode & 0o777, 0o700);
  assert.equal(statSync(here.directory).mode & 0o777, 0o700);
  await session.close();
});

test('a file that is cut anywhere is a conversation with every call paired', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const whole = await runIn(session, [TWO_CALLS, TWO_CALLS, ANSWER]);
  await session.close();
  const { size } = statSync(session.path);
  const bytes = readFileSync(session.path);
  const headerBytes = bytes.indexOf('\n') + 1;
  let before = 0;
  for (let length = headerBytes; length <= size; length += 1) {
    writeFileSync(session.path, bytes.subarray(0, length));
    const stored = here.store.read(here.store.find(session.id));
    assert.deepEqual(findUnpaired(stored.messages), [], `cut at ${length}`);
    assert.equal(stored.faultCount, 0);
    assert.ok(stored.messages.length >= before, `cut at ${length}`);
    before = stored.messages.length;
  }
  assert.equal(before, whole.length);
});

test('a call without a result gets one that says that it was interrupted; a result that came is kept', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await runIn(session, [TWO_CALLS, ANSWER]);
  await session.close();
  const lines = readFileSync(session.path, 'utf8').split('\n');
  const first = lines.findIndex((each) => each.includes('"tool-result"'));
  truncateSync(session.path, lines.slice(0, first + 1).join('\n').length + 1);
  const { messages, interruptedCalls } = here.store.read(here.store.find(session.id));
  const last = messages.at(-1);
  assert.ok(last?.role === 'tool');
  assert.deepEqual(last.content.map(({ callId, content: [part] }) => [callId, part?.type === 'text' && part.text]), [['a', 'seen'], ['b', INTERRUPTED_CALL]]);
  assert.equal(interruptedCalls, 1);
});

test('a torn end is repaired before the session goes on', async (t) => {
  for (const [rule, tail] of [['half a record', '{"type":"mess'], ['NUL bytes', '\0\0\0'], ['a later record without its LF', '{"type":"later"}']] as const) {
    await t.test(rule, async () => {
      using here = place();
      const first = await here.store.create({ workingDirectory: '/w' });
      await runIn(first, [ANSWER]);
      await first.close();
      appendFileSync(first.path, tail);
      const { session } = await here.store.open(here.store.find(first.id));
      assert.ok(session);
      await runIn(session, [ANSWER]);
      await session.close();
      const { messages, faultCount, tornAt, unended } = here.store.read(here.store.find(first.id));
      assert.deepEqual([messages.length, faultCount, tornAt, unended], [4, 0, undefined, false]);
    });
  }
});

test('garbage in the middle is reported with its place and costs nothing else', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await runIn(session, [TWO_CALLS, ANSWER]);
  await session.close();
  const lines = readFileSync(session.path, 'utf8').split('\n');
  writeFileSync(session.path, [...lines.slice(0, 3), '\u0001\u0002 garbage', ...lines.slice(3)].join('\n'));
  const { messages, faults } = here.store.read(here.store.find(session.id));
  assert.deepEqual(faults.map(({ line, reason }) => [line, reason]), [[4, 'no JSON']]);
  assert.equal(messages.length, 4);
});

test('a result of a message that was lost is not taken for one of another', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await runIn(session, [TWO_CALLS, [start, call('x', 'look'), finish('tool-use')], ANSWER]);
  await session.close();
  const lines = readFileSync(session.path, 'utf8').split('\n');
  const second = lines.findLastIndex((each) => each.includes('"tool-call"'));
  const result = lines.findIndex((each) => each.includes('"callId":"a"'));
  writeFileSync(session.path, lines.toSpliced(second, 1, '{{{').toSpliced(result, 1).join('\n'));
  const { messages } = here.store.read(here.store.find(session.id));
  assert.deepEqual(findUnpaired(messages), []);
  assert.equal(JSON.stringify(messages).includes('"x"'), false);
});

test('a second process on one session is refused, and let in when the first has gone', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const found = here.store.find(session.id);
  await assert.rejects(here.store.open(found), rejects('AGENT_SESSION_BUSY'));
  await assert.rejects(here.store.remove(found), rejects('AGENT_SESSION_BUSY'));
  await session.close();
  const again = await here.store.open(found);
  assert.ok(again.session);
  await again.session.close();
  assert.deepEqual(readdirSync(join(session.path, '../locks')), []);
});

test('of those who come at once, at most one gets in, and then the next', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await session.close();
  const found = here.store.find(session.id);
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => here.store.open(found)));
  const inside = results.flatMap((result) => (result.status === 'fulfilled' && result.value.session !== undefined ? [result.value.session] : []));
  assert.ok(inside.length <= 1);
  for (const result of results) if (result.status === 'rejected') assert.ok(rejects('AGENT_SESSION_BUSY')(result.reason));
  await Promise.all(inside.map((each) => each.close()));
  const after = await here.store.open(found);
  assert.ok(after.session);
  await after.session.close();
});

test('the lock of a process that was killed, or of another boot, does not count', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await session.close();
  const locks = join(session.path, '../locks');
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const dead = { ...ownIdentity(), pid: child.pid, startTime: undefined };
  child.kill('SIGKILL');
  await once(child, 'exit');
  const stale = [dead, { ...ownIdentity(), bootId: 'another' }, { ...ownIdentity(), startTime: '1' }].map((identity) => JSON.stringify(identity));
  for (const [index, content] of [...stale, '', '{'].entries()) {
    writeFileSync(join(locks, `${session.id}.${index}.lock`), content);
    const { session: again } = await here.store.open(here.store.find(session.id));
    assert.ok(again, content);
    await again.close();
  }
  const elsewhere = join(locks, `${session.id}.far.lock`);
  writeFileSync(elsewhere, JSON.stringify({ ...ownIdentity(), host: 'elsewhere' }));
  await assert.rejects(here.store.open(here.store.find(session.id)), (error) => rejects('AGENT_SESSION_BUSY')(error) && isAgentError(error) && error.hint?.includes(elsewhere) === true);
});

test('ids are found by their beginning, in the project first', async () => {
  using here = place();
  const id = (last: string): string => `aaaaaaaa-0000-4000-8000-00000000000${last}`;
  for (const [store, name] of [[here.store, '1'], [here.storeOf('/elsewhere'), '2'], [here.storeOf('/elsewhere'), '3']] as const) {
    await (await store.create({ id: id(name), workingDirectory: '/w' })).close();
  }
  assert.equal(here.store.find('aaaa').id, id('1'));
  assert.equal(here.store.find(id('2').toUpperCase()).id, id('2'));
  assert.throws(() => here.storeOf('/third').find('aaaa'), rejects('AGENT_SESSION_AMBIGUOUS'));
  for (const unknown of ['aaa', '', 'bbbb', '../..', `${id('1')}0`]) assert.throws(() => here.store.find(unknown), rejects('AGENT_SESSION_NOT_FOUND'));
  await assert.rejects(here.store.create({ id: id('1'), workingDirectory: '/w' }), rejects('AGENT_SESSION_EXISTS'));
});

test('the latest session is the one that was written to last', async () => {
  using here = place();
  assert.equal(here.store.latest(), undefined);
  const sessions = [await here.store.create({ workingDirectory: '/w' }), await here.store.create({ workingDirectory: '/w' })];
  for (const [index, session] of sessions.entries()) {
    await session.close();
    utimesSync(session.path, 1_000 - index, 1_000 - index);
  }
  assert.equal(here.store.latest()?.id, sessions[0]?.id);
  assert.equal(here.storeOf('/elsewhere').latest(), undefined);
});

test('a listing names each session by its first prompt, and leaves out what is none', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await runIn(session, [ANSWER]);
  await session.close();
  writeFileSync(join(session.path, '../aaaaaaaa-0000-4000-8000-000000000001.jsonl'), 'garbage\n');
  writeFileSync(join(session.path, '../notes.jsonl'), '');
  mkdirSync(join(session.path, '../aaaaaaaa-0000-4000-8000-000000000002.jsonl'));
  assert.deepEqual(here.store.list().map(({ id, title, model }) => [id, title, model]), [[session.id, 'go', 'm']]);
  assert.equal(here.storeOf('/elsewhere').list().length, 0);
  assert.equal(here.storeOf('/elsewhere').list({ everyProject: true }).length, 1);
});

test('a fork begins with the whole conversation and leaves the old one as it was', async () => {
  using here = place();
  const first = await here.store.create({ workingDirectory: '/w' });
  await runIn(first, [TWO_CALLS, ANSWER]);
  await first.close();
  const before = readFileSync(first.path);
  const { messages } = here.store.read(here.store.find(first.id));
  const fork = await here.store.create({ workingDirectory: '/w', forkOf: { id: first.id, messages } });
  await runIn(fork, [ANSWER]);
  await fork.close();
  const stored = here.store.read(here.store.find(fork.id));
  assert.equal(stored.header.forkOf, first.id);
  assert.deepEqual(stored.messages.slice(0, messages.length), messages);
  assert.equal(stored.messages.length, messages.length + 2);
  assert.deepEqual(readFileSync(first.path), before);
});

test('before each prompt the conversation is read as it was then, compactions or not', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const first = await runIn(session, [TWO_CALLS, ANSWER]);
  await runIn(session, [ANSWER]);
  const condensed: Message = { role: 'user', content: [{ type: 'text', text: `${COMPACTED_OPENING}\nthe gist` }] };
  await session.log.append([{ type: 'compaction', message: { ...condensed, role: 'user' }, kept: 0 }]);
  await runIn(session, [ANSWER]);
  await session.close();
  const kept = here.store.find(session.id);
  const { prompts, messages } = here.store.read(kept);
  assert.deepEqual(prompts, [prompt, prompt, prompt]);
  assert.deepEqual(here.store.read(kept, 0).messages, []);
  assert.deepEqual(here.store.read(kept, 1).messages, first);
  assert.deepEqual(here.store.read(kept, 2).messages, [condensed]);
  assert.deepEqual(here.store.read(kept, 3).messages, messages);
  const copy = await here.store.create({ workingDirectory: '/w', forkOf: { id: session.id, messages } });
  await copy.close();
  assert.deepEqual(here.store.read(here.store.find(copy.id)).prompts, [prompt], 'a copied summary is no prompt');
});

test('a session is deleted', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await session.close();
  await here.store.remove(here.store.find(session.id));
  assert.throws(() => here.store.find(session.id), rejects('AGENT_SESSION_NOT_FOUND'));
});

test('no loaded secret is in the file; the vendor form of a message that holds one is not kept', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const origin = { provider: 'p', protocol: 'q', model: 'm' };
  const told = (value: string): AssistantMessage => ({ role: 'assistant', content: [{ type: 'text', text: value }], origin, finishReason: 'end', providerMetadata: { origin, raw: [{ text: value }] } });
  const records: SessionRecord[] = [
    { type: 'message', message: { role: 'user', content: [{ type: 'text', text: 'my password is hunter2' }] } },
    { type: 'message', message: told('it is hunter2') },
    { type: 'message', message: told('it is secret') },
  ];
  await session.log.append(records);
  await session.close();
  assert.equal(readFileSync(session.path, 'utf8').includes('hunter2'), false);
  const [user, first, second] = here.store.read(here.store.find(session.id)).messages;
  assert.deepEqual(user?.content, [{ type: 'text', text: 'my password is [redacted]' }]);
  assert.ok(first?.role === 'assistant' && second?.role === 'assistant');
  assert.deepEqual([first.content, first.providerMetadata], [[{ type: 'text', text: 'it is [redacted]' }], undefined]);
  assert.deepEqual(second, told('it is secret'));
});

test('a secret that is loaded after it was written is taken out again with the next record', async () => {
  using here = place();
  const late = { secretCount: 0, finds: (line: string): boolean => late.secretCount > 0 && line.includes('later'), mask: (value: string) => value.replaceAll('later', '[redacted]') };
  const store = createSessionStore({ directory: here.directory, projectRoot: '/late', program: 'test/0', secrets: late });
  const session = await store.create({ workingDirectory: '/w' });
  const say = (value: string): SessionRecord => ({ type: 'message', message: { role: 'user', content: [{ type: 'text', text: value }] } });
  await session.log.append([say('first later')]);
  await session.log.append([say('second')]);
  late.secretCount = 1;
  await session.log.append([say('third later')]);
  const texts = readFileSync(session.path, 'utf8');
  assert.equal(texts.includes('later'), false);
  assert.deepEqual([...texts.matchAll(/first|second|third/g)].map(([word]) => word), ['first', 'second', 'third']);
  await session.close();
});

test('each turn is synced to the disk before the next begins, and the last with the end', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const steps: string[] = [];
  const log = {
    append: (records: readonly SessionRecord[]) => { steps.push(...records.map(({ type }) => type)); return session.log.append(records); },
    sync: () => { steps.push('sync'); return session.log.sync(); },
  };
  await runIn({ ...session, log: { ...session.log, ...log } }, [TWO_CALLS, ANSWER]);
  await session.close();
  assert.deepEqual(steps, ['run', 'message', 'message', 'tool-result', 'tool-result', 'sync', 'message', 'run-end', 'sync']);
});

test('what cannot be written ends the recording once, and the run goes on', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const lost: unknown[] = [];
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  let writes = 0;
  const log = { ...session.log, append: (records: readonly SessionRecord[]) => (writes++ < 2 ? session.log.append(records) : Promise.reject(full)) };
  const messages = await runIn({ ...session, log }, [TWO_CALLS, ANSWER], { onLost: (error) => void lost.push(error) });
  assert.deepEqual(lost, [full]);
  assert.equal(messages.length, 4);
  await session.close();
  assert.deepEqual(findUnpaired(here.store.read(here.store.find(session.id)).messages), []);
});

test('a record that is too large is refused whole', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  const { size } = statSync(session.path);
  const data = 'x'.repeat(65 * 1024 * 1024);
  await assert.rejects(session.log.append([{ type: 'message', message: { role: 'user', content: [{ type: 'text', text: data }] } }]), rejects('AGENT_SESSION_NOT_WRITABLE'));
  assert.equal(statSync(session.path).size, size);
  await session.close();
});

test('files that are no sessions are refused with what they are', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/w' });
  await session.close();
  const found = here.store.find(session.id);
  for (const [content, says] of [['', /does not begin/], ['garbage\n', /does not begin/], ['{"type":"session","version":99,"id":"i","createdAtMs":1,"workingDirectory":"/","projectRoot":"/"}\n', /later version.*format 99/]] as const) {
    writeFileSync(found.path, content);
    await assert.rejects(here.store.open(found), (error) => rejects('AGENT_SESSION_UNREADABLE')(error) && error instanceof Error && says.test(error.message));
  }
});

test('a session whose file is read-only is read, and not held', async () => {
  using here = place();
  const first = await here.store.create({ workingDirectory: '/w' });
  await runIn(first, [ANSWER]);
  await first.close();
  // Root may write anything, but nobody makes a directory where a file is.
  rmSync(join(first.path, '../locks'), { recursive: true });
  writeFileSync(join(first.path, '../locks'), '');
  chmodSync(first.path, 0o400);
  const { stored, session, fault } = await here.store.open(here.store.find(first.id));
  assert.deepEqual([stored.messages.length, session], [2, undefined]);
  assert.ok(fault instanceof Error);
});

test('a condensed conversation is read back condensed, with what it replaced still in the file', async () => {
  using here = place();
  const session = await here.store.create({ workingDirectory: '/work/project' });
  const overflow = new ProviderError('PROVIDER_CONTEXT_OVERFLOW', 'too long', { provider: 'scripted' });
  const scripted = options([TWO_CALLS, [overflow], [start, ...text('the gist'), finish('end')], ANSWER], { tools: [tool('look', () => says('seen')), tool('break', () => says('x'))] });
  const recorded = recordRun(runAgent(scripted), { prompt: prompt.role === 'user' ? prompt.content : [], log: session.log, protocol: 'none', workingDirectory: '/work/project', system: 'system', onLost: assert.ifError });
  let conversation: readonly Message[] | undefined;
  for await (const event of recorded) if (event.type === 'run-end') conversation = event.result.conversation;
  await session.close();
  const stored = here.store.read(here.store.find(session.id));
  assert.equal(conversation?.length, 2);
  assert.deepEqual(stored.messages, conversation);
  assert.deepEqual(stored.transcript.map(({ role }) => role), ['user', 'assistant', 'tool', 'user', 'assistant']);
  assert.deepEqual(stored.transcript[0], prompt);
});
