/**
 * Makes odd octets out of plain ones: one to four small changes of a corpus entry, all drawn from a seeded generator.
 *
 * The dictionary holds what separates and measures in HTTP and event streams; most random octets only break a token.
 */
import type { SeededRandom } from '@sx/testkit';

const DICTIONARY = [
  '\r\n', '\n', '\r', '\r\n\r\n', '\n\n', ' ', '\t', '\r\n ', ':', ': ', ';', ',', '0', '1', 'f', '-1', '+1', '0x1', '00',
  '9007199254740992', '10000000000000000', '\0', '\x01', '\x7f',
  '\x80', '\xff', '\xef\xbb\xbf', '\xe2\x82\xac', '\xf0\x9f\x98\x80', '"', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 204 No\r\n', 'HTTP/1.2',
  'Content-Length: 2\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'chunked', 'gzip', 'Connection: close\r\n',
  'Content-Encoding: gzip\r\n', 'X: y\r\n', '0\r\n\r\n', '2\r\nhi\r\n',
  'data: x\n', 'data:', 'data', 'event: e\n', 'id: 1\n', 'retry: 5\n', ': c\n',
].map((text) => Buffer.from(text, 'latin1'));

/** Inputs stay short: the rules are short, and many inputs find more than long ones. */
const OCTETS_MAX = 700;

export function mutate(corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  let octets: Uint8Array = random.pick(corpus);
  // One in eight passes as it is: the corpus has to go on to be judged right. Most others change once: most of what two
  // changes make is refused for the first.
  const changes = random.below(8) === 0 ? 0 : 1 + random.below(1 + random.below(1 + random.below(4)));
  for (let count = 0; count < changes; count += 1) octets = change(octets, corpus, random);
  return octets.subarray(0, OCTETS_MAX);
}

function change(octets: Uint8Array, corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  // Half of the changes go to the second half, where the status line is past.
  const half = random.below(2) * (octets.length >> 1);
  const at = half + random.below(octets.length - half + 1);
  const to = Math.min(octets.length, at + 1 + random.below(random.below(4) === 0 ? 40 : 4));
  switch (random.below(8)) {
    case 0:
      return splice(octets, at, at, random.pick(DICTIONARY));
    case 1:
      return splice(octets, at, to, random.pick(DICTIONARY));
    case 2:
      return splice(octets, at, to, NOTHING);
    case 3:
      return splice(octets, at, at, octets.subarray(at, to));
    case 4:
      return splice(octets, at, Math.min(at + 1, octets.length), Uint8Array.of(random.below(256)));
    case 5:
      return octets.subarray(0, at);
    case 6: {
      const other = random.pick(corpus);
      return splice(octets, at, octets.length, other.subarray(random.below(other.length + 1)));
    }
    default: {
      // One bit: the neighbours of digits, letters and separators.
      const flipped = (octets[at] ?? 0x30) ^ (1 << random.below(8));
      return splice(octets, at, Math.min(at + 1, octets.length), Uint8Array.of(flipped));
    }
  }
}

const NOTHING = new Uint8Array(0);

function splice(octets: Uint8Array, from: number, to: number, replacement: Uint8Array): Uint8Array {
  const spliced = new Uint8Array(octets.length - (to - from) + replacement.length);
  spliced.set(octets.subarray(0, from));
  spliced.set(replacement, from);
  spliced.set(octets.subarray(to), from + replacement.length);
  return spliced;
}

/** Cuts octets in random pieces; one time in four, in single octets. */
export function cut(octets: Uint8Array, random: SeededRandom): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const pieceOctetsMax = random.below(4) === 0 ? 1 : 1 + random.below(24);
  for (let start = 0; start < octets.length; ) {
    const end = start + 1 + random.below(pieceOctetsMax);
    pieces.push(octets.subarray(start, end));
    start = end;
  }
  return pieces;
}
