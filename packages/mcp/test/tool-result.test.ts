import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonObject, UserPart } from '@sx/llm';

import { mcpLimits } from '../src/limits.ts';
import { toOutput } from '../src/tool-result.ts';

const text = (value: string): UserPart => ({ type: 'text', text: value });
const parts = (...content: readonly object[]): readonly UserPart[] => toOutput(JSON.parse(JSON.stringify({ content }))).content;

test('text, images and resources become parts; the rest a line', () => {
  assert.deepEqual(parts({ type: 'text', text: 'hi' }, { type: 'image', data: 'aGk=', mimeType: 'image/PNG' }), [text('hi'), { type: 'media', mediaType: 'image/png', data: 'aGk=' }]);
  assert.deepEqual(parts({ type: 'resource', resource: { uri: 'file:///a\nb', text: 'inside' } }), [text('[resource file:///a b]\ninside')]);
  assert.deepEqual(parts({ type: 'resource', resource: { uri: 'u', blob: 'aGk=', mimeType: 'application/zip' } }), [text('[resource u]'), text('[resource of type application/zip is left out: it cannot be shown to the model]')]);
  assert.deepEqual(parts({ type: 'resource_link', uri: 'https://e/x', name: 'x' }), [text('[link to https://e/x: x]')]);
  assert.deepEqual(parts({ type: 'image', data: 'no base64!', mimeType: 'image/png' }), [text('[image is left out: it is not base64]')]);
  assert.match(JSON.stringify(parts({ type: 'image', data: 'A'.repeat(mcpLimits.resultMediaBytesMax + 1), mimeType: 'image/png' })), /is left out: 5242881 bytes/);
  assert.deepEqual(parts({ type: 'hologram' }, 'x' as unknown as object), [text('[a part of the unknown type hologram]'), text('[a part that is no object]')]);
});

test('a result is never empty, and structured content is shown where there is no text', () => {
  assert.deepEqual(toOutput({ content: [] }).content, [text('(no output)')]);
  assert.deepEqual(toOutput({}), { isError: true, content: [text('The server answered without content.')] });
  assert.deepEqual(toOutput({ structuredContent: { a: 1 }, content: [] }).content, [text('{"a":1}')]);
  assert.deepEqual(toOutput({ structuredContent: { a: 1 }, content: [{ type: 'text', text: 'one' }] }).content, [text('one')]);
});

test('an error of the tool is one; text and parts have limits', () => {
  const result: JsonObject = { isError: true, content: Array.from({ length: 300 }, () => ({ type: 'text', text: 'x'.repeat(1_000) })) };
  const output = toOutput(result);
  assert.equal(output.isError, true);
  const whole = output.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  assert.ok(whole.length < mcpLimits.resultCharsMax + 200);
  assert.match(whole.slice(-100), /\[cut: the result has more than 60000 characters; ask for less\]$/);
  assert.match(JSON.stringify(parts(...Array.from({ length: 101 }, () => ({ type: 'text', text: 'x' })))), /1 more parts are left out/);
});
