import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isObject, parseJson } from '@sx/llm';

import { simulate } from './simulated.ts';

test('sx models: a table from the endpoint, with context, efforts, what is read, and aliases', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.sx(['models', 'codex']);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(head ?? '', /^MODEL +CONTEXT +EFFORTS +READS +ALIAS$/);
  assert.match(rows.find((row) => row.startsWith('gpt-5.5 ')) ?? '', /^gpt-5\.5 +272k +off low medium\* high xhigh +text images +opus, sonnet$/);
});

test('sx models --json: everything that is known, efforts in the words of --effort', async () => {
  using simulated = await simulate();
  const answer = parseJson((await simulated.sx(['models', '--json'])).stdout);
  assert.ok(isObject(answer) && Array.isArray(answer['models']));
  const model = answer['models'].filter(isObject).find(({ id }) => id === 'gpt-5.5');
  assert.equal(model?.['source'], 'endpoint');
  assert.deepEqual(model['aliases'], ['opus', 'sonnet']);
  assert.ok(isObject(model['capabilities']));
  assert.deepEqual(model['capabilities']['efforts'], ['off', 'low', 'medium', 'high', 'xhigh']);
});

test('sx models: the embedded table, and a notice, where the endpoint cannot be asked', async () => {
  using simulated = await simulate();
  const { code, stdout, stderr } = await simulated.sx(['models', 'codex'], { env: { CODEX_API_URL: 'http://127.0.0.1:1' } });
  assert.equal(code, 0);
  assert.match(stdout, /^gpt-5\.4-mini +272k .* haiku$/m);
  assert.match(stderr, /the provider gave no list \(.+\); these are the models known when this version was made/);
});

test('sx models: without a key the table, and the notice says that there is none', async () => {
  using simulated = await simulate();
  for (const provider of ['anthropic', 'gemini']) {
    const { code, stdout, stderr } = await simulated.sx(['models', provider, '-e', 'EGRESS_ALLOW=']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^MODEL .*\n.+ sonnet$/ms);
    assert.match(stderr, /the provider gave no list \([A-Z]+_API_KEY is empty\); these/);
  }
  const asked = await simulated.sx(['-p', 'hello', '--provider', 'anthropic']);
  assert.deepEqual([asked.code, /ANTHROPIC_API_KEY is empty \[NET_TOKEN_MISSING\]/.test(asked.stderr)], [41, true]);
});
