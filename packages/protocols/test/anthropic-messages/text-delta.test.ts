import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { JsonObject } from '@sx/llm';
import { createSeededRandom } from '@sx/testkit';

import { readTextDelta } from '../../src/anthropic-messages/text-delta.ts';
import { begin, call, decodeEvents, end, settled, start, stop } from './conversation.ts';

const usual = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}';
const withText = (text: string): string => usual.replace('Hello', () => text);

/** What is read is what the parser would give: the same value, the same members in the same order, and nothing else. */
function assertSameAsParsed(data: string): boolean {
  const read = readTextDelta(data);
  if (read === undefined) return false;
  const { index, text } = read;
  const event = { type: 'content_block_delta', index, delta: { type: 'text_delta', text } };
  assert.equal(JSON.stringify(JSON.parse(data)), JSON.stringify(event), data);
  return true;
}

describe('readTextDelta', () => {
  const taken: readonly (readonly [name: string, data: string])[] = [
    ['the usual form', usual],
    ['an empty text', withText('')],
    ['blanks before the last brace', usual.replace(/\}$/, '          }')],
    ['blanks around the braces', usual.replace(/\}\}$/, ' } } ')],
    ['an index of four digits', usual.replace('0', '9999')],
    ['braces, brackets and slashes in the text', withText('}}, [/] {')],
    ['what JSON wants no escape for', withText('\u007f\u0080\u2028\u2029\ufeffé漢🏔')],
    ['half of a surrogate pair', withText('\ud83c')],
    ['the name of a member', withText('__proto__')],
  ];
  for (const [name, data] of taken) {
    it(`takes ${name}`, () => assert.ok(assertSameAsParsed(data)));
  }

  const left: readonly (readonly [name: string, data: string])[] = [
    ['an escape', withText('a\\n')],
    ['an escaped quote', withText('\\"')],
    ['an escape that is none', withText('\\x')],
    ['a backslash at the end', withText('\\')],
    ['a control character', withText('\u0000')],
    ['a line feed', withText('a\nb')],
    ['the last control character', withText('\u001f')],
    ['a quote', withText('a"b')],
    ['a second text', withText('a","text":"b')],
    ['a further member of the delta', withText('a","more":"b')],
    ['a further member of the event', usual.replace(/\}$/, ',"more":1}')],
    ['a member before', usual.replace('{', '{"more":1,')],
    ['a type that comes twice', usual.replace('{', '{"type":"ping",')],
    ['an index that comes twice', usual.replace('"index":0', '"index":0,"index":1')],
    ['another order', '{"index":0,"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}'],
    ['another order in the delta', '{"type":"content_block_delta","index":0,"delta":{"text":"a","type":"text_delta"}}'],
    ['another delta', usual.replaceAll('text', 'thinking')],
    ['another event', usual.replace('content_block_delta', 'content_block_start')],
    ['text that is no string', usual.replace('"Hello"', '1')],
    ...['-0', '-1', '1.0', '1e1', '1E+1', '01', '00', '+1', ' 1', '1 ', '0x1', '10000', '9'.repeat(400), '"0"', 'null', ''].map(
      (index) => [`the index ${index.slice(0, 8)}`, usual.replace('0', index)] as const,
    ),
    ['a byte order mark', `\ufeff${usual}`],
    ['a tab as padding', usual.replace(/\}$/, '\t}')],
    ['a no-break space as padding', usual.replace(/\}$/, '\u00a0}')],
    ['a line feed behind it', `${usual}\n`],
    ['something behind it', `${usual}1`],
    ['two of them', usual + usual],
    ['nothing', ''],
  ];
  for (const [name, data] of left) {
    it(`leaves ${name} to the parser`, () => assert.equal(readTextDelta(data), undefined));
  }
  it('leaves every prefix and every suffix to the parser', () => {
    for (let at = 1; at < usual.length; at += 1) {
      assert.equal(readTextDelta(usual.slice(0, at)), undefined);
      assert.equal(readTextDelta(usual.slice(at)), undefined);
    }
  });
  it('never gives what the parser refuses or reads otherwise, whatever is changed', () => {
    const random = createSeededRandom(20_261_124);
    const bits = [
      ...'{}[]:,"\\/ \t\n\r\u0000\u001f\u007f0123456789-+.eEué漢\ud83c\udfd4', '\\n', '\\u0041', '\\ud83c', '"text":', ',"index":1', '"delta":{', 'null', 'true',
      '"a"', '  ', '-0', '1e3', '"type":"ping",', '__proto__', 'text_delta', '}}',
    ];
    const pick = (): string => bits[random.below(bits.length)] ?? '';
    let read = 0;
    for (let round = 0; round < 200_000; round += 1) {
      // Half of them keep the form and change the text only, and so often stay in it.
      let data = withText(Array.from({ length: random.below(6) }, pick).join(''));
      for (let changes = random.below(3); changes > 0 && random.below(2) === 0; changes -= 1) {
        const at = random.below(data.length + 1);
        data = data.slice(0, at) + pick() + data.slice(at + random.below(3));
      }
      if (assertSameAsParsed(data)) read += 1;
    }
    assert.ok(read > 10_000, `${read} were read`);
  });
  it('takes a text as long as an event may be', () => {
    const text = 'a }} '.repeat(2_000_000);
    assert.equal(readTextDelta(withText(text))?.text, text);
    assert.equal(readTextDelta(withText(`${text}\\`)), undefined);
  });
});

describe('messages: text that is not parsed', () => {
  const open = begin(0, { type: 'text', text: '' });
  /** The same event, in a form that only the parser takes. */
  const parsed = usual.replace('{"type"', '{ "type"');
  const rows: readonly (readonly [name: string, around: (delta: string) => readonly (JsonObject | string)[]])[] = [
    ['within its block', (delta) => [start(), open, delta, delta, end(0), settled(), stop]],
    ['before the message', (delta) => [delta, start()]],
    ['before its block', (delta) => [start(), delta]],
    ['after the end of its block', (delta) => [start(), open, end(0), delta]],
    ['in a block that comes again', (delta) => [start(), open, delta, end(0), start(), open, delta, end(0), settled(), stop]],
    ['in a thought', (delta) => [start(), begin(0, { type: 'thinking', thinking: '' }), delta]],
    ['in a call', (delta) => [start(), ...call(0, 'a').slice(0, 1), delta]],
    ['in a block that nobody knows', (delta) => [start(), begin(0, { type: 'hologram', text: 'a' }), delta, delta, end(0), settled(), stop]],
    ['after the message', (delta) => [start(), open, delta, end(0), settled(), stop, delta]],
    ['where the stream is cut', (delta) => [start(), open, delta]],
  ];
  for (const [name, around] of rows) {
    it(`means what it means parsed: ${name}`, () => {
      assert.equal(readTextDelta(parsed), undefined);
      assert.deepEqual(decodeEvents(around(usual)), decodeEvents(around(parsed)));
    });
  }
});
