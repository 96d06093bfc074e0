/** How long a body is (RFC 9112, section 6.3), in the order of its rules. */
import { bodyFault, closed, fault, type HttpCase, ok, type Row, table } from './http-case.ts';

const BAD_LENGTH = fault('NET_BAD_CONTENT_LENGTH');
const BAD_CODING = fault('NET_BAD_TRANSFER_ENCODING');
const CHUNKS = '⏎⏎2⏎hi⏎0⏎⏎';

const badLengths: readonly Row[] = [
  ...['a', '2a', 'a2', '2 2', '2;2', '2.0', '2e0', '1_0', '"2"', "'2'", '0b1', '0o7', '٢', 'NaN', 'Infinity', '-0', '+0', '--2',
    '2-', '% 2', '\xb2', '0x', '$2'],
  ...['9007199254740992', '9007199254740993', '18446744073709551615', '18446744073709551616', '99999999999999999999999999',
    '1'.repeat(400)],
].map((value) => [`rejects the length ${value.slice(0, 30)}`, `ʀContent-Length: ${latin1(value)}⏎⏎hi`, BAD_LENGTH]);

const badLists: readonly Row[] = ['2,', ',2', ',', '2,,2', '2, ', '2,3', '2, 2, 3', '3, 2, 2', '2,2,a', '2,02,3', '2,+2', '2;2',
  '2, "2"'].map((value) => [
  `rejects the list ${value}`,
  `ʀContent-Length: ${value}⏎⏎hi`,
  BAD_LENGTH,
]);

const badCodings: readonly Row[] = [
  ...['', 'gzip', 'deflate', 'compress', 'br', 'identity', 'chunked, gzip', 'gzip,chunked', 'identity, chunked', 'chunked,',
    ',chunked', 'chunked, chunked'],
  ...['chunked;', 'chunked;q=1', 'chunked ;a=b', '"chunked"', 'chunke', 'chunkedd', 'xchunked', 'chunked foo', 'chun ked',
    'chunked\xa0', '\xa0chunked', 'ch\xfcnked', '0', 'chunked, 0'],
].map((value) => [`rejects the coding '${value}'`, `ʀTransfer-Encoding: ${value}${CHUNKS}`, BAD_CODING]);

export const framingCases: readonly HttpCase[] = table({
  'framing-no-body': [
    ['gives no body to HEAD, whatever the length', 'ʀContent-Length: 1000⏎⏎', ok(), 'HEAD'],
    ['gives no body to HEAD without any length, and persists', 'ʀ⏎', ok(), 'HEAD'],
    ['does not read a wrong length in a response to HEAD', 'ʀContent-Length: x⏎⏎', ok(), 'HEAD'],
    ['does not read a wrong coding in a response to HEAD', 'ʀTransfer-Encoding: gzip⏎⏎', ok(), 'HEAD'],
    ['does not read both in a response to HEAD', 'ʀTransfer-Encoding: chunked⏎Content-Length: 5⏎⏎', ok(), 'HEAD'],
    ['takes a content coding in a response to HEAD', 'ʀContent-Encoding: gzip⏎Content-Length: 9⏎⏎', ok(), 'HEAD'],
    ['hands a body after HEAD back', 'ʀContent-Length: 2⏎⏎hi', ok('', { leftover: 'hi' }), 'HEAD'],
    ['gives no body to an error after HEAD', 'HTTP/1.1 404 Not Found⏎Content-Length: 9⏎⏎', { status: 404 }, 'HEAD'],
    ['gives no body to 204', 'HTTP/1.1 204 No Content⏎⏎', { status: 204 }],
    ['gives no body to 204 with chunked', 'HTTP/1.1 204 No Content⏎Transfer-Encoding: chunked⏎⏎', { status: 204 }],
    [
      'hands chunks after 204 back',
      'HTTP/1.1 204 No Content⏎Transfer-Encoding: chunked⏎⏎0⏎⏎',
      { status: 204, leftover: '0\r\n\r\n' },
    ],
    ['gives no body to 304 with a length', 'HTTP/1.1 304 Not Modified⏎Content-Length: 1234⏎⏎', { status: 304 }],
    ['gives no body to 304 without a length', 'HTTP/1.1 304 Not Modified⏎⏎', { status: 304 }],
    ['gives no body to 304 with chunked', 'HTTP/1.1 304 Not Modified⏎Transfer-Encoding: chunked⏎⏎', { status: 304 }],
    ['gives a body to 205', 'HTTP/1.1 205 Reset Content⏎Content-Length: 2⏎⏎hi', { status: 205, body: 'hi' }],
    ['gives a body to 404', 'HTTP/1.1 404 Not Found⏎Content-Length: 2⏎⏎hi', { status: 404, body: 'hi' }],
    ['gives a body to 302', 'HTTP/1.1 302 Found⏎Location: /x⏎Content-Length: 2⏎⏎hi', { status: 302, body: 'hi' }],
    ['gives a body to POST and DELETE', 'ʀContent-Length: 2⏎⏎hi', ok('hi'), 'DELETE'],
    ['does not take `head` for HEAD', 'ʀContent-Length: 2⏎⏎hi', ok('hi'), 'head'],
  ],
  'framing-connect': [
    ['opens the tunnel after 200', 'HTTP/1.1 200 Connection established⏎⏎', { status: 200, end: 'tunnel' }, 'CONNECT'],
    [
      'hands the bytes after the head back',
      'ʀ⏎\x16\x03\x01',
      { status: 200, end: 'tunnel', leftover: '\x16\x03\x01' },
      'CONNECT',
    ],
    ['ignores Content-Length', 'ʀContent-Length: 2⏎⏎hi', { status: 200, end: 'tunnel', leftover: 'hi' }, 'CONNECT'],
    ['ignores a wrong Content-Length', 'ʀContent-Length: x⏎⏎', { status: 200, end: 'tunnel' }, 'CONNECT'],
    ['ignores Transfer-Encoding', 'ʀTransfer-Encoding: chunked⏎⏎', { status: 200, end: 'tunnel' }, 'CONNECT'],
    ['ignores Content-Encoding', 'ʀContent-Encoding: gzip⏎⏎', { status: 200, end: 'tunnel' }, 'CONNECT'],
    ['opens the tunnel after 204', 'HTTP/1.1 204 No Content⏎⏎', { status: 204, end: 'tunnel' }, 'CONNECT'],
    ['opens the tunnel after 299', 'HTTP/1.1 299 Odd⏎⏎', { status: 299, end: 'tunnel' }, 'CONNECT'],
    ['opens the tunnel of a 1.0 proxy', 'HTTP/1.0 200 OK⏎⏎', { status: 200, end: 'tunnel' }, 'CONNECT'],
    [
      'opens the tunnel after an interim response',
      'HTTP/1.1 100 Continue⏎⏎ʀ⏎',
      { status: 200, interim: [100], end: 'tunnel' },
      'CONNECT',
    ],
    ['reads the body of 407', 'HTTP/1.1 407 Auth⏎Content-Length: 2⏎⏎hi', { status: 407, body: 'hi' }, 'CONNECT'],
    [
      'reads the chunked body of 502',
      'HTTP/1.1 502 Bad⏎Transfer-Encoding: chunked⏎⏎2⏎hi⏎0⏎⏎',
      { status: 502, body: 'hi' },
      'CONNECT',
    ],
    ['reads the body of 502 until close', 'HTTP/1.1 502 Bad⏎⏎hi', { status: 502, body: 'hi', end: 'closed' }, 'CONNECT'],
    ['opens no tunnel after 301', 'HTTP/1.1 301 Moved⏎Content-Length: 0⏎⏎', { status: 301 }, 'CONNECT'],
    ['opens no tunnel to GET', 'ʀContent-Length: 2⏎⏎hi', ok('hi'), 'GET'],
  ],
  'framing-both': [
    ['rejects Content-Length and then chunked', `ʀContent-Length: 2⏎Transfer-Encoding: chunked${CHUNKS}`, BAD_CODING],
    ['rejects chunked and then Content-Length', `ʀTransfer-Encoding: chunked⏎Content-Length: 2${CHUNKS}`, BAD_CODING],
    ['rejects both where the length is zero', `ʀTransfer-Encoding: chunked⏎Content-Length: 0${CHUNKS}`, BAD_CODING],
    ['rejects both where the length is empty', `ʀTransfer-Encoding: chunked⏎Content-Length:${CHUNKS}`, BAD_CODING],
    ['rejects both where the length is no number', `ʀTransfer-Encoding: chunked⏎Content-Length: x${CHUNKS}`, BAD_CODING],
    ['rejects both where the coding is not chunked', `ʀTransfer-Encoding: identity⏎Content-Length: 2⏎⏎hi`, BAD_CODING],
    ['rejects both in any case of letters', `ʀtRANSFER-eNCODING: chunked⏎cONTENT-lENGTH: 2${CHUNKS}`, BAD_CODING],
    ['rejects both in HTTP/1.0', `HTTP/1.0 200 OK⏎Transfer-Encoding: chunked⏎Content-Length: 2${CHUNKS}`, BAD_CODING],
  ],
  'framing-transfer-encoding': [
    ...badCodings,
    ['rejects two lines of which one is empty', `ʀTransfer-Encoding: chunked⏎Transfer-Encoding:${CHUNKS}`, BAD_CODING],
    ['rejects gzip and chunked on two lines', `ʀTransfer-Encoding: gzip⏎Transfer-Encoding: chunked${CHUNKS}`, BAD_CODING],
    ['rejects identity and chunked on two lines', `ʀTransfer-Encoding: identity⏎Transfer-Encoding: chunked${CHUNKS}`, BAD_CODING],
    ['rejects a form feed before chunked', `ʀTransfer-Encoding: \x0cchunked${CHUNKS}`, fault('NET_BAD_FIELD', 36)],
    ['rejects a name that only looks alike', `ʀTransfer_Encoding: chunked⏎⏎hi`, closed('hi')],
  ],
  'framing-chunked': [
    ['takes chunked with blanks around it', `ʀTransfer-Encoding: \t chunked \t${CHUNKS}`, ok('hi')],
    ['takes Chunked', `ʀTransfer-Encoding: Chunked${CHUNKS}`, ok('hi')],
    ['takes the field in any case of letters', `ʀtransfer-encoding: chunked${CHUNKS}`, ok('hi')],
    ['takes chunked in an answer to POST', `ʀTransfer-Encoding: chunked${CHUNKS}`, ok('hi'), 'POST'],
    ['takes chunked in an error', `HTTP/1.1 500 No⏎Transfer-Encoding: chunked${CHUNKS}`, { status: 500, body: 'hi' }],
    ['takes chunked with close', `ʀTransfer-Encoding: chunked⏎Connection: close${CHUNKS}`, ok('hi', { reusable: false })],
    [
      'never reuses HTTP/1.0 with chunked, not even kept alive',
      `HTTP/1.0 200 OK⏎Connection: keep-alive⏎Transfer-Encoding: chunked${CHUNKS}`,
      ok('hi', { reusable: false }),
    ],
  ],
  'framing-content-length': [
    ['takes zero', 'ʀContent-Length: 0⏎⏎', ok()],
    ['takes leading zeros', 'ʀContent-Length: 0000000000000000000002⏎⏎hi', ok('hi')],
    ['takes many zeros', 'ʀContent-Length: 00000⏎⏎', ok()],
    ['takes blanks around the number', 'ʀContent-Length: \t 2 \t⏎⏎hi', ok('hi')],
    ['takes the field in any case of letters', 'ʀcontent-LENGTH: 2⏎⏎hi', ok('hi')],
    ['takes a body of any octets', 'ʀContent-Length: 8⏎⏎\x00\xff⏎␊␍\x1ba', ok('\x00\xff\r\n\n\r\x1ba')],
    ['takes a body that looks like a response', 'ʀContent-Length: 19⏎⏎HTTP/1.1 200 OK⏎⏎', ok('HTTP/1.1 200 OK\r\n\r\n')],
    ['does not take a name that only looks alike', 'ʀContent-Lengt: 1⏎Content-Length2: 1⏎Content_Length: 1⏎⏎hi', closed('hi')],
    ['takes a length on HTTP/1.0', 'HTTP/1.0 200 OK⏎Content-Length: 2⏎⏎hi', ok('hi', { reusable: false })],
    ['takes 2^53 - 1 and then misses the rest', 'ʀContent-Length: 9007199254740991⏎⏎hi', bodyFault('NET_TRUNCATED_BODY', 'hi')],
    ...badLengths,
  ],
  'framing-content-length-repeated': [
    ['takes three equal lines', 'ʀContent-Length: 2⏎Content-Length: 2⏎Content-Length: 2⏎⏎hi', ok('hi')],
    ['takes equal lines that are not adjacent', 'ʀContent-Length: 2⏎A: b⏎content-length: 2⏎⏎hi', ok('hi')],
    ['takes a list of equal numbers without blanks', 'ʀContent-Length: 2,2,2⏎⏎hi', ok('hi')],
    ['takes a list with tabs', 'ʀContent-Length: 2\t,\t2⏎⏎hi', ok('hi')],
    ['takes a list and a line that agree', 'ʀContent-Length: 2, 2⏎Content-Length: 2⏎⏎hi', ok('hi')],
    ['compares numbers, not digits', 'ʀContent-Length: 2, 02⏎⏎hi', ok('hi')],
    ['rejects lines that differ, the first one zero', 'ʀContent-Length: 0⏎Content-Length: 2⏎⏎hi', BAD_LENGTH],
    ['rejects a second line that is empty', 'ʀContent-Length: 2⏎Content-Length:⏎⏎hi', BAD_LENGTH],
    ['rejects a second line that is no number', 'ʀContent-Length: 2⏎Content-Length: two⏎⏎hi', BAD_LENGTH],
    ['rejects a negative second line', 'ʀContent-Length: 2⏎Content-Length: -2⏎⏎hi', BAD_LENGTH],
    ['rejects lines that differ beyond 2^53', 'ʀContent-Length: 9007199254740992⏎Content-Length: 9007199254740993⏎⏎', BAD_LENGTH],
    ...badLists,
  ],
  'framing-until-close': [
    ['reads until close without any length', 'ʀA: b⏎⏎hello', closed('hello')],
    ['reads an empty body until close', 'ʀ⏎', closed('')],
    ['reads HTTP/1.0 until close', 'HTTP/1.0 200 OK⏎⏎hello', closed('hello', { version: '1.0' })],
    ['reads until close although the server says keep-alive', 'ʀConnection: keep-alive⏎⏎hi', closed('hi')],
    [
      'reads what looks like a second response as body',
      'ʀ⏎ʀContent-Length: 0⏎⏎',
      closed('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    ],
    ['reads an event stream until close', 'ʀContent-Type: text/event-stream⏎⏎data: x␊␊', closed('data: x\n\n')],
  ],
  'content-coding': [
    ['takes identity', 'ʀContent-Encoding: identity⏎Content-Length: 2⏎⏎hi', ok('hi')],
    ['takes Identity', 'ʀContent-Encoding: Identity⏎Content-Length: 2⏎⏎hi', ok('hi')],
    ['takes an empty list', 'ʀContent-Encoding:⏎Content-Length: 2⏎⏎hi', ok('hi')],
    ['takes a list of nothing but identity', 'ʀContent-Encoding: identity, , identity⏎Content-Length: 2⏎⏎hi', ok('hi')],
    ['takes a coding of no body', 'ʀContent-Encoding: gzip⏎Content-Length: 0⏎⏎', ok()],
    ['takes a coding of a 304', 'HTTP/1.1 304 Not Modified⏎Content-Encoding: gzip⏎⏎', { status: 304 }],
    ...['gzip', 'GZIP', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'aws-chunked', 'unknown', 'gzip, identity',
      'identity, gzip', 'gzip, gzip, gzip'].map(
      (coding): Row => [`rejects ${coding}`, `ʀContent-Encoding: ${coding}⏎Content-Length: 2⏎⏎hi`, fault('NET_CONTENT_ENCODING')],
    ),
    ['rejects gzip with chunked', `ʀContent-Encoding: gzip⏎Transfer-Encoding: chunked${CHUNKS}`, fault('NET_CONTENT_ENCODING')],
    ['rejects gzip until close', 'ʀContent-Encoding: gzip⏎⏎hi', fault('NET_CONTENT_ENCODING')],
    [
      'rejects gzip on a second line',
      'ʀContent-Encoding: identity⏎Content-Encoding: gzip⏎Content-Length: 2⏎⏎hi',
      fault('NET_CONTENT_ENCODING'),
    ],
    ['rejects gzip of an error', 'HTTP/1.1 500 No⏎Content-Encoding: gzip⏎Content-Length: 2⏎⏎hi', fault('NET_CONTENT_ENCODING')],
  ],
});

/** Names of rows may hold any character; octets may not. */
function latin1(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}
