import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createKeyDecoder, type Key } from '../../src/config-editor/keys.ts';

function named(keys: readonly Key[]): string[] {
  return keys.map((key) => (key.kind === 'text' ? key.text : key.kind === 'paste' ? `paste ${key.text}` : key.kind));
}

const ROWS: readonly (readonly [rule: string, bytes: string, keys: readonly string[]])[] = [
  ['typed characters', 'aÄ中😀', ['a', 'Ä', '中', '😀']],
  ['arrows, as CSI and as SS3', '\u001b[A\u001b[B\u001bOC\u001bOD', ['up', 'down', 'right', 'left']],
  ['pages and ends, in both spellings', '\u001b[5~\u001b[6~\u001b[H\u001b[4~\u001bOF', ['page-up', 'page-down', 'home', 'end', 'end']],
  ['sequences that are not known are dropped whole', 'a\u001b[1;5Pb\u001b[99~c\u001bOZd', ['a', 'b', 'c', 'd']],
  ['controls', '\r\u007f\u0003\u0015\u001b[3~', ['enter', 'backspace', 'interrupt', 'clear-line', 'delete']],
  ['controls without a meaning are nothing', '\u0000\u0007\u000ex', ['x']],
  ['ESC before something else is Escape', '\u001bq', ['escape', 'q']],
  ['a paste is one key, without what it would command', 'q\u001b[200~sk-1\r\nq\u001b[Au\u001b[201~q', ['q', 'paste sk-1q[Au', 'q']],
  ['two pastes', '\u001b[200~a\u001b[201~\u001b[200~\u001b[201~', ['paste a', 'paste ']],
  ['a sequence that never ends is let go', `\u001b[${'1;'.repeat(30)}`, ['escape', '[', ...'1;'.repeat(30)]],
];

for (const [rule, bytes, keys] of ROWS) {
  test(`${rule}, cut anywhere`, () => {
    const whole = createKeyDecoder();
    assert.deepEqual(named(whole.push(bytes)), keys);
    if (keys.includes('escape')) return;
    const characters = [...bytes];
    for (let at = 0; at <= characters.length; at += 1) {
      const decoder = createKeyDecoder();
      assert.deepEqual(named([...decoder.push(characters.slice(0, at).join('')), ...decoder.push(characters.slice(at).join(''))]), keys);
    }
  });
}

test('a lone ESC waits, and is Escape once nothing came', () => {
  const decoder = createKeyDecoder();
  assert.deepEqual(decoder.push('\u001b'), []);
  assert.ok(decoder.waits);
  assert.deepEqual(named(decoder.flush()), ['escape']);
  assert.ok(!decoder.waits);
  assert.deepEqual(decoder.flush(), []);
});

test('a paste that never ends is held to a limit, and is no Escape', () => {
  const decoder = createKeyDecoder();
  assert.deepEqual(decoder.push(`\u001b[200~${'x'.repeat(50_000)}`), []);
  assert.ok(!decoder.waits);
  assert.deepEqual(decoder.flush(), []);
  const [paste] = decoder.push('\u001b[201~');
  assert.equal(paste?.kind === 'paste' && paste.text.length, 16_384);
});
