import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertSplits } from '@sx/testkit';

import { type ClientLine, createStreamJsonDecoder } from '../../src/prompt/stream-json-decoder.ts';

const user = (content: unknown): string => `${JSON.stringify({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: 's' })}\n`;
const prompt = (...texts: string[]): ClientLine => ({ kind: 'prompt', content: texts.map((text) => ({ type: 'text', text })) });
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'R0lGODlh' } };

const PASS: readonly (readonly [rule: string, input: string, values: readonly ClientLine[]])[] = [
  ['nothing', '', []],
  ['a text', user('hi'), [prompt('hi')]],
  ['a last line without LF', user('hi').trimEnd(), [prompt('hi')]],
  ['CRLF and empty lines', `\r\n${user('hi').trimEnd()}\r\n\n`, [prompt('hi')]],
  ['several', user('äöü 🦦') + user('b'), [prompt('äöü 🦦'), prompt('b')]],
  ['text blocks', user([{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }]), [prompt('a', 'b')]],
  ['an image', user([image]), [{ kind: 'prompt', content: [{ type: 'media', mediaType: 'image/gif', data: 'R0lGODlh' }] }]],
  ['a request', '{"type":"control_request","request_id":"1","request":{"subtype":"interrupt"}}\n', [{ kind: 'request', id: '1', subtype: 'interrupt' }]],
  ['other types are passed over', `{"type":"keep_alive"}\n{"type":"control_response","response":{}}\n${user('hi')}`, [prompt('hi')]],
];
for (const [rule, input, values] of PASS) {
  test(`reads ${rule}`, () => void assertSplits({ create: () => createStreamJsonDecoder(), input: Buffer.from(input), values, prefixes: 'any' }));
}

const REFUSED: readonly (readonly [rule: string, input: string | Uint8Array, code: string, says: RegExp])[] = [
  ['garbage', `${user('a')}garbage\n`, 'CLI_BAD_INPUT', /standard input, line 2: no JSON$/],
  ['an array', '[]\n', 'CLI_BAD_INPUT', /line 1: \$: expected an object, got an array/],
  ['no type', '{}\n', 'CLI_BAD_INPUT', /\$\.type/],
  ['no message', '{"type":"user"}\n', 'CLI_BAD_INPUT', /\$\.message: expected an object/],
  ['no content', '{"type":"user","message":{}}\n', 'CLI_BAD_INPUT', /\$\.message\.content: expected an array/],
  ['a tool result', user([{ type: 'tool_result' }]), 'CLI_BAD_INPUT', /content\[0\]: expected a text, or an image/],
  ['an image that is none', user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }]), 'CLI_BAD_INPUT', /content\[0\]\.source\.data: expected a PNG, JPEG, GIF or WebP image or a PDF/],
  ['an image by URL', user([{ type: 'image', source: { type: 'url', url: 'https://x' } }]), 'CLI_BAD_INPUT', /base64/],
  ['a request without id', '{"type":"control_request","request":{"subtype":"interrupt"}}\n', 'CLI_BAD_INPUT', /\$\.request_id/],
  ['an empty prompt', user(' '), 'CLI_EMPTY_PROMPT', /line 1: the prompt is empty/],
  ['an empty list', user([]), 'CLI_EMPTY_PROMPT', /empty/],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a]), 'CLI_NOT_UTF8', /line 1/],
  ['a line above the limit', 'x'.repeat(600), 'CLI_INPUT_TOO_LARGE', /line 1: longer than 500 bytes/],
];
for (const [rule, input, code, says] of REFUSED) {
  test(`refuses ${rule}`, () => {
    assertSplits({ create: () => createStreamJsonDecoder(500), input: typeof input === 'string' ? Buffer.from(input) : input, fault: code, prefixes: 'any' });
    const decoder = createStreamJsonDecoder(500);
    assert.throws(() => decoder.push(Buffer.from(input), () => undefined), says);
  });
}
