import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AgentEvent } from '../../src/events.ts';
import { type HookEvent, type HookOrder, hookCommand, orderHooks } from '../../src/hooks/hook-files.ts';
import { type HookExit, readHookOutcome } from '../../src/hooks/hook-outcome.ts';
import { hookedRun, hookedTool } from '../../src/hooks/hooked.ts';
import { createHooks } from '../../src/hooks/hooks.ts';
import { agentLimits } from '../../src/limits.ts';
import { runAgent } from '../../src/loop.ts';
import { collect, options, outline, says, tool } from '../run-fixture.ts';
import { call, finish, start, text } from '../scripted-model.ts';

const exit = (more: Partial<HookExit> = {}): HookExit => ({ code: 0, signal: null, timedOut: false, stdout: '', stderr: '', ...more });

test('sync-* come first, by name; what is switched off does not come', () => {
  assert.deepEqual(orderHooks(['b', 'sync-2', '_off', '.off', 'a', 'sync-1', 'x~']), { inTurn: ['sync-1', 'sync-2'], together: ['a', 'b'] });
});

test('an interpreter by extension, else the file itself', () => {
  assert.deepEqual(['/h/a.sh', '/h/a.PY', '/h/a.mjs', '/h/a', '/h/a.b/c'].map(hookCommand), [['sh', '/h/a.sh'], ['python3', '/h/a.PY'], ['node', '/h/a.mjs'], ['/h/a'], ['/h/a.b/c']]);
});

const OUTCOMES: readonly (readonly [rule: string, exit: HookExit, deniable: boolean, outcome: object])[] = [
  ['0 is fine', exit({ stdout: 'whatever' }), true, { kind: 'ok' }],
  ['2 says no, with its last words', exit({ code: 2, stderr: 'not\n on  fridays\u001b' }), true, { kind: 'deny', reason: 'not on fridays' }],
  ['2 without a word', exit({ code: 2 }), true, { kind: 'deny', reason: 'it gave no reason' }],
  ['2 where there is nothing to deny is a failure', exit({ code: 2, stderr: 'x' }), false, { kind: 'failed', reason: 'it ended with exit code 2: x' }],
  ['JSON says no', exit({ stdout: '{"decision":"deny","reason":"because"}\n' }), true, { kind: 'deny', reason: 'because' }],
  ['the peers\' word for it', exit({ stdout: '{"decision":"block"}' }), true, { kind: 'deny', reason: 'it gave no reason' }],
  ['JSON that says something else', exit({ stdout: '{"decision":"allow"}' }), true, { kind: 'ok' }],
  ['another code is a failure', exit({ code: 1 }), true, { kind: 'failed', reason: 'it ended with exit code 1' }],
  ['a signal too', exit({ code: null, signal: 'SIGSEGV' }), true, { kind: 'failed', reason: 'it ended with SIGSEGV' }],
  ['a deadline too, whatever it printed', exit({ code: null, signal: 'SIGKILL', timedOut: true, stdout: '{"decision":"deny"}' }), true, { kind: 'failed', reason: 'it took too long and was killed' }],
  ['what could not be started too', exit({ fault: 'EACCES' }), true, { kind: 'failed', reason: 'EACCES' }],
];
for (const [rule, end, deniable, outcome] of OUTCOMES) test(`an end: ${rule}`, () => assert.deepEqual(readHookOutcome(end, deniable), outcome));

function fixture(hooks: { readonly [Event in HookEvent]?: HookOrder }, ends: Readonly<Record<string, HookExit>> = {}) {
  const runs: { path: string; event: string; input: unknown }[] = [];
  const failures: string[] = [];
  const made = createHooks({
    find: (event) => hooks[event] ?? { inTurn: [], together: [] },
    async run(path, event, input) {
      runs.push({ path, event, input: JSON.parse(input) });
      await Promise.resolve();
      return ends[path] ?? exit();
    },
    onFailure: (line) => failures.push(line),
    facts: { session_id: 's' },
    time: () => 'T',
  });
  return { hooks: made, runs, failures, names: () => runs.map(({ path, event }) => `${event}:${path}`) };
}

test('each is told the event, the session, the time and the details', async () => {
  const { hooks, runs } = fixture({ session_start: { inTurn: ['a'], together: [] } });
  assert.equal(await hooks.fire('session_start', { more: 1 }), undefined);
  assert.deepEqual(runs, [{ path: 'a', event: 'session_start', input: { event: 'session_start', time: 'T', session_id: 's', more: 1 } }]);
  assert.equal(await hooks.fire('session_end'), undefined);
});

test('a failure in turn ends the hooks of the event, is reported, fires hook_failed, and stops nothing', async () => {
  const { hooks, failures, names } = fixture(
    { tool_use: { inTurn: ['sync-1', 'sync-2'], together: ['later'] }, hook_failed: { inTurn: ['sync-alarm'], together: [] } },
    { 'sync-1': exit({ code: 1, stderr: 'oh' }), 'sync-alarm': exit({ code: 1 }) },
  );
  assert.equal(await hooks.fire('tool_use'), undefined);
  await hooks.settled();
  assert.deepEqual(names(), ['tool_use:sync-1', 'hook_failed:sync-alarm']);
  assert.deepEqual(failures, ['the hook sync-1 failed: it ended with exit code 1: oh', 'the hook sync-alarm failed: it ended with exit code 1']);
});

test('a no ends it: what comes after is not run; one beside the others cannot say it', async () => {
  const { hooks, names } = fixture({ tool_use: { inTurn: ['no', 'never'], together: ['never'] }, mcp_call: { inTurn: [], together: ['no'] } }, { no: exit({ code: 2, stderr: 'not that' }) });
  assert.equal(await hooks.fire('tool_use'), 'not that');
  assert.equal(await hooks.fire('mcp_call'), undefined);
  await hooks.settled();
  assert.deepEqual(names(), ['tool_use:no', 'mcp_call:no']);
});

test('what is too large for a hook to see, a hook in turn has not let pass', async () => {
  const { hooks, runs, failures } = fixture({ tool_use: { inTurn: ['judge'], together: [] }, compact: { inTurn: ['x'], together: [] } });
  const huge = { input: 'x'.repeat(agentLimits.hookInputBytesMax) };
  assert.match((await hooks.fire('tool_use', huge)) ?? '', /too large for the hooks/);
  assert.equal(await hooks.fire('compact', huge), undefined);
  assert.equal(runs.length, 0);
  assert.equal(failures.length, 2);
});

test('only so many run beside each other', async () => {
  const together = Array.from({ length: agentLimits.hooksRunningMax + 2 }, (_, index) => `h${index}`);
  const { hooks, runs, failures } = fixture({ compact: { inTurn: [], together } });
  await hooks.fire('compact');
  await hooks.settled();
  assert.equal(runs.length, agentLimits.hooksRunningMax);
  assert.equal(failures.length, 2);
});

test('a denied call is a result that the model reads; the run goes on, and its events come whole', async () => {
  const { hooks, names } = fixture(
    { tool_use: { inTurn: ['judge'], together: [] }, mcp_call: { inTurn: ['log'], together: [] }, agent_run_start: { inTurn: ['log'], together: [] }, api_response: { inTurn: ['log'], together: [] }, agent_complete: { inTurn: ['log'], together: [] } },
    { judge: exit({ stdout: '{"decision":"deny","reason":"no echo"}' }) },
  );
  const run = () => options([[start, call('a', 'mcp__x__echo'), finish('tool-use')], [start, ...text('ok'), finish('end')]]);
  const denied = { ...run(), tools: [hookedTool(tool('mcp__x__echo', () => assert.fail('it ran')), hooks)] };
  const events: AgentEvent[] = [];
  for await (const event of hookedRun(runAgent(denied), hooks)) events.push(event);
  assert.deepEqual(outline(events), outline((await collect({ ...run(), tools: [tool('mcp__x__echo', () => ({ ...says(''), isError: true }))] })).events));
  assert.match(JSON.stringify(events.find(({ type }) => type === 'tool-end')), /Denied by a hook of the user: no echo\. Nothing was run/);
  assert.deepEqual(names(), ['agent_run_start:log', 'tool_use:judge', 'api_response:log', 'api_response:log', 'agent_complete:log']);
});

test('a call that no hook minds runs, and an MCP call is told twice', async () => {
  const { hooks, names } = fixture({ tool_use: { inTurn: ['a'], together: [] }, mcp_call: { inTurn: ['b'], together: [] } });
  const run = options([[start, call('1', 'mcp__x__echo'), call('2', 'read'), finish('tool-use')], [start, ...text('ok'), finish('end')]], { tools: [hookedTool(tool('mcp__x__echo', () => says('1')), hooks), hookedTool(tool('read', () => says('2')), hooks)] });
  assert.equal((await collect(run)).result.outcome, 'success');
  assert.deepEqual(names(), ['tool_use:a', 'mcp_call:b', 'tool_use:a']);
});
