import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertSplits } from '@sx/testkit';

import { createSessionDecoder, type SessionLine } from '../../src/session/session-decoder.ts';
import { encodeRecord, type SessionRecord } from '../../src/session/session-record.ts';

const header: SessionRecord = { type: 'session', version: 1, id: 'i', createdAtMs: 1, workingDirectory: '/w', projectRoot: '/w', program: 'sx/0' };
const user = (text: string): SessionRecord => ({ type: 'message', message: { role: 'user', content: [{ type: 'text', text }] } });
const line = (record: SessionRecord): string => `${encodeRecord(record)}\n`;
const record = (value: SessionRecord): SessionLine => ({ kind: 'record', record: value });
const fault = (number: number, offset: number, reason: string): SessionLine => ({ kind: 'fault', fault: { line: number, offset, reason } });
const H = line(header);

const ROWS: readonly (readonly [rule: string, input: string, values: readonly SessionLine[]])[] = [
  ['nothing', '', []],
  ['one record a line', H + line(user('a')), [record(header), record(user('a'))]],
  ['text outside of ASCII', H + line(user('äöü € 🦦')), [record(header), record(user('äöü € 🦦'))]],
  ['an empty line is passed over', `${H}\n \n${line(user('a'))}`, [record(header), record(user('a'))]],
  ['a kind of record that nobody knows yet is passed over', `${H}{"type":"later","x":1}\n${line(user('a'))}`, [record(header), record(user('a'))]],
  ['garbage in the middle is reported and skipped', `${H}garbage\n${line(user('a'))}`, [record(header), fault(2, H.length, 'no JSON'), record(user('a'))]],
  ['NUL bytes are reported', `${H}\0\0\0\n${line(user('a'))}`, [record(header), fault(2, H.length, 'NUL bytes'), record(user('a'))]],
  ['JSON that is no record is reported with its path', `${H}{"type":"message","message":{"role":"user","content":[{"type":"text"}]}}\n`, [record(header), fault(2, H.length, '$.message.content[0].text: expected a string, got nothing')]],
  ['an array is no record', `${H}[]\n`, [record(header), fault(2, H.length, '$: expected an object, got an array')]],
  ['a record without type', '{}\n', [fault(1, 0, '$.type: expected a string, got nothing')]],
  ['an unknown role', `{"type":"message","message":{"role":"tool","content":[]}}\n`, [fault(1, 0, '$.message.role: expected "user" or "assistant", got a string')]],
  ['a torn last line', `${H}${line(user('a')).slice(0, 20)}`, [record(header), { kind: 'torn', offset: H.length }]],
  ['a torn end of NUL bytes', `${H}\0\0\0\0`, [record(header), { kind: 'torn', offset: H.length }]],
  ['a last line that lacks only its LF counts', H + line(user('a')).slice(0, -1), [record(header), record(user('a')), { kind: 'unended' }]],
  ['a torn line behind a fault', `x\n{"type":`, [fault(1, 0, 'no JSON'), { kind: 'torn', offset: 2 }]],
];
for (const [rule, input, values] of ROWS) {
  test(`session decoder: ${rule}`, () => {
    assertSplits({ create: () => createSessionDecoder(), input: Buffer.from(input), values, prefixes: 'any' });
  });
}

test('session decoder: bytes that are no UTF-8 are reported', () => {
  const input = Buffer.concat([Buffer.from(H), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(line(user('a')))]);
  assertSplits({ create: () => createSessionDecoder(), input, values: [record(header), fault(2, H.length, 'no UTF-8'), record(user('a'))], prefixes: 'any' });
});

test('session decoder: a line above the limit is reported, not held, and what follows is read', () => {
  const input = `${'x'.repeat(300)}\n${line(user('a'))}`;
  assertSplits({ create: () => createSessionDecoder(200), input, values: [fault(1, 0, 'longer than 200 bytes'), record(user('a'))], prefixes: 'any' });
});

test('what a vendor sent comes back as it was, to the byte', () => {
  const raw = JSON.parse('[{"type":"reasoning","encrypted_content":"gAAA\\u2028\\ud800","n":1e21,"f":-0.0,"1":"a","__proto__":{"x":1},"b":[null,true,"\\u0000"]},{"unknown":{}}]');
  const origin = { provider: 'codex', protocol: 'openai-responses', model: 'm', baseUrl: 'https://x.example' };
  const message: SessionRecord = { type: 'message', message: { role: 'assistant', content: [{ type: 'reasoning', text: '' }], origin, finishReason: 'end', rawFinishReason: 'STOP', providerMetadata: { origin, raw } } };
  const lines: SessionLine[] = [];
  createSessionDecoder().push(Buffer.from(line(message)), (value) => void lines.push(value));
  const [read] = lines;
  assert.ok(read?.kind === 'record' && read.record.type === 'message' && read.record.message.role === 'assistant');
  assert.equal(JSON.stringify(read.record.message.providerMetadata?.raw), JSON.stringify(raw));
  assert.equal(encodeRecord(read.record), encodeRecord(message));
});
