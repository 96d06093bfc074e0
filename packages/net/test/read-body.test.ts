import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readBytes, readJson, readText } from '../src/read-body.ts';
import type { HttpBody } from '../src/transport.ts';
import { codeOf } from './socket/transport-fixture.ts';

/** A body of these pieces. They are views of one buffer that changes after each, as the contract allows. */
function bodyOf(pieces: readonly string[]): HttpBody {
  return {
    state: 'unread',
    trailers: [],
    cancel: () => undefined,
    async *[Symbol.asyncIterator]() {
      const shared = Buffer.alloc(64);
      for (const piece of pieces) {
        yield shared.subarray(0, shared.write(piece, 'latin1'));
        shared.fill('!');
      }
    },
  };
}

test('copies the pieces, which are views', async () => {
  assert.equal(Buffer.from(await readBytes(bodyOf(['ab', 'c', '', 'def']))).toString(), 'abcdef');
  assert.equal(await readText(bodyOf(['one'])), 'one');
  assert.equal((await readBytes(bodyOf([]))).length, 0);
});

test('decodes UTF-8 over the borders of pieces', async () => {
  assert.equal(await readText(bodyOf(['a', '\xc3', '\xbc\xff', 'b', '\xc3'])), 'aü\ufffdb\ufffd');
});

test('drops a byte order mark at the beginning, and only there', async () => {
  assert.equal(await readText(bodyOf(['\xef', '\xbb\xbfa', '\xef\xbb\xbfb'])), 'a\ufeffb');
  assert.equal(await readText(bodyOf(['\xef\xbb\xbfa'])), 'a');
});

test('takes exactly as many bytes as the limit says', async () => {
  assert.equal(await readText(bodyOf(['abc', 'de']), 5), 'abcde');
  assert.equal(await codeOf(readText(bodyOf(['abc', 'de', 'f']), 5)), 'NET_BODY_TOO_LARGE');
});

test('parses JSON, and throws what JSON.parse throws', async () => {
  assert.deepEqual(await readJson(bodyOf(['{"a":', '[1]}'])), { a: [1] });
  await assert.rejects(readJson(bodyOf(['{'])), SyntaxError);
});
