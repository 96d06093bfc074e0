/** Images on the screen: attached by the person, looked at by the model; on terminals that have a protocol for them, and on others. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { createPlace, IDLE, type Place, sit, type Sitting } from './sitting.ts';

const simulator: Simulator = await createSimulator();
after(() => simulator.close());

/** 30 × 40 pixels: 3 × 2 cells. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAB4AAAAoCAMAAADezbogAAAAA1BMVEXQQCDh5GcnAAAAEklEQVQ4y2NgGAWjYBSMguEFAATYAAGPTZonAAAAAElFTkSuQmCC', 'base64');
const READY = /› ask[\s\S]*codex gpt-5\.5/;
const PICTURE = '▒▒▒\n▒▒▒\n';

const paste = (text: string): string => `\u001b[200~${text}\u001b[201~`;

async function attached(desk: Sitting, place: Place): Promise<string> {
  const path = place.put('project/shot.png', PNG);
  await desk.until(READY);
  desk.type(paste(path));
  await desk.until(/› \[[^\]]*shot\.png/);
  desk.type(' what is this?\r');
  await desk.until(/You said: /);
  return desk.until(IDLE);
}

async function looked(desk: Sitting, place: Place): Promise<string> {
  place.put('project/shot.png', PNG);
  await desk.until(READY);
  desk.type('[script]\ncall view_image {"path":"shot.png"}\nthen\nsay it is red\r');
  await desk.until(/✓ [\s\S]*shot\.png[\s\S]*\nit is red\n/);
  return desk.until(IDLE);
}

async function left(desk: Sitting): Promise<void> {
  assert.equal(await desk.leave(), 0);
  assert.deepEqual([...desk.terminal.unknown, ...desk.terminal.trespasses], []);
}

describe('an image on a terminal that answers that it has sixel', () => {
  test('that is attached stands below its prompt', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place, sixel: true });
    assert.match(await attached(desk, place), new RegExp(`what is this\\?\n${PICTURE}`));
    await left(desk);
  });
  test('that the model looks at stands below the line of the tool', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place, sixel: true });
    assert.match(await looked(desk, place), new RegExp(`shot\\.png[^\n]*30 × 40 pixels[^\n]*\n${PICTURE}`));
    await left(desk);
  });
  test('at 40 columns, at the bottom of a low screen, again and again', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place, sixel: true, columns: 40, rows: 8 });
    for (let nth = 1; nth <= 3; nth += 1) {
      await attached(desk, place);
      await desk.when(() => desk.terminal.text().split('You said').length === nth + 1 && IDLE.test(desk.terminal.text()));
    }
    assert.equal(desk.terminal.text().match(/what is this\?\n▒▒▒\n▒▒▒\n/g)?.length, 3);
    await left(desk);
  });
});

describe('an image on a terminal that has no protocol', () => {
  test('that is attached is named, with its size', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place });
    assert.match(await attached(desk, place), /what is this\?\n\[image shot\.png, 30 × 40, 1 KB\]\n/);
    await left(desk);
  });
  test('that the model looks at has the line of the tool', async () => {
    using place = createPlace(simulator);
    const desk = sit({ place });
    assert.doesNotMatch(await looked(desk, place), /\[image|▒/);
    await left(desk);
  });
});
