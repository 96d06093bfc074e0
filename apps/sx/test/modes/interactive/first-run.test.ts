/** The first run on a terminal in memory: each way through it, each step skipped, and what is on file then. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { createPlace, type Place, sit, type Sitting } from './sitting.ts';

/** In the shape of the vendor's keys. */
const KEY = `sk-ant-api03-${'k'.repeat(40)}`;
const simulator: Simulator = await createSimulator({ apiKey: KEY, deviceIntervalSeconds: 0.02 });
after(() => simulator.close());

const ENTER = '\r';
const ESCAPE = '\u001b[27u';
const CONFIGURATION = 'home/.scorpiox/scorpiox-env.txt';

/** Nothing is configured but where the vendors are. */
function begin(place: Place, scenario?: string): Sitting {
  const { oauth, codex, anthropic } = scenario === undefined ? simulator.urls : simulator.urlsFor(scenario);
  return sit({
    place,
    environment: {
      CODEX_OAUTH_URL: oauth,
      CODEX_API_URL: codex,
      ANTHROPIC_API_URL: anthropic,
      ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }),
    },
  });
}

async function choose(desk: Sitting, step: RegExp, words: string): Promise<void> {
  await desk.until(step);
  desk.type(words);
  desk.type(ENTER);
}

test('with a code for the browser: signed in, a model chosen, and the prompt works', async () => {
  using place = createPlace();
  const desk = begin(place);
  await choose(desk, /Welcome to sx[\s\S]*1\/3 provider/, 'chatgpt');
  await choose(desk, /2\/3 login/, '');
  const shown = await desk.until(/signed in; stored in/);
  assert.match(shown, /Open this address in a browser[\s\S]*enter this code there/);
  await choose(desk, /3\/3 model/, 'usual');
  await desk.until(/codex answers; ask away/);
  await desk.say('hello', /You said: hello/);
  assert.equal(await desk.leave(), 0);
  assert.match(place.read(CONFIGURATION), /^PROVIDER=codex$/m);
  assert.equal(statSync(join(place.home, '.scorpiox/credentials/codex.json')).mode & 0o777, 0o600);
});

test('Esc ends the wait for the browser, and /login comes back to it', async () => {
  using place = createPlace();
  const desk = begin(place, 'device-pending');
  await choose(desk, /1\/3 provider/, 'chatgpt');
  await choose(desk, /2\/3 login/, '');
  await desk.until(/enter this code there[\s\S]*working \d+ s/);
  desk.type(ESCAPE);
  await desk.until(/stopped[\s\S]*skipped: \/login comes back to this/);
  await desk.say('hello', /no model answers yet: \/login/);
  desk.type('\u0015');
  await desk.say('/login codex', /2\/3 login/);
  desk.type(ESCAPE);
  await desk.until(/skipped: /);
  assert.equal(await desk.leave(), 0);
  assert.ok(!existsSync(join(place.home, '.scorpiox/credentials/codex.json')));
  assert.ok(!existsSync(join(place.home, '.scorpiox/scorpiox-env.txt')));
});

test('a login that is refused says why, and skips the rest', async () => {
  using place = createPlace();
  const desk = begin(place, 'device-disabled');
  await choose(desk, /1\/3 provider/, 'chatgpt');
  await choose(desk, /2\/3 login/, '');
  await desk.until(/PROVIDER_UNSUPPORTED[\s\S]*skipped: \/login/);
  assert.equal(await desk.leave(), 0);
});

test('with a key: one that is none is asked for again, and none is shown', async () => {
  using place = createPlace();
  const desk = begin(place);
  await choose(desk, /1\/3 provider/, 'anthropic');
  await choose(desk, /2\/3 API key for anthropic/, 'not a key');
  await desk.until(/that is no API key for anthropic/);
  await desk.until(/2\/3 API key for anthropic \(not shown\)\n/);
  desk.type(`\u001b[200~${KEY}\n\u001b[201~`);
  await desk.until(/•{20}/);
  desk.type(ENTER);
  await choose(desk, /stored in [\s\S]*3\/3 model/, 'strongest');
  await desk.until(/anthropic answers; ask away/);
  await desk.say('hello', /You said: hello/);
  assert.match(JSON.stringify(simulator.requests.at(-1)), /claude-opus/);
  assert.doesNotMatch(desk.output(), /sk-ant|not a key/);
  assert.equal(await desk.leave(), 0);
  assert.match(place.read(CONFIGURATION), /^PROVIDER=anthropic\nMODEL=opus$/m);
});

test('/login PROVIDER begins with its key, although another one is there, and /login takes a model back', async () => {
  using place = createPlace();
  place.put(CONFIGURATION, `PROVIDER=anthropic\nMODEL=opus\nANTHROPIC_API_KEY=${KEY}\n`);
  const desk = begin(place);
  await desk.until(/anthropic claude-opus/);
  await desk.say('/login claude_code', /\/login knows codex, anthropic/);
  await desk.say('/login anthropic', /2\/3 API key for anthropic/);
  desk.type(ESCAPE);
  await desk.until(/skipped: /);
  await desk.say('/login', /1\/3 provider[\s\S]*❯ Anthropic +ANTHROPIC_API_KEY was found/);
  desk.type(ENTER);
  await choose(desk, /3\/3 model/, 'usual');
  await desk.until(/anthropic answers; ask away/);
  assert.equal(await desk.leave(), 0);
  assert.match(place.read(CONFIGURATION), /^MODEL=sonnet$/m);
});

test('every step skipped, one after the other: nothing is written, and the demo is there to look around', async () => {
  using place = createPlace();
  for (const steps of [[], [['chatgpt', /2\/3 login/]], [['anthropic', /2\/3 API key/]], [['router', /2\/3 URL of the router/]], [['compatible', /2\/3 server/]]] as const) {
    const desk = begin(place);
    await desk.until(/1\/3 provider/);
    for (const [words, next] of steps) {
      desk.type(words);
      desk.type(ENTER);
      await desk.until(next);
    }
    desk.type(ESCAPE);
    await desk.until(/skipped: \/login comes back to this, \/demo shows a recorded session/);
    await desk.say('hi', /no model answers yet/);
    desk.type('\u0015');
    await desk.say('/demo', /🦦/u);
    assert.equal(await desk.leave(), 0);
  }
  assert.ok(!existsSync(join(place.home, '.scorpiox/scorpiox-env.txt')));
});

test('looking around first plays the demo, and leaves the rest for later', async () => {
  using place = createPlace();
  const desk = begin(place);
  await choose(desk, /1\/3 provider/, 'look around');
  await desk.until(/🦦[\s\S]*skipped: \/login/u);
  assert.equal(await desk.leave(), 0);
});

test('a server of one\'s own is asked for its models: an alias of ours means nothing there', async () => {
  using place = createPlace();
  const desk = begin(place);
  await choose(desk, /1\/3 provider/, 'compatible');
  await choose(desk, /2\/3 server/, 'another');
  await choose(desk, /2\/3 URL of the server/, simulator.urls.compat.replace('VENDOR', 'ollama'));
  const listed = await desk.until(/3\/3 model[\s\S]*another one/);
  assert.doesNotMatch(listed, /alias/);
  const [, model = ''] = /❯ (\S+)/.exec(listed) ?? [];
  desk.type(ENTER);
  await desk.until(/openai answers; ask away/);
  await desk.say('hello', /You said: hello/);
  assert.equal(await desk.leave(), 0);
  assert.match(place.read(CONFIGURATION), new RegExp(`^MODEL=${model}$`, 'm'));
});
