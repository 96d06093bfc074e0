/** The first run of the built program in tmux. Run by `npm run test:terminal`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { openDesk, show } from './desk.ts';

/** In the shape of the vendor's keys. */
const KEY = `sk-ant-api03-${'k'.repeat(40)}`;
const simulator: Simulator = await createSimulator({ apiKey: KEY, deviceIntervalSeconds: 0.02 });
after(() => simulator.close());

test('the first run walks through provider, key and model, and ends in a working prompt', async (t) => {
  using desk = openDesk({ on: simulator, env: { ANTHROPIC_API_URL: simulator.urls.anthropic, ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }) } });
  const { terminal, sandbox } = desk;
  sandbox.remove('home/.codex');
  show(t, 'first run', await terminal.until(/1\/3 provider/));
  terminal.type('anthr');
  await terminal.until(/1\/3 provider {2}anthr/);
  terminal.keys('Enter');
  await terminal.until(/2\/3 API key for anthropic/);
  terminal.paste(`${KEY}\n`);
  const hidden = await terminal.until(/› •+/);
  show(t, 'first run, key', hidden);
  assert.ok(!hidden.includes('sk-ant'), 'the key is not shown');
  terminal.keys('Enter');
  show(t, 'first run, model', await terminal.until(/3\/3 model/));
  terminal.keys('Enter');
  await terminal.until(/anthropic answers; ask away/);
  assert.match(readFileSync(join(sandbox.home, '.scorpiox/scorpiox-env.txt'), 'utf8'), /^PROVIDER=anthropic$/m);
  desk.say('hello there');
  await terminal.until(/You said: hello there/);
  await desk.leave();
});

test('every step of the first run can be skipped', async () => {
  using desk = openDesk({ on: simulator, env: {} });
  const { terminal } = desk;
  await terminal.until(/1\/3 provider/);
  terminal.keys('Escape');
  await terminal.until(/skipped: \/login/);
  desk.say('hi');
  await terminal.until(/no model answers yet/);
  await terminal.until(/› hi/);
  terminal.keys('C-c');
  desk.say('/quit');
  assert.equal(await terminal.ended(), 0);
});

test('the first run signs in with a code for the browser', async (t) => {
  using desk = openDesk({
    on: simulator,
    env: { CODEX_API_URL: simulator.urls.codex, CODEX_OAUTH_URL: simulator.urls.oauth, PROVIDER: '', ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }) },
  });
  const { terminal, sandbox } = desk;
  sandbox.remove('home/.codex');
  await terminal.until(/1\/3 provider/);
  terminal.keys('Enter');
  await terminal.until(/2\/3 login/);
  terminal.keys('Enter');
  show(t, 'signed in with a code', await terminal.until(/enter this code there[\s\S]*signed in[\s\S]*3\/3 model/));
  terminal.keys('Enter');
  await terminal.until(/codex answers; ask away/);
  desk.say('hello there');
  await terminal.until(/You said: hello there/);
  await desk.leave();
});

test('everything skipped, the demo is there to look around', async (t) => {
  using desk = openDesk({ on: simulator, env: {} });
  const { terminal, sandbox } = desk;
  sandbox.remove('home/.codex');
  await terminal.until(/1\/3 provider/);
  terminal.keys('Escape');
  await terminal.until(/skipped: \/login/);
  desk.say('/demo');
  show(t, 'the demo', await terminal.until(/🦦/u));
  await desk.leave();
});
