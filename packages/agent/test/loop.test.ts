import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { ProviderError, type ToolMessage } from '@sx/llm';

import { isAgentError } from '../src/agent-error.ts';
import { agentLimits } from '../src/limits.ts';
import { runAgent } from '../src/loop.ts';
import { collect, findUnpaired, options, outline, prompt, says, tool } from './run-fixture.ts';
import { type ScriptedResponse, call, finish, start, text } from './scripted-model.ts';

const done: ScriptedResponse = [start, ...text('done'), finish('end')];
const echo = tool('echo', (input) => says(JSON.stringify(input)));

function resultTexts(message: ToolMessage | undefined): string[] {
  return message?.content.map((part) => part.content.map((each) => (each.type === 'text' ? each.text : each.mediaType)).join()) ?? [];
}

test('a whole run: text, a call, its result, the answer', async () => {
  const run = options([[start, ...text('let me see'), call('a', 'echo', { x: 1 }), finish('tool-use')], done], { tools: [echo] });
  const { events, result } = await collect(run);
  assert.deepEqual(outline(events), [
    'run-start', 'turn-start',
    'model response-start', 'model text-start', 'model text-delta', 'model text-end', 'model tool-call', 'model finish', 'message',
    'tool-start a echo it', 'tool-end a ok', 'tool-results', 'turn-end',
    'turn-start', 'model response-start', 'model text-start', 'model text-delta', 'model text-end', 'model finish', 'message', 'turn-end',
    'run-end success',
  ]);
  assert.equal(result.text, 'done');
  assert.equal(result.turns, 2);
  assert.deepEqual([result.usage.inputTokens, result.usage.outputTokens], [20, 10]);
  assert.deepEqual(run.requests[1]?.messages, [prompt, ...result.messages.slice(0, 2)]);
  assert.deepEqual(result.messages.map((message) => message.role), ['assistant', 'tool', 'assistant']);
  assert.deepEqual(run.requests.map(({ model, system, sessionId, turnId }) => [model, system, sessionId, turnId]), [
    ['m', 'system', 'session', 'turn'],
    ['m', 'system', 'session', 'turn'],
  ]);
});

test('parallel tools run together, and their results keep the order of the calls', async () => {
  const order: string[] = [];
  const finishers = new Map<string, () => void>();
  const wait = tool(
    'wait',
    async (_, { callId }) => {
      order.push(`start ${callId}`);
      if (callId === 'a') await new Promise<void>((resolve) => finishers.set('a', resolve));
      else finishers.get('a')?.();
      order.push(`end ${callId}`);
      return says(callId);
    },
    { parallel: true },
  );
  const { result } = await collect(options([[start, call('a', 'wait'), call('b', 'wait'), finish('tool-use')], done], { tools: [wait] }));
  assert.deepEqual(order, ['start a', 'start b', 'end b', 'end a']);
  const results = result.messages[1];
  assert.deepEqual(results?.role === 'tool' ? resultTexts(results) : [], ['a', 'b']);
});

test('one tool that is not parallel makes all calls of the message run in order', async () => {
  const order: string[] = [];
  const note = (name: string, parallel: boolean) =>
    tool(name, async (_, { callId }) => { order.push(`start ${callId}`); await null; order.push(`end ${callId}`); return says(callId); }, { parallel });
  await collect(options([[start, call('a', 'p'), call('b', 's'), call('c', 'p'), finish('tool-use')], done], { tools: [note('p', true), note('s', false)] }));
  assert.deepEqual(order, ['start a', 'end a', 'start b', 'end b', 'start c', 'end c']);
});

const refusedCalls: readonly (readonly [string, ReturnType<typeof call>, RegExp])[] = [
  ['an unknown tool', call('x', 'nope'), /There is no tool "nope". Tools: echo, broken, odd\./],
  ['arguments that are no JSON', call('x', 'echo', '{"a":'), /not a JSON object: .*Nothing was run/],
  ['empty arguments', call('x', 'echo', ''), /they are empty/],
  ['an array as arguments', call('x', 'echo', '[1]'), /they are an array/],
  ['null as arguments', call('x', 'echo', 'null'), /they are null/],
  ['a string as arguments', call('x', 'echo', '"rm"'), /they are a string/],
  ['free text for a tool that takes JSON', { type: 'tool-call', call: { type: 'tool-call', id: 'x', name: 'echo', input: undefined, inputText: 'hi', freeform: true } }, /takes JSON arguments/],
  ['an input that the tool finds invalid', call('x', 'odd'), /path must be a string\. Nothing was run/],
  ['a tool that throws, without its stack and secrets', call('x', 'broken'), /^The tool broken failed: boom \[redacted\]$/],
  ['a prototype name', call('x', '__proto__'), /There is no tool/],
];

for (const [name, event, expected] of refusedCalls) {
  test(`${name} gives a result that the model reads, and the run goes on`, async () => {
    const broken = tool('broken', () => { throw new Error('boom hunter2'); });
    const odd = tool('odd', () => says('ran'), { accesses: () => ({ kind: 'invalid', message: 'path must be a string.' }) });
    const { result } = await collect(options([[start, event, finish('tool-use')], done], { tools: [echo, broken, odd] }));
    const results = result.messages[1];
    assert.ok(results?.role === 'tool');
    assert.match(resultTexts(results)[0] ?? '', expected);
    assert.equal(results.content[0]?.isError, true);
    assert.equal(result.outcome, 'success');
  });
}

test('a repeated call id runs once', async () => {
  let runs = 0;
  const count = tool('count', () => { runs++; return says('ran'); });
  const { result } = await collect(options([[start, call('a', 'count'), call('a', 'count'), finish('tool-use')], done], { tools: [count] }));
  assert.equal(runs, 1);
  assert.deepEqual(findUnpaired(result.messages), []);
});

test('a result is redacted, never empty, and never endless', async () => {
  const outputs = [says('pw hunter2'), { isError: false, content: [] }, says('x'.repeat(agentLimits.resultCharsMax + 5))];
  const next = tool('next', () => outputs.shift() ?? says(''));
  const { result } = await collect(options([[start, call('a', 'next'), call('b', 'next'), call('c', 'next'), finish('tool-use')], done], { tools: [next] }));
  const results = result.messages[1];
  assert.ok(results?.role === 'tool');
  const [a, b, c] = resultTexts(results);
  assert.equal(a, 'pw [redacted]');
  assert.equal(b, '(no output)');
  assert.match(c?.slice(-40) ?? '', /\[cut: 5 more characters\]$/);
});

test('a denied call is an event, a result with the reason, and a line of the report', async () => {
  const { events, result } = await collect(
    options([[start, call('a', 'echo', { x: 1 }), finish('tool-use')], done], {
      tools: [echo],
      permissions: { mode: 'default', setMode: () => undefined, decide: () => ({ behavior: 'ask', reason: 'it needs approval', suggestedRule: 'echo' }), mayRead: () => true, add: () => undefined },
    }),
  );
  assert.deepEqual(outline(events).filter((line) => line.startsWith('tool')), ['tool-start a echo it', 'tool-denied a', 'tool-end a error', 'tool-results']);
  assert.deepEqual(result.permissionDenials, [{ toolName: 'echo', callId: 'a', input: { x: 1 } }]);
  const results = result.messages[1];
  assert.match(results?.role === 'tool' ? (resultTexts(results)[0] ?? '') : '', /^Permission denied: it needs approval, and nobody is there to give it\. The user can allow it with --allow 'echo'\./);
});

test('a person is asked one question at a time, and the answer counts', async () => {
  let open = 0;
  const asked: string[] = [];
  const parallel = tool('parallel', (_, { callId }) => says(callId), { parallel: true });
  const { result } = await collect(
    options([[start, call('a', 'parallel'), call('b', 'parallel'), call('c', 'parallel'), finish('tool-use')], done], {
      tools: [parallel],
      permissions: { mode: 'default', setMode: () => undefined, decide: () => ({ behavior: 'ask', reason: 'why' }), mayRead: () => true, add: () => undefined },
      ask: async ({ call: { id } }) => {
        assert.equal(++open, 1);
        await null;
        asked.push(id);
        open--;
        if (id === 'c') throw new Error('the screen is gone');
        return id === 'a' ? { behavior: 'allow' } : { behavior: 'deny', reason: 'not now' };
      },
    }),
  );
  assert.deepEqual(asked, ['a', 'b', 'c']);
  const results = result.messages[1];
  assert.deepEqual(results?.role === 'tool' ? resultTexts(results) : [], ['a', 'Permission denied: not now', 'Permission denied: nobody could be asked.']);
});

const endings: readonly (readonly [string, ScriptedResponse, string, string?])[] = [
  ['end', [start, ...text('a'), finish('end')], 'success'],
  ['stop-sequence', [start, ...text('a'), finish('stop-sequence')], 'success'],
  ['tool-use without a call', [start, ...text('a'), finish('tool-use')], 'success'],
  ['length', [start, ...text('a'), finish('length')], 'max-tokens'],
  ['refusal', [start, ...text('a'), finish('refusal')], 'error', 'PROVIDER_CONTENT_POLICY'],
  ['blocked, with a call', [start, call('a', 'echo'), finish('blocked')], 'error', 'PROVIDER_CONTENT_POLICY'],
  ['context-overflow', [start, finish('context-overflow')], 'error', 'PROVIDER_CONTEXT_OVERFLOW'],
  ['error', [start, finish('error')], 'error', 'PROVIDER_MALFORMED_RESPONSE'],
  ['no finish before the first event', [], 'error', 'PROVIDER_TRUNCATED_STREAM'],
];

for (const [name, response, outcome, code] of endings) {
  test(`the run ends with ${outcome} on finish: ${name}`, async () => {
    const { result } = await collect(options([response], { tools: [echo] }));
    assert.equal(result.outcome, outcome);
    assert.equal(result.error instanceof ProviderError ? result.error.code : undefined, code);
    assert.deepEqual(findUnpaired(result.messages), []);
  });
}

test('calls of a cut response do not run; the model is told, three times at most', async () => {
  let runs = 0;
  const count = tool('count', () => { runs++; return says('ran'); });
  const cut: ScriptedResponse = [start, call('a', 'count'), finish('length')];
  const { result } = await collect(options([cut, cut, cut], { tools: [count] }));
  assert.equal(runs, 0);
  assert.equal(result.outcome, 'max-tokens');
  assert.equal(result.turns, agentLimits.cutCallsMax);
  assert.deepEqual(findUnpaired(result.messages), []);
});

test('a paused turn and `continueTurn` are sent again without a tool', async () => {
  const run = options([[start, ...text('a'), finish('pause')], [start, ...text('b'), finish('end', { continueTurn: true })], done]);
  const { result } = await collect(run);
  assert.equal(result.outcome, 'success');
  assert.equal(run.requests[2]?.messages.length, 3);
});

test('a model that only ever continues is stopped', async () => {
  const forever = Array.from({ length: agentLimits.continuationsMax + 1 }, (): ScriptedResponse => [start, finish('pause')]);
  const { result } = await collect(options(forever));
  assert.equal(result.outcome, 'error');
  assert.ok(isAgentError(result.error) && result.error.code === 'AGENT_NO_PROGRESS');
});

const broken = new ProviderError('PROVIDER_TRUNCATED_STREAM', 'cut', { retryable: true });

test('a response that broke off is asked for again, and nothing of it stays', async () => {
  const run = options([[start, ...text('ha'), broken], done]);
  const { events, result } = await collect(run);
  assert.deepEqual(outline(events).filter((line) => !line.startsWith('model')), ['run-start', 'turn-start', 'turn-restart 1 1000', 'message', 'turn-end', 'run-end success']);
  assert.deepEqual(run.requests[1]?.messages, [prompt]);
  assert.equal(result.messages.length, 1);
});

test('a turn is restarted three times with doubled waits, then the error ends the run', async () => {
  const waits: number[] = [];
  const cut: ScriptedResponse = [start, call('a', 'echo'), broken];
  const { result } = await collect(options([cut, cut, cut, cut], { tools: [echo], sleep: async (ms) => void waits.push(ms) }));
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  assert.equal(result.outcome, 'error');
  assert.equal(result.error, broken);
  assert.equal(result.messages[0]?.role === 'assistant' ? result.messages[0].finishReason : '', 'error');
  assert.deepEqual(findUnpaired(result.messages), []);
});

const notRestarted: readonly (readonly [string, ScriptedResponse])[] = [
  ['an error before the first event', [broken]],
  ['an error that cannot be repeated', [start, new ProviderError('PROVIDER_USAGE_LIMIT', 'used up')]],
  ['a wait longer than a minute', [start, new ProviderError('PROVIDER_RATE_LIMIT', 'later', { retryable: true, retryAfterMs: 61_000 })]],
  ['a defect', [start, new TypeError('bug')]],
];
for (const [name, response] of notRestarted) {
  test(`${name} is not restarted`, async () => {
    const run = options([response]);
    const { events, result } = await collect(run);
    assert.equal(run.requests.length, 1);
    assert.equal(result.outcome, 'error');
    assert.equal(events.at(-1)?.type, 'run-end');
  });
}

test('a restart waits as long as the server asks', async () => {
  const waits: number[] = [];
  const later = new ProviderError('PROVIDER_OVERLOADED', 'later', { retryable: true, retryAfterMs: 7_000 });
  await collect(options([[start, later], done], { sleep: async (ms) => void waits.push(ms) }));
  assert.deepEqual(waits, [7_000]);
});

test('a fault behind `finish` takes nothing away', async () => {
  const { result } = await collect(options([[...done, broken]]));
  assert.equal(result.outcome, 'success');
});

test('abort while the model answers: partial message, interrupted, nothing unpaired', async () => {
  const controller = new AbortController();
  const run = options([[start, ...text('half'), call('a', 'echo'), 'hang']], { tools: [echo], signal: controller.signal });
  const seen: string[] = [];
  for await (const event of runAgent(run)) {
    seen.push(...outline([event]));
    if (event.type === 'model' && event.event.type === 'tool-call') controller.abort();
    if (event.type !== 'run-end') continue;
    assert.equal(event.result.outcome, 'interrupted');
    assert.equal(event.result.text, 'half');
    assert.deepEqual(findUnpaired(event.result.messages), []);
  }
  assert.deepEqual(seen.slice(-4), ['message', 'tool-results', 'turn-end', 'run-end interrupted']);
});

test('abort while the model does not listen to the signal', async () => {
  const controller = new AbortController();
  const run = options([], { signal: controller.signal, stream: async function* () { yield start; await new Promise(() => undefined); } });
  for await (const event of runAgent(run)) {
    if (event.type === 'model') controller.abort();
    if (event.type === 'run-end') assert.equal(event.result.outcome, 'interrupted');
  }
});

test('abort while tools run: finished results stay, the others say interrupted, later ones do not start', async () => {
  const controller = new AbortController();
  const slow = tool('slow', (_, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); controller.abort(); }));
  const { result } = await collect(options([[start, call('a', 'echo'), call('b', 'slow'), call('c', 'echo'), finish('tool-use')]], { tools: [echo, slow], signal: controller.signal }));
  assert.equal(result.outcome, 'interrupted');
  const results = result.messages[1];
  assert.deepEqual(results?.role === 'tool' ? resultTexts(results) : [], ['{}', 'Interrupted by the user before it was done.', 'Interrupted by the user before it was done.']);
  assert.deepEqual(findUnpaired(result.messages), []);
});

test('a tool that hands back a result on abort is heard', async () => {
  const controller = new AbortController();
  const polite = tool('polite', (_, { signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => resolve(says('stopped at 3'))); controller.abort(); }));
  const { result } = await collect(options([[start, call('a', 'polite'), finish('tool-use')]], { tools: [polite], signal: controller.signal }));
  const results = result.messages[1];
  assert.deepEqual(results?.role === 'tool' ? resultTexts(results) : [], ['stopped at 3']);
});

test('a tool that never comes back is given up after the grace', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const controller = new AbortController();
    const deaf = tool('deaf', () => { controller.abort(); setImmediate(() => mock.timers.tick(agentLimits.toolAbortGraceMs)); return new Promise(() => undefined); });
    const { result } = await collect(options([[start, call('a', 'deaf'), finish('tool-use')]], { tools: [deaf], signal: controller.signal }));
    assert.equal(result.outcome, 'interrupted');
    assert.deepEqual(findUnpaired(result.messages), []);
  } finally {
    mock.timers.reset();
  }
});

test('a signal that was aborted before the run asks nothing', async () => {
  const run = options([done], { signal: AbortSignal.abort() });
  const { events } = await collect(run);
  assert.deepEqual(outline(events), ['run-start', 'run-end interrupted']);
  assert.equal(run.requests.length, 0);
});

test('leaving the events early aborts the tool and waits for it', async () => {
  let ended = false;
  const slow = tool('slow', (_, { signal, onProgress }) => new Promise((resolve) => { signal.addEventListener('abort', () => { ended = true; resolve(says('')); }); onProgress('working'); }));
  for await (const event of runAgent(options([[start, call('a', 'slow'), finish('tool-use')]], { tools: [slow] }))) if (event.type === 'tool-progress') break;
  assert.ok(ended);
});

test('progress is redacted, joined while nobody reads, and bounded', async () => {
  const loud = tool('loud', (_, { onProgress }) => { for (let i = 0; i < 100; i++) onProgress(`${'x'.repeat(1_000)} hunter2 `); return says('ok'); });
  const { events } = await collect(options([[start, call('a', 'loud'), finish('tool-use')], done], { tools: [loud] }));
  const progress = events.flatMap((event) => (event.type === 'tool-progress' ? [event.text] : []));
  assert.ok(progress.join('').length <= agentLimits.progressCharsMax);
  assert.doesNotMatch(progress.join(''), /hunter2/);
});

const oneCall: ScriptedResponse = [start, call('a', 'echo'), finish('tool-use')];

test('max-turns ends the run after the tools of the last turn', async () => {
  const { events, result } = await collect(options([oneCall, oneCall, done], { tools: [echo], limits: { maxTurns: 2 } }));
  assert.equal(result.outcome, 'max-turns');
  assert.equal(result.turns, 2);
  assert.equal(outline(events).filter((line) => line === 'tool-end a ok').length, 2);
});

test('max-tokens counts prompt and output of all requests', async () => {
  const { result } = await collect(options([oneCall, oneCall, oneCall, done], { tools: [echo], limits: { maxTokens: 30 } }));
  assert.deepEqual([result.outcome, result.turns], ['max-tokens', 2]);
});

test('max-budget adds up the price of each request', async () => {
  const { result } = await collect(options([oneCall, oneCall, oneCall, done], { tools: [echo], limits: { maxBudgetUsd: 0.02 }, costUsd: () => 0.01 }));
  assert.deepEqual([result.outcome, result.turns, result.usage.costUsd], ['max-budget', 2, 0.02]);
});

test('a budget for a model without a price is an error and not a guess', async () => {
  const { result } = await collect(options([oneCall, done], { tools: [echo], limits: { maxBudgetUsd: 1 } }));
  assert.ok(isAgentError(result.error) && result.error.code === 'AGENT_PRICE_UNKNOWN');
});

test('max-seconds interrupts the model and names itself', async () => {
  const { result } = await collect(options([[start, ...text('half'), 'hang']], { limits: { maxSeconds: 0.01 } }));
  assert.deepEqual([result.outcome, result.text], ['max-seconds', 'half']);
});

for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`refuses ${value} as a limit`, async () => {
    const { result } = await collect(options([done], { limits: { maxTurns: value } }));
    assert.ok(isAgentError(result.error) && result.error.code === 'AGENT_BAD_LIMIT');
  });
}
