import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';

import { simulate } from './simulated.ts';

const QUICK = ['-e', 'AGENT_RETRY_INITIAL_DELAY=1'];
const linesOf = (stdout: string): JsonObject[] => stdout.trimEnd().split('\n').map((line) => parseJson(line)).filter(isObject);

test('each retry is one line on standard error, and the answer is whole', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.ask(['hello', ...QUICK], { scenario: 'server-error,times=2' });
  assert.deepEqual([code, stdout], [0, 'You said: hello\n']);
  assert.deepEqual(stderr.match(/^sx: attempt \d of 5 in \d\.\d s: .*$/gm)?.map((line) => line.slice(0, 19)), ['sx: attempt 2 of 5 ', 'sx: attempt 3 of 5 ']);
});

test('each retry is an event of stream-json', async () => {
  using simulated = await simulate();
  const { stdout } = await simulated.ask(['hello', '--json', ...QUICK], { scenario: 'overloaded-then-fine' });
  const lines = linesOf(stdout);
  const [retry] = lines.filter((line) => line['subtype'] === 'api_retry');
  assert.deepEqual([retry?.['attempt'], retry?.['max_retries'], retry?.['error_status'], retry?.['error_code']], [2, 5, 503, 'PROVIDER_OVERLOADED']);
  assert.equal(typeof retry?.['retry_delay_ms'], 'number');
  assert.equal(lines.at(-1)?.['subtype'], 'success');
});

test('a response that broke off before a tool ran is a new turn, and an event', async () => {
  using simulated = await simulate();
  const text = await simulated.ask(['hello', ...QUICK], { scenario: 'cut-stream-then-fine' });
  assert.deepEqual([text.code, text.stdout], [0, 'You said: hello\n']);
  assert.match(text.stderr, /^sx: the response broke off; once more in 0\.0 s: /m);
  const json = await simulated.ask(['hello', '--json', ...QUICK], { scenario: 'cut-stream-then-fine' });
  assert.equal(linesOf(json.stdout).filter((line) => line['subtype'] === 'api_retry' && line['error_code'] === 'PROVIDER_TRUNCATED_STREAM').length, 1);
});

test('a usage limit is not repeated and says when it resets', async () => {
  using simulated = await simulate();
  const before = simulated.simulator.requests.length;
  const { code, stderr } = await simulated.ask(['hello', ...QUICK], { scenario: 'usage-limit' });
  assert.equal(code, 62);
  assert.match(stderr, /\[PROVIDER_USAGE_LIMIT\]/);
  assert.match(stderr, /resets? .*\d{4}-\d\d-\d\d/);
  assert.equal(simulated.simulator.requests.length - before, 1);
  const [result] = linesOf((await simulated.ask(['hello', '--output-format', 'json'], { scenario: 'usage-limit' })).stdout);
  assert.match(String(result?.['resets_at']), /^\d{4}-\d\d-\d\dT/);
});

test('a billing error is not repeated', async () => {
  using simulated = await simulate();
  const before = simulated.simulator.requests.length;
  const { code, stderr } = await simulated.ask(['hello', ...QUICK], { scenario: 'billing' });
  assert.equal(code, 62);
  assert.match(stderr, /\[PROVIDER_(QUOTA|USAGE_LIMIT)\]/);
  assert.equal(simulated.simulator.requests.length - before, 1);
});
