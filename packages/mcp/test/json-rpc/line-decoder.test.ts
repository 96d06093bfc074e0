import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertSplits } from '@sx/testkit';

import { createLineDecoder } from '../../src/json-rpc/line-decoder.ts';
import { encodeNotification, encodeRequest, type RpcMessage } from '../../src/json-rpc/message.ts';

const limits = { messageBytesMax: 200, messageDepthMax: 8 };
const create = () => createLineDecoder(limits);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const stray = (text: string): RpcMessage => ({ kind: 'stray', text });

const GOOD: readonly (readonly [rule: string, input: string | Uint8Array, values: readonly RpcMessage[]])[] = [
  ['a result', '{"jsonrpc":"2.0","id":1,"result":{"a":[1]}}\n', [{ kind: 'result', id: 1, result: { a: [1] } }]],
  ['a result that is null', '{"jsonrpc":"2.0","id":1,"result":null}\n', [{ kind: 'result', id: 1, result: null }]],
  ['an error, and an id that is text', '{"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"no"}}\n', [{ kind: 'error', id: 'a', code: -32601, message: 'no' }]],
  ['an error without an id', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse"}}\n', [{ kind: 'error', id: null, code: -32700, message: 'parse' }]],
  ['a request and a notification', '{"jsonrpc":"2.0","id":2,"method":"ping"}\n{"jsonrpc":"2.0","method":"n","params":{"x":1}}\n', [{ kind: 'request', id: 2, method: 'ping', params: {} }, { kind: 'notification', method: 'n', params: { x: 1 } }]],
  ['a batch', '[{"jsonrpc":"2.0","method":"a"},7]\n', [{ kind: 'notification', method: 'a', params: {} }, stray('[{"jsonrpc":"2.0","method":"a"},7]')]],
  ['CR before LF, blank lines', '\r\n  \n{"jsonrpc":"2.0","method":"a"}\r\n\n', [{ kind: 'notification', method: 'a', params: {} }]],
  ['text of several octets', bytes('{"jsonrpc":"2.0","method":"ü€🦦"}\n'), [{ kind: 'notification', method: 'ü€🦦', params: {} }]],
  ['a log line among the messages', 'ready\n{"jsonrpc":"2.0","method":"a"}\n', [stray('ready'), { kind: 'notification', method: 'a', params: {} }]],
  ['a line that is no UTF-8', Uint8Array.of(0x22, 0xff, 0x22, 0x0a), [stray('octets that are no UTF-8')]],
  ['params that are no object', '{"jsonrpc":"2.0","method":"a","params":[1]}\n', [{ kind: 'notification', method: 'a', params: {} }]],
];

for (const [rule, input, values] of GOOD) test(`reads ${rule}`, () => void assertSplits({ create, input, values, prefixes: 'any' }));

const STRAY = [
  '{"id":1,"result":1}', '{"jsonrpc":"1.0","id":1,"result":1}', '{"jsonrpc":"2.0","id":{},"result":1}', '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1}}',
  '{"jsonrpc":"2.0","id":1,"error":"x"}', '{"jsonrpc":"2.0","id":true,"method":"a"}', '[]', '42', '"x"', 'null', '{', `${'['.repeat(20)}${']'.repeat(20)}`, '{"jsonrpc":"2.0","method":"__proto__","params":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}',
];
for (const line of STRAY) test(`takes for stray: ${line}`, () => void assertSplits({ create, input: `${line}\n`, values: [stray(line)], prefixes: 'any' }));

test('refuses a line beyond the limit, finished or not, after what came before it', () => {
  const first = '{"jsonrpc":"2.0","method":"a"}\n';
  for (const end of ['\n', '']) {
    assertSplits({ create, input: `${first}${'x'.repeat(201)}${end}`, values: [{ kind: 'notification', method: 'a', params: {} }], fault: 'MCP_MESSAGE_TOO_LARGE', prefixes: 'any' });
  }
  assertSplits({ create, input: `${'x'.repeat(200)}\n`, values: [stray('x'.repeat(200))], prefixes: 'any' });
});

test('refuses an output that ends within a line', () => {
  assertSplits({ create, input: '{"jsonrpc":"2.0","method":"a"}', values: [], fault: 'MCP_BAD_MESSAGE', prefixes: 'any' });
});

test('what we write is one line, whatever is in it', () => {
  for (const wire of [encodeRequest(1, 'tools/call', { text: 'a\nb\r\u2028' }), encodeNotification('n')]) assert.doesNotMatch(wire, /[\r\n]/);
});
