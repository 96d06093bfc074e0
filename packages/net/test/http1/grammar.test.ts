import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decodeLatin1 } from '../../src/http1/grammar.ts';

describe('decodeLatin1', () => {
  it('gives one character for each octet, whatever they would be as UTF-8', () => {
    const bytes = Buffer.alloc(4);
    const check = (...octets: readonly number[]): void => {
      bytes.set(octets);
      const text = decodeLatin1(bytes, 0, octets.length);
      if (text !== bytes.subarray(0, octets.length).toString('latin1')) assert.fail(octets.map((octet) => octet.toString(16)).join(' '));
    };
    check();
    for (let first = 0; first < 256; first += 1) {
      check(first);
      for (let second = 0; second < 256; second += 1) check(first, second);
    }
    // Of each class of UTF-8 the edges: continuations, leads of two to four octets, what may not follow, what is no lead at all.
    const edges = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbd, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
    for (const a of edges) for (const b of edges) for (const c of edges) for (const d of edges) check(a, b, c, d);
  });
});
