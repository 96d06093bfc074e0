/** Field lines (RFC 9112, section 5; RFC 9110, section 5), folded ones included. */
import { fault, type HttpCase, ok, type Row, table } from './http-case.ts';

const END = '⏎Content-Length: 0⏎⏎';
const LENGTH: readonly [string, string] = ['Content-Length', '0'];

/** Every character that a token may not hold, as the second octet of a name. */
const delimiters: readonly Row[] = [...'"(),/;<=>?@[\\]{}'].map((character) => [
  `rejects ${character} in a name`,
  `ʀa${character}b: c${END}`,
  fault('NET_BAD_FIELD', 18),
]);

const controls: readonly Row[] = [...Array(32).keys(), 0x7f]
  .filter((octet) => ![0x09, 0x0a, 0x0d].includes(octet))
  .map((octet) => [
    `rejects 0x${octet.toString(16).padStart(2, '0')} in a value`,
    `ʀA: b${String.fromCharCode(octet)}c${END}`,
    fault('NET_BAD_FIELD', 21),
  ]);

export const fieldCases: readonly HttpCase[] = table({
  'field-name': [
    [
      'takes every character of a token',
      `ʀ!#$%&'*+-.^_\`|~09azAZ: x${END}`,
      ok('', { fields: [["!#$%&'*+-.^_`|~09azAZ", 'x'], LENGTH] }),
    ],
    ['takes a name of one character', `ʀa: x${END}`, ok('', { fields: [['a', 'x'], LENGTH] })],
    ['takes digits alone', `ʀ42: x${END}`, ok('', { fields: [['42', 'x'], LENGTH] })],
    ['keeps the case of names', `ʀx-REQUEST-id: x${END}`, ok('', { fields: [['x-REQUEST-id', 'x'], LENGTH] })],
    [
      'takes a name that is in every prototype',
      `ʀ__proto__: x⏎constructor: y${END}`,
      ok('', { fields: [['__proto__', 'x'], ['constructor', 'y'], LENGTH] }),
    ],
    [
      'keeps equal names apart and in order',
      `ʀA: 1⏎B: 2⏎a: 3${END}`,
      ok('', { fields: [['A', '1'], ['B', '2'], ['a', '3'], LENGTH] }),
    ],
    [
      'keeps Set-Cookie lines apart',
      `ʀSet-Cookie: a=1⏎Set-Cookie: b=2${END}`,
      ok('', { fields: [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], LENGTH] }),
    ],
    ['takes a head without fields', 'HTTP/1.1 304 Not Modified⏎⏎', { status: 304, fields: [] }],
    ['rejects a tab before the colon', `ʀA\t: x${END}`, fault('NET_BAD_FIELD', 18)],
    ['rejects a space before the colon of a framing field', 'ʀTransfer-Encoding : chunked⏎⏎0⏎⏎', fault('NET_BAD_FIELD', 34)],
    ['rejects an empty name', `ʀ:${END}`, fault('NET_BAD_FIELD', 17)],
    ['rejects a line without a colon', `ʀA${END}`, fault('NET_BAD_FIELD', 18)],
    ['rejects a second status line', `ʀHTTP/1.1 200 OK${END}`, fault('NET_BAD_FIELD', 21)],
    ['rejects NUL in a name', `ʀa\x00b: c${END}`, fault('NET_BAD_FIELD', 18)],
    ['rejects DEL in a name', `ʀa\x7fb: c${END}`, fault('NET_BAD_FIELD', 18)],
    ['rejects obs-text in a name', `ʀa\xe4b: c${END}`, fault('NET_BAD_FIELD', 18)],
    ['rejects a name in quotes', `ʀ"a": c${END}`, fault('NET_BAD_FIELD', 17)],
    ['rejects a chunk in place of a field', 'ʀ5⏎hello⏎⏎', fault('NET_BAD_FIELD', 18)],
    ...delimiters,
  ],
  'field-value': [
    ['takes an empty value', `ʀA:${END}`, ok('', { fields: [['A', ''], LENGTH] })],
    ['takes a value of blanks as empty', `ʀA: \t ${END}`, ok('', { fields: [['A', ''], LENGTH] })],
    ['takes a value right after the colon', `ʀA:b${END}`, ok('', { fields: [['A', 'b'], LENGTH] })],
    ['takes blanks around a value away', `ʀA: \t b \t${END}`, ok('', { fields: [['A', 'b'], LENGTH] })],
    ['keeps blanks within a value', `ʀA: b  \t c${END}`, ok('', { fields: [['A', 'b  \t c'], LENGTH] })],
    [
      'takes colons in a value',
      `ʀDate: Mon, 23 Nov 2026 10:11:12 GMT${END}`,
      ok('', { fields: [['Date', 'Mon, 23 Nov 2026 10:11:12 GMT'], LENGTH] }),
    ],
    ['takes a second colon at once', `ʀA:: b${END}`, ok('', { fields: [['A', ': b'], LENGTH] })],
    ['does not read quoted strings', `ʀA: "b${END}`, ok('', { fields: [['A', '"b'], LENGTH] })],
    ['takes octets of UTF-8 one by one', `ʀA: \xe2\x82\xac${END}`, ok('', { fields: [['A', '\xe2\x82\xac'], LENGTH] })],
    ['keeps 0x80 to 0x9f what they are', `ʀA: \x80\x85\x93\x9f${END}`, ok('', { fields: [['A', '\x80\x85\x93\x9f'], LENGTH] })],
    ['does not trim a no-break space', `ʀA: \xa0b\xa0${END}`, ok('', { fields: [['A', '\xa0b\xa0'], LENGTH] })],
    ['takes every visible character', `ʀA: ${visible()}${END}`, ok('', { fields: [['A', visible()], LENGTH] })],
    ...controls,
  ],
  'obs-fold': [
    ['replaces a fold by one space', `ʀA: b⏎ c${END}`, ok('', { fields: [['A', 'b c'], LENGTH] })],
    ['takes a tab as a fold', `ʀA: b⏎\tc${END}`, ok('', { fields: [['A', 'b c'], LENGTH] })],
    ['takes blanks around a fold away', `ʀA: b \t⏎ \t c${END}`, ok('', { fields: [['A', 'b c'], LENGTH] })],
    ['takes several folds', `ʀA: b⏎ c⏎ d${END}`, ok('', { fields: [['A', 'b c d'], LENGTH] })],
    ['takes a fold after an empty value', `ʀA:⏎ b${END}`, ok('', { fields: [['A', 'b'], LENGTH] })],
    ['takes a fold that holds nothing', `ʀA: b⏎ ${END}`, ok('', { fields: [['A', 'b'], LENGTH] })],
    ['takes a value of nothing but folds as empty', `ʀA:⏎ ⏎\t${END}`, ok('', { fields: [['A', ''], LENGTH] })],
    [
      'does not take a line of one blank for the end of the head',
      `ʀA: b⏎ ⏎B: c${END}`,
      ok('', { fields: [['A', 'b'], ['B', 'c'], LENGTH] }),
    ],
    ['takes a fold after a lone LF', `ʀA: b␊ c${END}`, ok('', { fields: [['A', 'b c'], LENGTH] })],
    [
      'reads a folded line that looks like a field as text',
      `ʀA: b⏎ Content-Length: 9${END}`,
      ok('', { fields: [['A', 'b Content-Length: 9'], LENGTH] }),
    ],
    ['takes folds in two fields', `ʀA: b⏎ c⏎B: d⏎ e${END}`, ok('', { fields: [['A', 'b c'], ['B', 'd e'], LENGTH] })],
    ['unfolds Content-Length before it is read', 'ʀContent-Length:⏎\t2⏎⏎hi', ok('hi')],
    ['rejects a Content-Length whose digits are folded', 'ʀContent-Length: 1⏎ 2⏎⏎hi', fault('NET_BAD_CONTENT_LENGTH')],
    ['unfolds a list of equal Content-Lengths', 'ʀContent-Length: 2,⏎ 2⏎⏎hi', ok('hi')],
    ['unfolds a coding before chunked', 'ʀTransfer-Encoding: gzip,⏎ chunked⏎⏎0⏎⏎', fault('NET_BAD_TRANSFER_ENCODING')],
    ['unfolds Connection: close', 'ʀConnection:⏎ close⏎Content-Length: 0⏎⏎', ok('', { reusable: false })],
    ['rejects a blank before the first field', `ʀ A: b${END}`, fault('NET_BAD_FIELD', 17)],
    ['rejects a tab before the first field', `ʀ\tA: b${END}`, fault('NET_BAD_FIELD', 17)],
    ['rejects a line of one blank before the first field', `ʀ ${END}`, fault('NET_BAD_FIELD', 17)],
    ['rejects a control character in a fold', `ʀA: b⏎ \x00c${END}`, fault('NET_BAD_FIELD', 24)],
    ['rejects a lone CR in a fold', `ʀA: b⏎ c␍d${END}`, fault('NET_BAD_FIELD', 25)],
  ],
});

function visible(): string {
  return String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 0x21 + index));
}
