/** The tools as the built program has them: what its configuration turns on, and what of that a model gets to see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findSandbox } from '@sx/tools';

import { simulate } from './simulated.ts';

const script = (...directives: readonly string[]): string => ['go', '[script]', ...directives].join('\n');
const shell = (command: string, more: object = {}): string => `call shell ${JSON.stringify({ command, ...more })}`;

test('a job in the background is looked after by other calls, and ends with the program', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.ask(
    [script(shell('echo started; sleep 300', { background: true }), 'then', 'call shell_output {"job":"job-1","waitMs":10000}', 'then', 'say done'), '--verbose', '--allow', 'shell'],
  );
  assert.deepEqual([code, stdout], [0, 'done\n'], stderr);
  assert.match(stderr, /job-1 still runs/);
});

test('SANDBOX says behind each result what held; where it is required and cannot be had, nothing runs', async () => {
  using simulated = await simulate();
  const found = await findSandbox({ writable: [], hidden: [] });
  simulated.put('home/.scorpiox/credentials/x.json', 'hunter2');
  const ask = (sandbox: string) => simulated.ask([script(shell('ls -A $HOME/.scorpiox | wc -l; touch here && echo written'), 'then', 'echo'), '--allow', 'shell', '--output-format', 'stream-json'], { env: { SANDBOX: sandbox } });
  const auto = await ask('auto');
  assert.equal(auto.code, 0, auto.stderr);
  assert.match(auto.stdout, 'sandbox' in found ? /0\\nwritten\\n\[exit 0 [^\]]*in a sandbox: no network/ : /not in a sandbox: bwrap/);
  assert.doesNotMatch((await ask('off')).stdout, /in a sandbox/);
  const required = await ask('bwrap');
  assert.equal(required.code, 'sandbox' in found ? 0 : 44, required.stderr);
  assert.match(required.stdout + required.stderr, 'sandbox' in found ? /in a sandbox: no network/ : /CLI_NO_SANDBOX/);
});

test('pages of the web: only where WEB_FETCH says so, only hosts that a rule allows, only public addresses', async () => {
  using simulated = await simulate();
  const ask = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    simulated.ask([script('call web_fetch {"url":"https://localhost:9/x"}', 'then', 'echo'), '--output-format', 'stream-json', ...args], { env });
  assert.match((await ask([])).stdout, /There is no tool/);
  assert.match((await ask([], { WEB_FETCH: '1' })).stdout, /reaching localhost needs approval/);
  assert.match((await ask(['--allow', 'network(localhost)'], { WEB_FETCH: '1' })).stdout, /NET_EGRESS_ADDRESS/);
  assert.match((await ask(['--allow', 'network(localhost)', '--offline'], { WEB_FETCH: '1', ALLOW_PLAIN_HTTP: '' })).stdout, /NET_EGRESS_DENIED|is_error/);
});

test('a second agent does its work, within the rules and the limits of the run', async () => {
  using simulated = await simulate();
  simulated.put('project/a.txt', 'alpha\n');
  const inner = script('call read {"path":"a.txt"}', 'then', 'call write {"path":"b.txt","content":"x"}', 'then', 'say inner answer');
  const prompt = script(`call task ${JSON.stringify({ title: 'look', prompt: inner })}`, 'then', 'say outer answer');
  const ran = await simulated.ask([prompt, '--output-format', 'stream-json']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /inner answer\\n\[3 turns; not permitted: write\]/);
  assert.match(ran.stdout.trimEnd().split('\n').at(-1) ?? '', /"result":"outer answer"/);
  const limited = await simulated.ask([prompt, '--max-tokens', '1000']);
  assert.equal(limited.code, 56, limited.stderr);
});
