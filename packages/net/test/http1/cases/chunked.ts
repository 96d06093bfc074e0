/** The chunked transfer coding (RFC 9112, section 7.1). */
import { bodyFault, type HttpCase, ok, type Row, table } from './http-case.ts';

const HEAD = 'ʀTransfer-Encoding: chunked⏎⏎';
/** Octets of `HEAD`: faults are counted from the start of the response. */
const AT = 47;
const BAD = 'NET_BAD_CHUNK';

const sizes: readonly Row[] = [
  ['1', 1], ['01', 1], ['0000000000000001', 1], ['9', 9], ['a', 10], ['A', 10], ['f', 15], ['F', 15], ['10', 16], ['1f', 31], ['1F', 31], ['fF', 255], ['0fF', 255], ['100', 256],
].map(([size, length]): Row => {
  const data = 'x'.repeat(Number(length));
  return [`takes the size ${size}`, `${HEAD}${size}⏎${data}⏎0⏎⏎`, ok(data)];
});

const badSizes: readonly Row[] = (
  [
    ['x', 0], ['g', 0], ['G', 0], ['+1', 0], ['-1', 0], ['\t1', 0], ['0x1', 1], ['0X1', 1], ['1x', 1], ['1g', 1], ['1.0', 1], ['1_0', 1], ['1,', 1], ['1"', 1], ['1\x00', 1],
    ['1\x0b', 1], ['1\xa0', 1], ['1 1', 2], ['1\t1', 2], ['1 x', 2], ['h', 0], [':', 0], ['/', 0], ['@', 0], ['`', 0], ['\xb9', 0], ['\x00', 0], ['2 a;b', 2], ['2⏎', -1],
  ] as const
).flatMap(([size, at]): Row[] =>
  at < 0 ? [] : [[`rejects the size ${JSON.stringify(size)}`, `${HEAD}${size}⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + at)]],
);

export const chunkedCases: readonly HttpCase[] = table({
  'chunk-size': [
    ...sizes,
    ...badSizes,
    ['rejects an empty size with an extension', `${HEAD};a=b⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT)],
    ['rejects an empty line before the first size', `${HEAD}⏎1⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT)],
    ['rejects an empty line before a later size', `${HEAD}1⏎x⏎⏎0⏎⏎`, bodyFault(BAD, 'x', AT + 6)],
    ['rejects a blank before a later size', `${HEAD}1⏎x⏎ 0⏎⏎`, bodyFault(BAD, 'x', AT + 6)],
    ['takes several blanks after the size', `${HEAD}1 \t  ⏎x⏎0  ⏎⏎`, ok('x')],
    ['takes blanks before an extension', `${HEAD}1 \t;a⏎x⏎0⏎⏎`, ok('x')],
    ['takes 16 digits', `${HEAD}0000000000000002⏎hi⏎0000000000000000⏎⏎`, ok('hi')],
    ['rejects 17 digits, zeros as they are', `${HEAD}00000000000000002⏎hi⏎0⏎⏎`, bodyFault(BAD, '', AT + 16)],
    ['takes 2^53 - 1 and then misses the rest', `${HEAD}1fffffffffffff⏎hi`, bodyFault('NET_TRUNCATED_BODY', 'hi')],
    ['rejects 2^53', `${HEAD}20000000000000⏎hi`, bodyFault(BAD, '', AT + 13)],
    ['rejects 2^63', `${HEAD}8000000000000000⏎hi`, bodyFault(BAD)],
    ['rejects 2^64 - 1', `${HEAD}ffffffffffffffff⏎hi`, bodyFault(BAD)],
    ['rejects 2^64 + 2', `${HEAD}10000000000000002⏎hi`, bodyFault(BAD)],
    ['rejects 2^32 in too many digits', `${HEAD}f0000000000000002⏎hi`, bodyFault(BAD)],
    ['gives chunks one after another', `${HEAD}1⏎a⏎2⏎bc⏎3⏎def⏎0⏎⏎`, ok('abcdef')],
    ['gives data that looks like framing', `${HEAD}6⏎0⏎⏎x⏎0⏎⏎`, ok('0\r\n\r\nx')],
    ['gives data of any octets', `${HEAD}4⏎\x00\xff␊␍⏎0⏎⏎`, ok('\x00\xff\n\r')],
    ['gives an empty body', `${HEAD}0⏎⏎`, ok()],
  ],
  'chunk-extension': [
    ['ignores a name', `${HEAD}1;a⏎x⏎0⏎⏎`, ok('x')],
    ['ignores a name and value', `${HEAD}1;a=b⏎x⏎0⏎⏎`, ok('x')],
    ['ignores blanks around them', `${HEAD}1 ; a = b ⏎x⏎0⏎⏎`, ok('x')],
    ['ignores several', `${HEAD}1;a=b;c;d="e"⏎x⏎0⏎⏎`, ok('x')],
    ['ignores a quoted value with a semicolon', `${HEAD}1;a=";b"⏎x⏎0⏎⏎`, ok('x')],
    ['ignores a quoted pair', `${HEAD}1;a="\\""⏎x⏎0⏎⏎`, ok('x')],
    ['ignores a quote that is never closed', `${HEAD}1;a="b⏎x⏎0⏎⏎`, ok('x')],
    ['ignores an empty extension', `${HEAD}1;⏎x⏎0⏎⏎`, ok('x')],
    ['ignores digits in an extension', `${HEAD}1;5⏎x⏎0⏎⏎`, ok('x')],
    ['ignores obs-text', `${HEAD}1;a=\xe4⏎x⏎0⏎⏎`, ok('x')],
    ['ignores a tab', `${HEAD}1;\ta⏎x⏎0⏎⏎`, ok('x')],
    ['ignores an extension of the last chunk', `${HEAD}1⏎x⏎0;a=b⏎⏎`, ok('x')],
    ['rejects NUL', `${HEAD}1;a\x00⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 3)],
    ['rejects an escape', `${HEAD}1;a\x1b⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 3)],
    ['rejects DEL', `${HEAD}1;a\x7f⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 3)],
    ['rejects an extension without a semicolon', `${HEAD}1 a=b⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 2)],
    ['rejects CR in a quoted value', `${HEAD}1;a="␍"⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 6)],
  ],
  'chunk-line-end': [
    ['rejects LF after the size', `${HEAD}1␊x⏎0⏎⏎`, bodyFault(BAD, '', AT + 1)],
    ['rejects LF after a blank', `${HEAD}1 ␊x⏎0⏎⏎`, bodyFault(BAD, '', AT + 2)],
    ['rejects LF after an extension', `${HEAD}1;a␊x⏎0⏎⏎`, bodyFault(BAD, '', AT + 3)],
    ['rejects LF within an extension', `${HEAD}1;a␊;b⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 3)],
    ['rejects LF after the last size', `${HEAD}1⏎x⏎0␊⏎`, bodyFault(BAD, 'x', AT + 7)],
    ['rejects CR alone after the size', `${HEAD}1␍x⏎0⏎⏎`, bodyFault(BAD, '', AT + 2)],
    ['rejects CR CR LF after the size', `${HEAD}1␍⏎x⏎0⏎⏎`, bodyFault(BAD, '', AT + 2)],
    ['rejects CR CR after the last size', `${HEAD}0␍␍⏎`, bodyFault(BAD, '', AT + 2)],
    ['rejects LF for every line end', `${HEAD}1␊x␊0␊␊`, bodyFault(BAD, '', AT + 1)],
    ['rejects LF for the empty line', `${HEAD}0⏎␊`, bodyFault('NET_BAD_FIELD', '', AT + 3)],
    ['rejects CR alone for the empty line', `${HEAD}0⏎␍x⏎⏎`, bodyFault('NET_BAD_FIELD', '', AT + 3)],
  ],
  'chunk-data-end': [
    ['rejects data that runs on', `${HEAD}2⏎hello⏎0⏎⏎`, bodyFault(BAD, 'he', AT + 5)],
    ['rejects LF after the data', `${HEAD}1⏎x␊0⏎⏎`, bodyFault(BAD, 'x', AT + 4)],
    ['rejects CR alone after the data', `${HEAD}1⏎x␍0⏎⏎`, bodyFault(BAD, 'x', AT + 5)],
    ['rejects LF CR after the data', `${HEAD}1⏎x␊␍0⏎⏎`, bodyFault(BAD, 'x', AT + 4)],
    ['rejects CR CR LF after the data', `${HEAD}1⏎x␍⏎0⏎⏎`, bodyFault(BAD, 'x', AT + 5)],
    ['rejects a blank after the data', `${HEAD}1⏎x ⏎0⏎⏎`, bodyFault(BAD, 'x', AT + 4)],
    ['rejects the next size right after the data', `${HEAD}1⏎x0⏎⏎`, bodyFault(BAD, 'x', AT + 4)],
    ['rejects two octets of anything in place of CRLF', `${HEAD}1⏎xAB0⏎⏎`, bodyFault(BAD, 'x', AT + 4)],
    ['rejects a missing size after the data', `${HEAD}1⏎x⏎⏎`, bodyFault(BAD, 'x', AT + 6)],
  ],
  trailers: [
    ['gives one field', `${HEAD}0⏎A: b⏎⏎`, ok('', { trailers: [['A', 'b']] })],
    ['gives fields in order', `${HEAD}0⏎A: b⏎C: d⏎A: e⏎⏎`, ok('', { trailers: [['A', 'b'], ['C', 'd'], ['A', 'e']] })],
    ['takes several zeros as the last chunk', `${HEAD}1⏎x⏎000⏎A: b⏎⏎`, ok('x', { trailers: [['A', 'b']] })],
    ['unfolds', `${HEAD}0⏎A: b⏎ c⏎⏎`, ok('', { trailers: [['A', 'b c']] })],
    ['keeps them out of the head', `${HEAD}0⏎A: b⏎⏎`, ok('', { fields: [['Transfer-Encoding', 'chunked']], trailers: [['A', 'b']] })],
    ['does not interpret Transfer-Encoding', `${HEAD}0⏎Transfer-Encoding: gzip⏎⏎`, ok('', { trailers: [['Transfer-Encoding', 'gzip']] })],
    ['does not interpret Connection: close', `${HEAD}0⏎Connection: close⏎⏎`, ok('', { trailers: [['Connection', 'close']] })],
    ['does not interpret Content-Encoding', `${HEAD}0⏎Content-Encoding: gzip⏎⏎`, ok('', { trailers: [['Content-Encoding', 'gzip']] })],
    ['rejects a line without a colon', `${HEAD}0⏎A⏎⏎`, bodyFault('NET_BAD_FIELD', '', AT + 4)],
    ['rejects a blank before the colon', `${HEAD}0⏎A : b⏎⏎`, bodyFault('NET_BAD_FIELD', '', AT + 4)],
    ['rejects a blank before the first field', `${HEAD}0⏎ A: b⏎⏎`, bodyFault('NET_BAD_FIELD', '', AT + 3)],
    ['rejects a control character', `${HEAD}0⏎A: \x01⏎⏎`, bodyFault('NET_BAD_FIELD', '', AT + 6)],
    ['rejects a lone LF after a field', `${HEAD}0⏎A: b␊⏎`, bodyFault('NET_BAD_FIELD', '', AT + 7)],
    ['rejects a second response in place of trailers', `${HEAD}0⏎ʀ⏎`, bodyFault('NET_BAD_FIELD', '', AT + 7)],
    ['rejects a chunk after the last one', `${HEAD}0⏎1⏎x⏎0⏎⏎`, bodyFault('NET_BAD_FIELD', '', AT + 4)],
    ['hands what follows the empty line back', `${HEAD}0⏎⏎x`, ok('', { leftover: 'x' })],
  ],
  'limit-chunk-overhead': [
    ['takes many chunks of one octet', `${HEAD}${'1⏎x⏎'.repeat(2_000)}0⏎⏎`, ok('x'.repeat(2_000))],
    ['takes an extension within the limit', `${HEAD}1;${'a'.repeat(60)}⏎x⏎0⏎⏎`, ok('x'), { chunkOverheadBytesMax: 64 }],
    ['rejects a long extension before its end', `${HEAD}1;${'a'.repeat(90)}`, bodyFault('NET_CHUNK_OVERHEAD', '', AT + 78), { chunkOverheadBytesMax: 64 }],
    ['rejects extensions that add up', `${HEAD}${`1;${'a'.repeat(40)}⏎x⏎`.repeat(4)}0⏎⏎`, bodyFault('NET_CHUNK_OVERHEAD', 'xx'), { chunkOverheadBytesMax: 64 }],
    ['forgives overhead of chunks with much data', `${HEAD}${`20;${'a'.repeat(40)}⏎${'x'.repeat(32)}⏎`.repeat(8)}0⏎⏎`, ok('x'.repeat(256)), { chunkOverheadBytesMax: 64 }],
    ['rejects a long extension of the last chunk', `${HEAD}0;${'a'.repeat(90)}⏎⏎`, bodyFault('NET_CHUNK_OVERHEAD'), { chunkOverheadBytesMax: 64 }],
    ['rejects endless blanks after a size', `${HEAD}1${' '.repeat(90)}`, bodyFault('NET_CHUNK_OVERHEAD'), { chunkOverheadBytesMax: 64 }],
    ['gives no credit for data that was only announced', `${HEAD}fffffff;${'a'.repeat(90)}`, bodyFault('NET_CHUNK_OVERHEAD'), { chunkOverheadBytesMax: 64 }],
    ['rejects 100 octets of extension per octet of data', `${HEAD}${`1;${'a'.repeat(98)}⏎x⏎`.repeat(300)}0⏎⏎`, bodyFault('NET_CHUNK_OVERHEAD', 'x'.repeat(190))],
  ],
});
