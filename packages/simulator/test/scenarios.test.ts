import assert from 'node:assert/strict';
import { connect } from 'node:tls';
import { after, before, suite, test } from 'node:test';
import { watchHandles } from '@sx/testkit';
import { createSimulator, demoTask, scenarios, type Simulator } from '../src/index.ts';
import { parseScenario } from '../src/server/scenario.ts';
import { encodeServerSentEvent } from '../src/server/sse-writer.ts';
import { ask, eventsOf, type Answer } from './client.ts';

let simulator: Simulator;
before(async () => {
  simulator = await createSimulator();
});
after(() => simulator.close());

type Fields = Record<string, unknown>;
const user = (text: string): Fields => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
let key = 0;

interface Turn {
  readonly input?: readonly Fields[];
  readonly tools?: readonly string[];
  readonly key?: string;
  readonly hangUpAfterBytes?: number;
  readonly on?: Simulator;
}

function send(scenario: string | undefined, { input = [user('hi')], tools = ['read', 'edit', 'shell'], on = simulator, ...turn }: Turn = {}): Promise<Answer> {
  const { tokens } = on.credentials();
  const { codex } = scenario === undefined ? on.urls : on.urlsFor(scenario);
  return ask(on, `${codex}/responses`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens.accessToken}`, 'chatgpt-account-id': tokens.accountId, 'content-type': 'application/json', accept: 'text/event-stream', originator: 'sx', 'user-agent': 'sx/0.1.0',
    },
    body: {
      model: 'gpt-5.5', instructions: 'x', input, store: false, stream: true, include: ['reasoning.encrypted_content'], reasoning: { summary: 'auto' },
      prompt_cache_key: turn.key ?? `key-${(key += 1)}`,
      tools: tools.map((name) => ({ type: 'function', name, strict: false, parameters: { type: 'object', properties: {} } })),
    },
    ...(turn.hangUpAfterBytes === undefined ? {} : { hangUpAfterBytes: turn.hangUpAfterBytes }),
  });
}

const types = (answer: Answer): string[] => eventsOf(answer).map(({ type }) => type);
const items = (answer: Answer): any[] => eventsOf(answer).filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
const textOf = (answer: Answer): string => eventsOf(answer).filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('');
const callsOf = (answer: Answer): [string, unknown][] => items(answer).filter(({ type }) => type === 'function_call').map((item) => [item.name, JSON.parse(item.arguments)]);
/** The history after an answer whose calls gave these results. */
const answered = (before: readonly Fields[], answer: Answer, results: readonly string[]): Fields[] => {
  const replayed = items(answer).map(({ id: _id, status: _status, ...rest }) => rest);
  const calls = replayed.filter(({ type }) => type === 'function_call');
  return [...before, ...replayed, ...calls.map((call, at) => ({ type: 'function_call_output', call_id: call.call_id, output: results[at] ?? 'ok' }))];
};

suite('scenarios', () => {
  test('every one answers or breaks off within its patience, and leaves nothing open', async () => {
    const waitForEver = new Set(['silent-stream', 'stalled-stream', 'no-answer', 'held-open']);
    const watch = watchHandles();
    const own = await createSimulator();
    for (const name of Object.keys(scenarios)) {
      if (waitForEver.has(name)) continue;
      const outcome = await send(name.startsWith('slow') ? `${name},delayMs=1` : name, { on: own }).then((answer) => answer.status, (fault: NodeJS.ErrnoException) => fault.code);
      assert.ok(outcome !== undefined && outcome !== 599, `${name}: ${String(outcome)}`);
    }
    await own.close();
    await watch.assertNone();
  });

  const statuses: [name: string, status: number, body: RegExp][] = [
    ['usage-limit', 429, /"type":"usage_limit_reached"[^]*"resets_in_seconds":1234/],
    ['usage-limit-404', 404, /usage_limit_reached/],
    ['rate-limit', 429, /try again in 0s/],
    ['overloaded', 503, /server_is_overloaded/],
    ['server-error', 500, /server_error/],
    ['unauthorized', 401, /\{"detail":"Unauthorized"\}/],
    ['billing', 429, /usage_not_included/],
    ['policy', 400, /cyber_policy/],
    ['bad-image', 400, /does not represent a valid image/],
    ['too-large', 413, /too large/],
    ['html-403', 403, /Cloudflare[^]*blocked/],
    ['html-200', 200, /<html>/],
    ['redirect', 307, /^$/],
    ['json-200', 200, /"completed"/],
    ['empty-200', 200, /^$/],
    ['garbage', 200, /nonsense/],
    ['no-such-scenario', 404, /no scenario/],
  ];
  for (const [name, status, body] of statuses) {
    test(`${name} is ${status}`, async () => {
      const answer = await send(name);
      assert.equal(answer.status, status);
      assert.match(answer.text, body);
    });
  }

  const ends: [name: string, last: string, body: RegExp][] = [
    ['incomplete', 'response.incomplete', /max_output_tokens/],
    ['content-filter', 'response.incomplete', /content_filter/],
    ['failed,code=rate_limit_exceeded,message=try again in 28ms', 'response.failed', /"code":"rate_limit_exceeded","message":"try again in 28ms"/],
    ['failed-early,code=missing', 'response.failed', /"error":null/],
    ['context-overflow', 'response.failed', /context_length_exceeded/],
    ['error-event', 'error', /server_error/],
    ['error-event-mid-tool', 'error', /function_call_arguments.delta/],
    ['continue', 'response.completed', /"end_turn":false/],
    ['refusal', 'response.completed', /response.refusal.delta/],
    ['cut-before-content', 'response.created', /created/],
    ['cut-mid-tool', 'response.function_call_arguments.delta', /read/],
  ];
  for (const [name, last, body] of ends) {
    test(`${name} ends with ${last}`, async () => {
      const answer = await send(name);
      assert.equal(types(answer).at(-1), last);
      assert.match(answer.text, body);
    });
  }

  test('a cut stream ends as HTTP, but not as a response', async () => {
    assert.equal(types(await send('cut-stream,after=7')).length, 7);
  });

  for (const name of ['truncated-chunk', 'reset-stream', 'reset', 'close', 'garbage-bytes', 'bad-chunk-size', 'oversized-head', 'interim-flood']) {
    test(`${name} is a fault below HTTP`, async () => {
      await assert.rejects(send(name), (fault: NodeJS.ErrnoException) => /ECONNRESET|HPE_|EPIPE|aborted/.test(`${fault.code} ${fault.message}`));
    });
  }

  for (const name of ['server-error-then-fine', 'unauthorized-then-fine', 'overloaded-then-fine', 'cut-stream-then-fine', 'rate-limit', 'server-error,times=1']) {
    test(`${name} fails once for a user turn`, async () => {
      const session = `own-${name}`;
      const first = await send(name, { key: session });
      const second = await send(name, { key: session });
      assert.notEqual(types(first).at(-1), 'response.completed');
      assert.equal(types(second).at(-1), 'response.completed');
      assert.notEqual(types(await send(name, { key: session })).at(-1), 'response.completed', 'and once more for the next that begins alike');
    });
  }

  test('what stays silent ends when the client goes', async () => {
    for (const name of ['stalled-stream', 'held-open']) await send(name, { hangUpAfterBytes: 50 });
    assert.equal(simulator.requests.at(-1)?.scenario, 'held-open');
  });
});

suite('delivery', () => {
  test('in single bytes gives the same text', async () => {
    const whole = await send('text');
    const cut = await send('text,chunkBytes=1');
    assert.equal(textOf(cut), textOf(whole));
  });

  test('with CRLF, a byte order mark and comments', async () => {
    const answer = await send('crlf');
    assert.ok(answer.text.startsWith('\uFEFFevent: response.created\r\n'));
    assert.match((await send('comments')).text, /^: keep-alive\n\n/);
  });

  test('in bulk has the bytes that were asked for', async () => {
    const answer = await send('bulk,deltas=500,deltaBytes=100');
    assert.equal(textOf(answer).length, 50_000);
    assert.equal(items(answer)[0].content[0].text, textOf(answer));
  });

  test('stops when the client hangs up, and the journal knows', async () => {
    await send('bulk,deltas=100000,deltaBytes=1000', { hangUpAfterBytes: 1000 });
    const entry = simulator.requests.at(-1);
    const endMs = performance.now() + 2000;
    while (entry?.done !== true && performance.now() < endMs) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(entry?.closedEarly, true);
    assert.ok(entry.events < 100_000);
  });

  test('refuses line breaks where they would forge an event', () => {
    assert.throws(() => encodeServerSentEvent({ event: 'a\ndata: b', data: '' }), TypeError);
    assert.throws(() => encodeServerSentEvent({ id: 'a\rb', data: '' }), TypeError);
    assert.throws(() => encodeServerSentEvent({ data: 'a\rb' }), TypeError);
    assert.equal(encodeServerSentEvent({ data: 'a\nb' }), 'data: a\ndata: b\n\n');
  });

  test('is chosen in the URL', () => {
    assert.deepEqual(parseScenario('cut-stream,after=3,crlf'), { name: 'cut-stream', parameters: { after: '3', crlf: '1' } });
  });
});

suite('the scripted model', () => {
  test('plays the demo to its end, looking at what the tools say', async () => {
    const begin = [user(demoTask.prompt)];
    const first = await send(undefined, { input: begin });
    assert.deepEqual(callsOf(first), [['read', { path: 'greeting.txt' }]]);
    const second = await send(undefined, { input: answered(begin, first, [demoTask.files['greeting.txt']]) });
    const [[name, edit] = ['', {}]] = callsOf(second);
    assert.equal(name, 'edit');
    const { oldText, newText } = edit as { oldText: string; newText: string };
    assert.equal(demoTask.files['greeting.txt'].replace(oldText, newText), demoTask.expectedFiles['greeting.txt']);
    const third = await send(undefined, { input: answered(answered(begin, first, [demoTask.files['greeting.txt']]), second, ['ok']) });
    assert.deepEqual(callsOf(third), [['shell', { command: 'sh src/greet.sh' }]]);
    const last = await send(undefined, { input: answered(answered(answered(begin, first, [demoTask.files['greeting.txt']]), second, ['ok']), third, [demoTask.expectedFiles['greeting.txt']]) });
    assert.ok(textOf(last).includes(demoTask.expectedAnswer));
  });

  test('does not claim what the tools did not show', async () => {
    const begin = [user(demoTask.prompt)];
    const first = await send(undefined, { input: begin });
    const second = await send(undefined, { input: answered(begin, first, ['all is well']) });
    assert.match(textOf(second), /no mistake/);
    assert.deepEqual(callsOf(second), []);
  });

  test('follows a script in the prompt', async () => {
    const begin = [user('[script]\nthink well\ncall read {"path":"a"}\ncall read {"path":"b"}\nthen\necho')];
    const first = await send(undefined, { input: begin });
    assert.deepEqual(callsOf(first), [['read', { path: 'a' }], ['read', { path: 'b' }]]);
    const second = await send(undefined, { input: answered(begin, first, ['A', 'B']) });
    assert.equal(textOf(second), 'B');
  });

  test('plays a scenario that the prompt names', async () => {
    assert.equal((await send(undefined, { input: [user('please [scenario server-error]')] })).status, 500);
  });

  test('goes on after a failure that the prompt names', async () => {
    const turn = { input: [user('[scenario server-error-then-fine]')], key: 'named-failure' };
    assert.equal((await send(undefined, turn)).status, 500);
    assert.match((await send(undefined, turn)).text, /You said/);
  });
  test('calls tools in one round and in several', async () => {
    const begin = [user('go')];
    const together = await send('tools', { input: begin });
    assert.equal(callsOf(together).length, 3);
    assert.match(textOf(await send('tools', { input: answered(begin, together, ['a', 'bb', 'ccc']) })), /All 3 tools have answered: 1, 2, 3/);
    let input = begin;
    for (const expected of ['list', 'read', 'glob']) {
      const answer = await send('tools-sequential', { input });
      assert.deepEqual(callsOf(answer).map(([name]) => name), [expected]);
      input = answered(input, answer, ['ok']);
    }
    assert.match(textOf(await send('tools-sequential', { input })), /All 3 tools/);
  });

  test('sends arguments that are no JSON, and tools that nobody offered', async () => {
    assert.equal(items(await send('tool-invalid-json'))[0].arguments, '{"path": "greeting.txt');
    assert.equal(items(await send('tool-unknown'))[0].name, 'teleport');
  });
});

test('plain http on request', async () => {
  const own = await createSimulator({ tls: false, scenario: 'text' });
  assert.match(own.url, /^http:\/\/127\.0\.0\.1:/);
  assert.equal((await send(undefined, { on: own })).status, 200);
  await own.close();
});

test('a client that breaks off the handshake or sends nonsense does not hurt the server', async () => {
  const { port } = new URL(simulator.url);
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: true });
    socket.once('error', () => resolve());
  });
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: simulator.caPem ?? '', rejectUnauthorized: true }, () => socket.write('nonsense\r\n\r\n'));
    socket.once('close', () => resolve());
    socket.once('error', () => resolve());
    socket.resume();
  });
  assert.equal((await send('text')).status, 200);
});
