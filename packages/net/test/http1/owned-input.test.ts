import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createResponseDecoder, isNetError } from '@sx/net';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

interface Pushed {
  readonly pieces: readonly string[];
  readonly leftover: string | undefined;
  readonly fault: string | undefined;
}

/** What one push of the input gives, after the head went in by itself. */
function push(text: string, ownsInput: boolean): Pushed {
  const decoder = createResponseDecoder({ method: 'GET', ownsInput });
  decoder.push(Buffer.from(HEAD), () => undefined);
  const views: Uint8Array[] = [];
  let fault: string | undefined;
  try {
    decoder.push(Buffer.from(text, 'latin1'), (event) => event.type === 'data' && views.push(event.bytes));
  } catch (error) {
    fault = isNetError(error) ? `${error.code} ${error.offset}` : String(error);
  }
  // Read at the end of the push: what was emitted must still be so.
  const pieces = views.map((bytes) => Buffer.from(bytes).toString('latin1'));
  return { pieces, leftover: decoder.leftover && Buffer.from(decoder.leftover).toString('latin1'), fault };
}

const ROWS: readonly (readonly [rule: string, input: string, body: string])[] = [
  ['chunks of one size', '4\r\nabcd\r\n4\r\nefgh\r\n4\r\nijkl\r\n', 'abcdefghijkl'],
  ['a small chunk before a large one', '1\r\na\r\n10\r\n0123456789abcdef\r\n', 'a0123456789abcdef'],
  ['a large chunk before small ones', '10\r\n0123456789abcdef\r\n1\r\nx\r\n2\r\nyz\r\n', '0123456789abcdefxyz'],
  ['size lines that are not plain', '00000003 ;x=y\r\nabc\r\n3;q="z"\r\ndef\r\n', 'abcdef'],
  ['a last chunk that is cut', '2\r\nab\r\n8\r\ncdef', 'abcdef'],
  ['the end, with another response behind it', '2\r\nab\r\n2\r\ncd\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n', 'abcd'],
  ['a fault behind whole chunks', '2\r\nab\r\n2\r\ncd\r\nxyz', 'abcd'],
];

test('the chunks of one input come as one view where the memory is given away, and as one each where it is not', async (t) => {
  for (const [rule, input, body] of ROWS) {
    await t.test(rule, () => {
      const theirs = push(input, false);
      const ours = push(input, true);
      assert.deepEqual(ours, { ...theirs, pieces: [body] });
      assert.equal(theirs.pieces.join(''), body);
      assert.ok(theirs.pieces.length > 1);
    });
  }
});

test('memory that is not given away stays as it is', () => {
  const input = Buffer.from(`${HEAD}1\r\na\r\n9\r\nbcdefghij\r\n0\r\n\r\n`);
  const before = Buffer.from(input);
  createResponseDecoder({ method: 'GET' }).push(input, () => undefined);
  assert.deepEqual(input, before);
});

test('a million chunks of one byte stay within the limits that a single one has', () => {
  const decoder = createResponseDecoder({ method: 'GET', ownsInput: true });
  decoder.push(Buffer.from(HEAD), () => undefined);
  let bytes = 0;
  for (let round = 0; round < 100; round += 1) decoder.push(Buffer.from('1\r\nx\r\n'.repeat(10_000)), (event) => event.type === 'data' && (bytes += event.bytes.length));
  assert.equal(bytes, 1_000_000);
});
