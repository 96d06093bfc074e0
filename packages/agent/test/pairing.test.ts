/** Whatever a model sends, in any order, with any of its calls failing: every call has one result, and the run ends once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type FinishReason, ProviderError, type StreamEvent } from '@sx/llm';

import { createPermissions } from '../src/permissions/permissions.ts';
import { createProtectedPaths } from '../src/permissions/protected-paths.ts';
import { runAgent } from '../src/loop.ts';
import type { AgentEvent } from '../src/events.ts';
import { findUnpaired, options, says, tool } from './run-fixture.ts';
import { type ScriptedResponse, call, finish, start, text } from './scripted-model.ts';

const REASONS: readonly FinishReason[] = ['end', 'tool-use', 'tool-use', 'tool-use', 'length', 'stop-sequence', 'pause', 'refusal', 'blocked', 'context-overflow', 'error', 'aborted'];

for (let seed = 1; seed <= 300; seed++) {
  test(`calls and results stay paired, seed ${seed}`, async () => {
    let state = seed * 7_919;
    const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] ?? assert.fail();
    const controller = new AbortController();

    const tools = [
      tool('fine', () => says('ok'), { parallel: true, accesses: () => ({ kind: 'accesses', list: [], title: 'fine' }) }),
      tool('throws', () => { throw new Error('no'); }, { accesses: () => ({ kind: 'accesses', list: [], title: 'throws' }) }),
      tool('confused', () => says('ok'), { accesses: () => { throw new Error('no'); } }),
      tool('denied', () => says('never')),
      tool('empty', () => ({ isError: false, content: [] }), { parallel: true, accesses: () => ({ kind: 'accesses', list: [], title: '' }) }),
      tool('stops', () => { controller.abort(); throw controller.signal.reason; }, { accesses: () => ({ kind: 'accesses', list: [], title: '' }) }),
    ];
    const names = ['fine', 'fine', 'throws', 'confused', 'denied', 'empty', 'unknown', '', 'stops'];
    const event = (): StreamEvent[] => {
      switch (random(5)) {
        case 0: return text('words', `t${random(3)}`);
        case 1: return [{ type: 'tool-input-start', id: 'c1', name: 'fine' }, { type: 'tool-input-delta', id: 'c1', text: '{' }];
        case 2: return [{ type: 'usage', usage: { inputTokens: 1, cacheReadTokens: undefined, cacheWriteTokens: undefined, outputTokens: 1, reasoningTokens: undefined } }];
        default: return [call(`c${random(6)}`, pick(names), pick(['{}', '{"a":1}', '', '[', 'null', '[]', '"x"']))];
      }
    };
    const response = (): ScriptedResponse => {
      const events = [...(random(10) === 0 ? [] : [start]), ...Array.from({ length: random(6) }, event).flat()];
      switch (random(8)) {
        case 0: return [...events, new ProviderError('PROVIDER_TRUNCATED_STREAM', 'cut', { retryable: random(2) === 0 })];
        case 1: return events;
        default: return [...events, finish(pick(REASONS), { continueTurn: random(8) === 0 })];
      }
    };
    const run = options(Array.from({ length: 40 }, response), {
      tools,
      signal: controller.signal,
      permissions: createPermissions({ mode: 'default', rules: [], workingDirectory: '/work/project', protectedPaths: createProtectedPaths({ workingDirectory: '/work/project' }) }),
      limits: { maxTurns: 1 + random(20) },
    });
    const events: AgentEvent[] = [];
    const abortAt = random(3) === 0 ? random(60) : -1;
    for await (const each of runAgent(run)) {
      events.push(each);
      if (events.length === abortAt) controller.abort();
    }
    const last = events.at(-1);
    assert.ok(last?.type === 'run-end');
    assert.equal(events.filter((each) => each.type === 'run-end').length, 1);
    assert.deepEqual(findUnpaired(last.result.messages), []);
    for (const request of run.requests) assert.deepEqual(findUnpaired(request.messages), []);
    const started = events.filter((each) => each.type === 'tool-start').length;
    assert.equal(events.filter((each) => each.type === 'tool-end').length, started);
  });
}
