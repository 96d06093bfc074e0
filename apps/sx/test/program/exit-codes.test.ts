import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { EXIT_CODES, type ExitCode } from '../../src/cli/exit-codes.ts';
import { simulate, type Simulated } from './simulated.ts';

type Ending = Awaited<ReturnType<Simulated['ask']>>;
const FAST = { AGENT_RETRY_MAX: '0' };
const kill = (signal: NodeJS.Signals) => (simulated: Simulated): Promise<Ending> =>
  simulated.ask(['go', '--json', '--include-partial-messages'], {
    scenario: 'stalled-stream',
    onStart: (child) => child.onOutput((_, text) => { if (text.includes('text_delta')) child.kill(signal); }),
  });

/** One way at least to each code, by the real program; the subtype that its result says. */
const WAYS: readonly (readonly [exit: ExitCode, subtype: string | undefined, way: string, run: (simulated: Simulated) => Promise<Ending>])[] = [
  [0, 'success', 'an answer', (simulated) => simulated.ask(['hi', '--json'])],
  [1, undefined, 'a file that cannot be written', (simulated) => simulated.ask(['hi', '-o', 'no/such/folder/x'])],
  [1, undefined, 'a reader that went away', (simulated) => simulated.ask(['hi', '--include-partial-messages'], { scenario: 'slow-stream,delayMs=20', onStart: (child) => child.onOutput((stream) => stream === 'stdout' && child.closeStdout()) })],
  [41, 'error_auth', 'a token that is refused', (simulated) => simulated.ask(['hi', '--json'], { scenario: 'unauthorized', env: FAST })],
  [41, 'error_auth', 'no login', (simulated) => { simulated.remove('home/.codex'); return simulated.ask(['hi', '--json']); }],
  [42, 'error_input', 'an empty prompt', (simulated) => simulated.ask(['', '--json'])],
  [42, 'error_input', 'an unknown flag', (simulated) => simulated.ask(['hi', '--json', '--modle'])],
  [42, 'error_input', 'a session that is not there', (simulated) => simulated.ask(['hi', '--json', '-c'])],
  [44, 'error_sandbox', 'a host that is not allowed', (simulated) => simulated.ask(['hi', '--json', '--offline'], { env: { CODEX_API_URL: 'https://api.example.com/x', ...FAST } })],
  [44, 'error_sandbox', 'bypass in an install script', (simulated) => simulated.ask(['hi', '--json', '--dangerously-skip-permissions'], { env: { npm_lifecycle_event: 'postinstall' } })],
  [52, 'error_config', 'a value that its key does not take', (simulated) => simulated.ask(['hi', '--json', '-e', 'TOOLS=maybe'])],
  [52, 'error_config', 'a budget without a price', (simulated) => simulated.ask(['hi', '--json', '--max-budget-usd', '1'])],
  [53, 'error_max_turns', 'the turn limit', (simulated) => simulated.ask(['go', '--json', '--max-turns', '2'], { scenario: 'tool-loop' })],
  [56, 'error_max_tokens', 'the token limit', (simulated) => simulated.ask(['go', '--json', '--max-tokens', '10'], { scenario: 'tool-loop' })],
  [56, 'error_max_budget_usd', 'the budget', (simulated) => simulated.ask(['go', '--json', '--max-budget-usd', '0.001', '-e', 'MODEL_PRICE=1/1'], { scenario: 'tool-loop' })],
  [57, 'error_max_seconds', 'the time limit', (simulated) => simulated.ask(['go', '--json', '--max-seconds', '1'], { scenario: 'silent-stream' })],
  [58, 'error_max_structured_output_retries', 'an answer that never fits the schema', (simulated) => simulated.ask(['go', '--json', '--json-schema', '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'], { scenario: 'text' })],
  [61, 'error_network', 'a connection that is reset', (simulated) => simulated.ask(['hi', '--json'], { scenario: 'reset', env: FAST })],
  [62, 'error_provider', 'a page instead of an answer', (simulated) => simulated.ask(['hi', '--json'], { scenario: 'html-200', env: FAST })],
  [130, 'interrupted', 'Ctrl-C', kill('SIGINT')],
  [143, 'interrupted', 'termination', kill('SIGTERM')],
  [143, 'interrupted', 'a terminal that is gone', kill('SIGHUP')],
];

/** In the table for what comes; no way leads there yet. */
const RESERVED: readonly number[] = [54, 55];

test('every exit code of the table is what the program ends with, and what its result says', async (t) => {
  for (const [exit, subtype, way, run] of WAYS) {
    await t.test(`${exit}: ${way}`, async () => {
      using simulated = await simulate();
      const { code, signal, stdout, stderr } = await run(simulated);
      assert.deepEqual([code, signal], [exit, null], stderr);
      assert.doesNotMatch(stderr, /\n\s+at |node:internal/);
      if (subtype === undefined) return;
      const last = parseJson(stdout.trimEnd().split('\n').at(-1) ?? '');
      assert.ok(isObject(last), stdout);
      assert.deepEqual([last['type'], last['subtype'], last['exit_code'], last['is_error']], ['result', subtype, exit, exit !== 0]);
    });
  }
  const reached = new Set<number>(WAYS.map(([exit]) => exit));
  assert.deepEqual(EXIT_CODES.map(([code]) => code).filter((code) => !reached.has(code)), RESERVED);
});
