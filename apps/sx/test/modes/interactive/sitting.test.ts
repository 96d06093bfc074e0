/** What two sides say to a sitting at once. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { createPlace, IDLE, sit } from './sitting.ts';

const simulator: Simulator = await createSimulator();
after(() => simulator.close());

test('a prompt typed before the session is open and that of the command line are two turns, one after the other', async () => {
  using place = createPlace(simulator);
  const { type, until, terminal, leave } = sit({ place, args: ['the otter of the command line'] });
  type('the otter that was typed\r');
  await until(/You said: the otter that was typed[\s\S]*You said: the otter of the command line/);
  await until(IDLE);
  const said = terminal.text();
  assert.equal(said.match(/^› the otter/gm)?.length, 2, said);
  assert.doesNotMatch(said, /✗/);
  await leave();
});
