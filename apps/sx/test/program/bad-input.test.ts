import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { simulate } from './simulated.ts';

/** What a server may do wrong, and what the user reads of it: one clear line and an exit code. */
const SERVERS: readonly (readonly [rule: string, scenario: string, exit: number, says: RegExp, env?: Record<string, string>])[] = [
  ['garbage bytes', 'garbage-bytes', 61, /the answer is not HTTP .*\[NET_NOT_HTTP\]/],
  ['a body that is no event stream', 'garbage', 62, /where a stream was asked for: .*\[PROVIDER_MALFORMED_RESPONSE\]/],
  ['a stream that holds no JSON', 'garbage-stream', 62, /ended before response\.completed .*\[PROVIDER_TRUNCATED_STREAM\]/],
  ['an HTML page', 'html-200', 62, /answered 200 with an HTML page \[PROVIDER_NOT_API\]\n {4}\S/],
  ['a block page', 'html-403', 62, /\[PROVIDER_NOT_API\]/],
  ['a redirect', 'redirect', 62, /points to elsewhere\.example\.test; redirects are not followed \[PROVIDER_REDIRECT\]/],
  ['a truncated chunk', 'truncated-chunk', 62, /the chunked body ended before its last chunk .*\[PROVIDER_TRUNCATED_STREAM\]/],
  ['a chunk size that is none', 'bad-chunk-size', 61, /\[NET_BAD_CHUNK\]/],
  ['an oversized head', 'oversized-head', 61, /a line is longer than 65536 bytes \[NET_LINE_TOO_LONG\]/],
  ['nothing for ever', 'no-answer', 61, /in 300 ms .*\[NET_HEAD_TIMEOUT\]/, { HEAD_TIMEOUT_MS: '300' }],
  ['a stream that stops', 'stalled-stream', 61, /\[NET_IDLE_TIMEOUT\]/, { IDLE_TIMEOUT_MS: '300' }],
  ['a stream that ends before response.completed', 'cut-stream', 62, /ended before response\.completed .*\[PROVIDER_TRUNCATED_STREAM\]/],
  ['a reset connection', 'reset', 61, /was reset before the response head .*\[NET_RESET\]/],
  ['a usage limit', 'usage-limit', 62, /\[PROVIDER_USAGE_LIMIT\]\n {4}.*resets at/],
  ['a refused token', 'unauthorized', 41, /\[PROVIDER_AUTHENTICATION\]/],
];

test('a server that breaks the rules is one clear line, its exit code, and no stack trace', async (t) => {
  using simulated = await simulate();
  for (const [rule, scenario, exit, says, env] of SERVERS) {
    await t.test(rule, async () => {
      const { code, stderr } = await simulated.ask(['hi'], { scenario, env: { AGENT_RETRY_MAX: '0', ...env } });
      assert.match(stderr, says);
      assert.equal(code, exit);
      assert.equal(stderr.split('\n').filter((line) => line.startsWith('sx: ')).length, 1, stderr);
      assert.doesNotMatch(stderr, /\n\s+at |node:internal/);
    });
  }
});

test('a fault that passes is repeated, and said', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.ask(['hi'], { scenario: 'overloaded-then-fine', env: { AGENT_RETRY_INITIAL_DELAY: '1' } });
  assert.deepEqual([code, stdout], [0, 'You said: hi\n']);
  assert.match(stderr, /^sx: attempt 2 of \d in /m);
});

test('a turn that broke off is started anew, and its answer is printed once', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.ask(['hi'], { scenario: 'cut-stream,times=1', env: { AGENT_RETRY_INITIAL_DELAY: '1' } });
  assert.deepEqual([code, stdout], [0, 'You said: hi\n']);
  assert.match(stderr, /^sx: the response broke off; once more in /m);
});

test('an expired token is renewed before it is used', async () => {
  using simulated = await simulate();
  simulated.put('home/.codex/auth.json', JSON.stringify(simulated.simulator.credentials({ expiresInSeconds: -60 }).codexAuthFile));
  const { code, stdout } = await simulated.ask(['hi']);
  assert.deepEqual([code, stdout], [0, 'You said: hi\n']);
});

test('a token that the server no longer takes is renewed once', async () => {
  using simulated = await simulate();
  simulated.simulator.expireTokens();
  const { code, stdout } = await simulated.ask(['hi']);
  assert.deepEqual([code, stdout], [0, 'You said: hi\n']);
});

const TOOLS: readonly (readonly [rule: string, directive: string, says: RegExp])[] = [
  ['invalid JSON', 'call read {"path":', /JSON/],
  ['arguments that are no object', 'call read [1]', /object/],
  ['an unknown name', 'call raed {"path":"a.txt"}', /raed/],
  ['an argument of the wrong kind', 'call read {"path":1}', /path/],
  ['a file that is not there', 'call read {"path":"absent.txt"}', /absent\.txt/],
];
test('a call that cannot be run is a result that the model reads, and the run goes on', async (t) => {
  using simulated = await simulate();
  for (const [rule, directive, says] of TOOLS) {
    await t.test(rule, async () => {
      const { code, stdout } = await simulated.ask([`go\n[script]\n${directive}\nthen\necho`]);
      assert.match(stdout, says);
      assert.equal(code, 0);
    });
  }
});

test('every way to fail has a final result in JSON, with the exit code in it', async () => {
  using simulated = await simulate();
  for (const [scenario, subtype, exit] of [['html-200', 'error_provider', 62], ['garbage-bytes', 'error_network', 61], ['unauthorized', 'error_auth', 41]] as const) {
    const { code, stdout } = await simulated.ask(['hi', '--output-format', 'stream-json'], { scenario, env: { AGENT_RETRY_MAX: '0' } });
    const last = parseJson(stdout.trimEnd().split('\n').at(-1) ?? '');
    assert.ok(isObject(last));
    assert.deepEqual([code, last['type'], last['subtype'], last['exit_code']], [exit, 'result', subtype, exit]);
  }
});
