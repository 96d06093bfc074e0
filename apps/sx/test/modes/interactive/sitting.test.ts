/** What two sides say to a sitting at once. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { createPlace, IDLE, sit } from './sitting.ts';

const simulator: Simulator = await createSimulator();
after(() => simulator.close());

test('with a broken configuration a prompt is told that, and not to sign in', async () => {
  using place = createPlace(simulator);
  place.put('home/.scorpiox/scorpiox-env.txt', 'MAX_TURNS=many\n');
  const { say, type, until, terminal, leave } = sit({ place });
  await until(/✗ [\s\S]*MAX_TURNS[\s\S]*\n› ask/);
  await say('hello', /the configuration is at fault, as said above: mend it, then \/new/);
  assert.doesNotMatch(terminal.text(), /no model answers yet/);
  place.put('home/.scorpiox/scorpiox-env.txt', 'MAX_TURNS=9\n');
  type('\u0015');
  await say('/new', /a new session/);
  await say('hello', /You said: hello/);
  await leave();
});

test('a prompt typed before the session is open and that of the command line are two turns, one after the other', async () => {
  using place = createPlace(simulator);
  const { type, until, terminal, leave } = sit({ place, args: ['the otter of the command line'] });
  type('the otter that was typed\r');
  await until(/You said: the otter that was typed[\s\S]*You said: the otter of the command line/);
  await until(IDLE);
  const said = terminal.text();
  assert.equal(said.match(/^› the otter/gm)?.length, 2, said);
  assert.doesNotMatch(said, /✗/);
  type('\u001b[A');
  await until(/\n› the otter that was typed\n[^\n]*$/);
  assert.equal(place.read('home/.scorpiox/history'), '"the otter that was typed"\n"the otter of the command line"\n');
  await leave();
});

test('without a provider a prompt and a shell line come back to the editor, with what is missing', async () => {
  using place = createPlace();
  const { type, until, leave } = sit({ place });
  await until(/1\/3 provider/);
  type('\u001b');
  await until(/skipped: [\s\S]*› ask/);
  for (const line of ['!touch made', 'hello']) {
    type(`${line}\r`);
    await until(new RegExp(`no model answers yet[\\s\\S]*\\n› ${line}\\n[^\\n]*$`));
    type('\u0003');
    await until(/\n› ask, or type[^\n]*\n[^\n]*$/);
  }
  await leave();
});

test('a prompt that waits for a first step holds no way out up', async () => {
  using place = createPlace();
  const { type, until, hangUp, ended } = sit({ place });
  type('hello\r');
  await until(/1\/3 provider/);
  hangUp();
  assert.equal(await ended, 1);
});
