import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';

import { simulate } from './simulated.ts';

const user = (content: unknown): string => `${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`;
const request = (id: string, subtype: string): string => `${JSON.stringify({ type: 'control_request', request_id: id, request: { subtype } })}\n`;
const ARGS = ['--input-format', 'stream-json', '--output-format', 'stream-json'];

function objects(stdout: string): JsonObject[] {
  return stdout.trimEnd().split('\n').map((line) => {
    const value = parseJson(line);
    assert.ok(isObject(value), line);
    return value;
  });
}
const results = (stdout: string): JsonObject[] => objects(stdout).filter(({ type }) => type === 'result');

test('a client sends prompts, each answered with a result, in one conversation', async () => {
  using simulated = await simulate();
  const { code, stdout } = await simulated.ask(ARGS, { stdin: user('one') + user([{ type: 'text', text: 'two' }]) });
  assert.equal(code, 0);
  const found = results(stdout);
  assert.deepEqual(found.map((line) => line['result']), ['You said: one', 'You said: two']);
  assert.equal(new Set(found.map((line) => line['session_id'])).size, 1);
  assert.deepEqual(objects(stdout).map(({ seq }) => seq), objects(stdout).map((_, index) => index));
  assert.match(JSON.stringify(simulated.simulator.requests.at(-1)?.body), /You said: one/);
});

test('a client interrupts a run and goes on with the next prompt', async () => {
  using simulated = await simulate();
  const { code, stdout } = await simulated.ask([...ARGS, '--permission-mode', 'bypass'], {
    stdin: null,
    onStart: (child) => {
      child.write(user('go\n[script]\ncall shell {"command":"sleep 60"}\nthen\nsay done'));
      let asked = 0;
      child.onOutput((_, text) => {
        if (asked === 0 && text.includes('"tool_use"')) {
          asked = 1;
          child.write(request('r1', 'interrupt'));
        }
        if (asked === 1 && text.includes('"subtype":"interrupted"')) {
          asked = 2;
          child.write(user('hello'));
          child.endStdin();
        }
      });
    },
  });
  const lines = objects(stdout);
  assert.deepEqual(lines.find(({ type }) => type === 'control_response'), { type: 'control_response', response: { subtype: 'success', request_id: 'r1', response: {} } });
  assert.deepEqual(results(stdout).map((line) => line['subtype']), ['interrupted', 'success']);
  assert.equal(code, 0);
});

test('requests that sx does not know are answered with an error, and initialize with success', async () => {
  using simulated = await simulate();
  const { stdout } = await simulated.ask(ARGS, { stdin: request('a', 'initialize') + request('b', 'set_model') + user('hi') });
  const responses = objects(stdout).filter(({ type }) => type === 'control_response').map(({ response }) => isObject(response) && [response['request_id'], response['subtype']]);
  assert.deepEqual(responses, [['a', 'success'], ['b', 'error']]);
});

const BAD: readonly (readonly [rule: string, stdin: string, exit: number, answered: number, says: RegExp])[] = [
  ['no prompt at all', '', 42, 0, /no prompt came from standard input \[CLI_EMPTY_PROMPT\]/],
  ['garbage', 'garbage\n', 42, 0, /standard input, line 1: no JSON \[CLI_BAD_INPUT\]/],
  ['garbage behind a prompt', `${user('hi')}garbage\n`, 42, 1, /standard input, line 2: no JSON \[CLI_BAD_INPUT\]/],
];
test('what a client gets wrong is a last result and one line; what came before was answered', async (t) => {
  using simulated = await simulate();
  for (const [rule, stdin, exit, answered, says] of BAD) {
    await t.test(rule, async () => {
      const { code, stdout, stderr } = await simulated.ask(ARGS, { stdin });
      assert.equal(code, exit);
      assert.match(stderr, says);
      const found = results(stdout);
      assert.deepEqual(found.map((line) => line['is_error']), [...Array.from({ length: answered }, () => false), true]);
      assert.deepEqual([found.at(-1)?.['subtype'], found.at(-1)?.['exit_code']], ['error_input', exit]);
    });
  }
});

test('a client that is told to end between two prompts gets a last result', async () => {
  using simulated = await simulate();
  const { code, stdout } = await simulated.ask(ARGS, {
    stdin: null,
    onStart: (child) => {
      child.write(user('hi'));
      child.onOutput((_, text) => { if (text.includes('"type":"result"')) child.kill('SIGTERM'); });
    },
  });
  assert.deepEqual([code, results(stdout).map((line) => line['subtype'])], [143, ['success', 'interrupted']]);
});

test('a prompt argument and prompts on standard input contradict each other', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.ask(['hi', ...ARGS], { stdin: '' });
  assert.equal(code, 42);
  assert.match(stderr, /takes prompts from standard input alone/);
});

test('the formats of the peers end with their own last line, in success and failure', async (t) => {
  using simulated = await simulate();
  const cases = [
    ['codex-jsonl', 'auto', 0, { type: 'turn.completed' }],
    ['codex-jsonl', 'html-403', 62, { type: 'turn.failed' }],
    ['gemini-stream-json', 'auto', 0, { type: 'result', status: 'success' }],
    ['gemini-stream-json', 'html-403', 62, { type: 'result', status: 'error' }],
  ] as const;
  for (const [format, scenario, exit, expected] of cases) {
    await t.test(`${format} ${scenario}`, async () => {
      const { code, stdout } = await simulated.ask(['hi', '--output-format', format], { scenario });
      const last = objects(stdout).at(-1);
      assert.equal(code, exit);
      assert.deepEqual({ ...last, ...expected }, last);
    });
  }
  const bad = await simulated.ask(['hi', '--output-format', 'codex-jsonl', '-c']);
  assert.equal(bad.code, 0);
});
