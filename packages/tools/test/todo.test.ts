import assert from 'node:assert/strict';
import { test } from 'node:test';

import { todoTool } from '../src/todo.ts';
import { createFixture } from './tool-fixture.ts';

const { call } = createFixture();

test('the list comes back as it stands, and its title says how far it is', async () => {
  const items = [{ text: ' look ', state: 'done' }, { text: 'change', state: 'doing' }, { text: 'check', state: 'open' }];
  const { text, summary } = await call(todoTool, { items });
  assert.equal(text, '[x] look\n[>] change\n[ ] check\n(1 of 3 done)');
  assert.equal(summary, '1 of 3 done');
  assert.match((await call(todoTool, { items: [] })).text, /an empty list/);
});

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['no list', 'x', /must be an array/],
  ['too many items', Array.from({ length: 51 }, () => ({ text: 'x', state: 'open' })), /51 items, at most 50/],
  ['an empty text', [{ text: ' ', state: 'open' }], /items\[0\]\.text` must be a text/],
  ['a long text', [{ text: 'x'.repeat(501), state: 'open' }], /501 characters, at most 500/],
  ['an unknown state', [{ text: 'x', state: 'later' }], /items\[0\]\.state` must be one of open, doing, done/],
  ['an item that is none', [null], /items\[0\]\.text/],
];

for (const [name, items, reason] of refused) {
  test(`refuses ${name}`, async () => assert.match((await call(todoTool, { items: items as never })).text, reason));
}
