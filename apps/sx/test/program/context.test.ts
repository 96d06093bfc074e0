/** What the model is told beside the prompt, and what happens when that becomes too much. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isObject, type JsonObject, parseJson } from '@sx/llm';

import { simulate, type Simulated } from './simulated.ts';

const objects = (stdout: string): JsonObject[] => stdout.split('\n').map(parseJson).filter(isObject);

function bodies({ simulator }: Simulated): JsonObject[] {
  return simulator.requests.map(({ body }) => body).filter(isObject);
}

test('AGENTS.md of the user, the project and the directory are in the instructions; not with --bare, nor where the key says no', async () => {
  using simulated = await simulate();
  mkdirSync(join(simulated.project, 'deep'), { recursive: true });
  mkdirSync(join(simulated.project, '.git'), { recursive: true });
  mkdirSync(join(simulated.home, '.scorpiox'), { recursive: true });
  writeFileSync(join(simulated.home, '.scorpiox/AGENTS.md'), 'always be brief');
  writeFileSync(join(simulated.project, 'CLAUDE.md'), 'run make check');
  writeFileSync(join(simulated.project, 'deep/AGENTS.md'), 'tabs here');
  assert.equal((await simulated.ask(['hello', '-C', 'deep'])).code, 0);
  const told = String(bodies(simulated).at(-1)?.['instructions']);
  assert.match(told, /always be brief[\s\S]*run make check[\s\S]*tabs here/);
  for (const flags of [['--bare'], ['-e', 'PROMPT_INCLUDE_CLAUDEMD=0']]) {
    assert.equal((await simulated.ask(['hello', '-C', 'deep', ...flags])).code, 0);
    assert.doesNotMatch(String(bodies(simulated).at(-1)?.['instructions']), /brief|make check|tabs/, flags.join(' '));
  }
});

test('a long conversation is condensed before the next request, and resumes condensed', async () => {
  using simulated = await simulate();
  const first = objects((await simulated.ask(['hello', '--json'])).stdout).at(-1);
  await simulated.ask(['-c', 'hello again']);
  const second = await simulated.ask(['-c', 'what now?', '--json', '-e', 'CONTEXT_CLEAR_THRESHOLD=1']);
  assert.equal(second.code, 0, second.stderr);
  const boundary = objects(second.stdout).find(({ subtype }) => subtype === 'compact_boundary');
  assert.equal(isObject(boundary?.['compact_metadata']) && boundary['compact_metadata']['trigger'], 'auto');
  assert.equal(objects(second.stdout).at(-1)?.['session_id'], first?.['session_id']);
  const sent = bodies(simulated).slice(-2);
  assert.deepEqual(sent[0]?.['tools'] ?? [], []);
  assert.match(JSON.stringify(sent[0]?.['input']), /<record>/);
  const input = sent[1]?.['input'];
  assert.equal(Array.isArray(input) && input.length, 2);
  assert.match(JSON.stringify(input), /compacted-conversation[\s\S]*what now\?/);

  const third = await simulated.ask(['-c', 'and then?', '--json']);
  assert.equal(third.code, 0);
  const resumed = bodies(simulated).at(-1)?.['input'];
  assert.match(JSON.stringify(resumed), /compacted-conversation[\s\S]*what now\?[\s\S]*and then\?/);
  const shown = await simulated.ask(['x', '--json', '-e', 'CONTEXT_AUTO_COMPACT=0', '-e', 'CONTEXT_CLEAR_THRESHOLD=1', '-c']);
  assert.equal(objects(shown.stdout).some(({ subtype }) => subtype === 'compact_boundary'), false);
});

test('what does not fit the model is an error with its own code, where nothing can be condensed', async () => {
  using simulated = await simulate();
  const { code, stderr } = await simulated.ask(['[scenario context-overflow] hello']);
  assert.equal(code, 62);
  assert.match(stderr, /PROVIDER_CONTEXT_OVERFLOW/);
});
