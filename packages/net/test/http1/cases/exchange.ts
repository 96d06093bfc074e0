/** Interim responses, ends that come too early, persistence, and limits of the head. */
import { bodyFault, fault, type HttpCase, ok, type Row, table } from './http-case.ts';

const CONTINUE = 'HTTP/1.1 100 Continue⏎⏎';
const END = 'Content-Length: 0⏎⏎';
const TRUNCATED_HEAD = fault('NET_TRUNCATED_HEAD');
const CHUNKED = 'ʀTransfer-Encoding: chunked⏎⏎';

const truncatedHeads: readonly Row[] = [
  'H', 'HTTP', 'HTTP/', 'HTTP/1.1', 'HTTP/1.1 200', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK␍', 'ʀ', 'ʀA', 'ʀA:', 'ʀA: b', 'ʀA: b␍',
  'ʀA: b⏎', 'ʀA: b⏎␍', 'ʀA: b⏎ c',
  'ʀContent-Length: 0⏎', 'ʀContent-Length: 5', 'HTTP/1.1 200 OK␊', 'HTTP/1.1 200 OK␊A: b␊',
].map((bytes) => [`misses the rest of ${JSON.stringify(bytes.slice(-20))}`, bytes, TRUNCATED_HEAD]);

const truncatedChunks: readonly Row[] = ['', '2', '2⏎', '2⏎h', '2⏎hi', '2⏎hi␍', '2⏎hi⏎', '2⏎hi⏎0', '2⏎hi⏎0␍', '2⏎hi⏎0⏎',
  '2⏎hi⏎0⏎␍', '2⏎hi⏎0⏎A', '2⏎hi⏎0⏎A: b⏎', '2;a', '2 '].map(
  (chunks) => {
    const data = /h(?:i)?/.exec(chunks)?.[0] ?? '';
    return [`misses the rest after the chunks ${JSON.stringify(chunks)}`, `${CHUNKED}${chunks}`,
      bodyFault('NET_TRUNCATED_BODY', data)];
  },
);

export const exchangeCases: readonly HttpCase[] = table({
  interim: [
    ['takes 100 that nobody asked for', `${CONTINUE}ʀ${END}`, ok('', { interim: [100] })],
    ['takes 102', `HTTP/1.1 102 Processing⏎⏎ʀ${END}`, ok('', { interim: [102] })],
    [
      'takes several of several kinds',
      `${CONTINUE}HTTP/1.1 103 Early Hints⏎Link: </a>⏎⏎${CONTINUE}ʀ${END}`,
      ok('', { interim: [100, 103, 100] }),
    ],
    ['takes an unknown 1xx', `HTTP/1.1 199 Odd⏎⏎ʀ${END}`, ok('', { interim: [199] })],
    ['takes 100 without a reason', `HTTP/1.1 100⏎⏎ʀ${END}`, ok('', { interim: [100] })],
    ['takes 100 of HTTP/1.0', `HTTP/1.0 100 Continue⏎⏎ʀ${END}`, ok('', { interim: [100] })],
    [
      'takes 100 with chunked, without a body',
      `HTTP/1.1 100 Continue⏎Transfer-Encoding: chunked⏎⏎ʀ${END}`,
      ok('', { interim: [100] }),
    ],
    ['takes 100 with a wrong length', `HTTP/1.1 100 Continue⏎Content-Length: x⏎⏎ʀ${END}`, ok('', { interim: [100] })],
    [
      'does not let Connection: close of 100 count',
      `HTTP/1.1 100 Continue⏎Connection: close⏎⏎ʀ${END}`,
      ok('', { interim: [100] }),
    ],
    [
      'does not add fields of 103 to the final response',
      `HTTP/1.1 103 Early Hints⏎A: b⏎⏎ʀ${END}`,
      ok('', { interim: [103], fields: [['Content-Length', '0']] }),
    ],
    ['takes 100 before HEAD', `${CONTINUE}ʀContent-Length: 9⏎⏎`, ok('', { interim: [100] }), 'HEAD'],
    ['takes 64', `${CONTINUE.repeat(64)}ʀ${END}`, ok('', { interim: Array.from({ length: 64 }, () => 100) })],
    ['misses the final response', CONTINUE, { interim: [100], ...TRUNCATED_HEAD }],
    ['rejects a wrong field in 100', `HTTP/1.1 100 Continue⏎A b⏎⏎ʀ${END}`, fault('NET_BAD_FIELD', 24)],
    ['rejects a wrong final response', `${CONTINUE}HTTP/1.1 20 OK⏎⏎`, { interim: [100], ...fault('NET_BAD_STATUS_LINE', 36) }],
  ],
  'no-upgrade': [
    ['rejects 101 without fields', 'HTTP/1.1 101 Switching Protocols⏎⏎', fault('NET_UNEXPECTED_UPGRADE')],
    [
      'rejects 101 after 100',
      `${CONTINUE}HTTP/1.1 101 Switching Protocols⏎⏎`,
      { interim: [100], fault: 'NET_UNEXPECTED_UPGRADE' },
    ],
    ['rejects 101 to CONNECT', 'HTTP/1.1 101 Switching Protocols⏎⏎', fault('NET_UNEXPECTED_UPGRADE'), 'CONNECT'],
    ['rejects 101 to HEAD', 'HTTP/1.1 101 Switching Protocols⏎⏎', fault('NET_UNEXPECTED_UPGRADE'), 'HEAD'],
    ['does not mind Upgrade in 200', `ʀUpgrade: h2c⏎Connection: upgrade⏎${END}`, ok()],
    ['takes 426', `HTTP/1.1 426 Upgrade Required⏎Upgrade: TLS/1.0⏎${END}`, { status: 426 }],
  ],
  'truncated-head': truncatedHeads,
  'truncated-body': [
    ['misses all of a counted body', 'ʀContent-Length: 5⏎⏎', bodyFault('NET_TRUNCATED_BODY')],
    ['misses the last octet of a counted body', 'ʀContent-Length: 5⏎⏎hell', bodyFault('NET_TRUNCATED_BODY', 'hell', 42)],
    ['misses a counted body of an error', 'HTTP/1.1 500 No⏎Content-Length: 5⏎⏎', { status: 500, fault: 'NET_TRUNCATED_BODY' }],
    [
      'misses a counted body although the server said close',
      'ʀConnection: close⏎Content-Length: 5⏎⏎hi',
      bodyFault('NET_TRUNCATED_BODY', 'hi'),
    ],
    ...truncatedChunks,
  ],
  persistence: [
    ['persists by default in 1.1', `ʀ${END}`, ok()],
    ['persists with keep-alive in 1.1', `ʀConnection: keep-alive⏎${END}`, ok()],
    ['does not persist with close', `ʀConnection: close⏎${END}`, ok('', { reusable: false })],
    ['does not persist with Close', `ʀConnection: Close⏎${END}`, ok('', { reusable: false })],
    ['does not persist with close in a list', `ʀConnection: foo,close , bar⏎${END}`, ok('', { reusable: false })],
    [
      'does not persist with close on a second line',
      `ʀConnection: keep-alive⏎Connection: close⏎${END}`,
      ok('', { reusable: false }),
    ],
    ['lets close win over keep-alive', `ʀConnection: close, keep-alive⏎${END}`, ok('', { reusable: false })],
    ['takes closed for another word', `ʀConnection: closed⏎${END}`, ok()],
    ['takes an empty list for nothing', `ʀConnection: , ,⏎${END}`, ok()],
    ['does not persist by default in 1.0', `HTTP/1.0 200 OK⏎${END}`, ok('', { reusable: false })],
    ['persists with keep-alive in 1.0', `HTTP/1.0 200 OK⏎Connection: Keep-Alive⏎${END}`, ok('', { reusable: true })],
    ['lets close win in 1.0', `HTTP/1.0 200 OK⏎Connection: keep-alive⏎Connection: close⏎${END}`, ok('', { reusable: false })],
    ['does not read Proxy-Connection', `HTTP/1.0 200 OK⏎Proxy-Connection: keep-alive⏎${END}`, ok('', { reusable: false })],
    ['does not read Keep-Alive alone', `HTTP/1.0 200 OK⏎Keep-Alive: timeout=5⏎${END}`, ok('', { reusable: false })],
    ['persists after 204', 'HTTP/1.1 204 No Content⏎⏎', { status: 204 }],
    ['does not persist after 204 with close', 'HTTP/1.1 204 No Content⏎Connection: close⏎⏎', { status: 204, reusable: false }],
    ['persists after an error', `HTTP/1.1 500 No⏎${END}`, { status: 500 }],
    ['does not persist after HEAD with close', 'ʀConnection: close⏎Content-Length: 5⏎⏎', ok('', { reusable: false }), 'HEAD'],
  ],
  leftover: [
    ['hands a second response back', `ʀ${END}ʀ${END}`, ok('', { leftover: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' })],
    ['hands one octet back', `ʀ${END}x`, ok('', { leftover: 'x' })],
    ['hands CRLF back', `ʀ${END}⏎`, ok('', { leftover: '\r\n' })],
    ['hands what follows a counted body back', 'ʀContent-Length: 2⏎⏎hi there', ok('hi', { leftover: ' there' })],
    ['hands what follows chunks back', `${CHUNKED}2⏎hi⏎0⏎⏎ʀ`, ok('hi', { leftover: 'HTTP/1.1 200 OK\r\n' })],
    [
      'hands an interim response after the end back',
      `ʀ${END}HTTP/1.1 100 Continue⏎⏎`,
      ok('', { leftover: 'HTTP/1.1 100 Continue\r\n\r\n' }),
    ],
  ],
  'limit-head': [
    ['takes a head of exactly the limit', `ʀ${END}`, ok(), { headBytesMax: 38 }],
    ['rejects a head of one octet more', `ʀ${END}`, fault('NET_HEAD_TOO_LARGE', 37), { headBytesMax: 37 }],
    [
      'rejects an endless status line',
      `HTTP/1.1 200 ${'x'.repeat(200)}`,
      fault('NET_HEAD_TOO_LARGE', 100),
      { headBytesMax: 100 },
    ],
    ['rejects endless fields', `ʀ${'A: b⏎'.repeat(50)}`, fault('NET_HEAD_TOO_LARGE', 100), { headBytesMax: 100 }],
    [
      'adds interim responses up',
      `${CONTINUE.repeat(5)}ʀ${END}`,
      { interim: [100, 100, 100, 100], ...fault('NET_HEAD_TOO_LARGE', 110) },
      { headBytesMax: 110 },
    ],
    ['takes interim and final head of exactly the limit', `${CONTINUE}ʀ${END}`, ok('', { interim: [100] }), { headBytesMax: 63 }],
    ['does not count the body', `ʀContent-Length: 100⏎⏎${'x'.repeat(100)}`, ok('x'.repeat(100)), { headBytesMax: 40 }],
    ['takes 200 KiB by default', `ʀ${`A: ${'x'.repeat(1_000)}⏎`.repeat(200)}${END}`, ok()],
    [
      'rejects more than 256 KiB by default',
      `ʀ${`A: ${'x'.repeat(1_000)}⏎`.repeat(300)}${END}`,
      fault('NET_HEAD_TOO_LARGE', 262_144),
    ],
  ],
  'limit-line': [
    ['takes a line of exactly the limit', `ʀA: 78901234567890⏎${END}`, ok(), { lineBytesMax: 19 }],
    ['rejects a line of one octet more', `ʀA: 789012345678901⏎${END}`, fault('NET_LINE_TOO_LONG', 36), { lineBytesMax: 19 }],
    ['rejects a status line', 'HTTP/1.1 200 Too long a phrase⏎⏎', fault('NET_LINE_TOO_LONG', 20), { lineBytesMax: 20 }],
    ['counts folds to their field', `ʀA: b⏎ 789012345⏎ 789012345⏎${END}`, fault('NET_LINE_TOO_LONG', 41), { lineBytesMax: 24 }],
    [
      'rejects a line in trailers',
      `${CHUNKED}0⏎A: ${'x'.repeat(40)}⏎⏎`,
      bodyFault('NET_LINE_TOO_LONG', '', 86),
      { lineBytesMax: 36 },
    ],
    ['rejects more than 64 KiB by default', `ʀA: ${'x'.repeat(70_000)}⏎${END}`, fault('NET_LINE_TOO_LONG', 65_553)],
  ],
  'limit-fields': [
    ['takes exactly the limit', `ʀA: b⏎A: b⏎${END}`, ok(), { fieldsMax: 3 }],
    ['rejects one more', `ʀA: b⏎A: b⏎A: b⏎${END}`, fault('NET_TOO_MANY_FIELDS'), { fieldsMax: 3 }],
    ['does not count folds', `ʀA: b⏎ c⏎ d⏎ e⏎${END}`, ok(), { fieldsMax: 2 }],
    ['counts trailers on their own', `${CHUNKED}0⏎A: b⏎⏎`, ok('', { trailers: [['A', 'b']] }), { fieldsMax: 1 }],
    ['rejects too many trailers', `${CHUNKED}0⏎A: b⏎A: b⏎⏎`, bodyFault('NET_TOO_MANY_FIELDS'), { fieldsMax: 1 }],
    ['takes 1,000 by default', `ʀ${'A: b⏎'.repeat(999)}${END}`, ok()],
    ['rejects 1,001 by default', `ʀ${'A: b⏎'.repeat(1_000)}${END}`, fault('NET_TOO_MANY_FIELDS')],
  ],
  'limit-interim-responses': [
    ['takes exactly the limit', `${CONTINUE}${CONTINUE}ʀ${END}`, ok('', { interim: [100, 100] }), { interimResponsesMax: 2 }],
    [
      'rejects one more',
      `${CONTINUE.repeat(3)}ʀ${END}`,
      { interim: [100, 100], fault: 'NET_TOO_MANY_INTERIM_RESPONSES' },
      { interimResponsesMax: 2 },
    ],
    ['may allow none', `${CONTINUE}ʀ${END}`, fault('NET_TOO_MANY_INTERIM_RESPONSES'), { interimResponsesMax: 0 }],
  ],
  'limit-trailers': [
    ['takes exactly the limit', `${CHUNKED}0⏎A: b⏎⏎`, ok('', { trailers: [['A', 'b']] }), { trailerBytesMax: 8 }],
    ['rejects one octet more', `${CHUNKED}0⏎A: bc⏎⏎`, bodyFault('NET_TRAILERS_TOO_LARGE', '', 58), { trailerBytesMax: 8 }],
    [
      'rejects endless trailers',
      `${CHUNKED}0⏎${'A: b⏎'.repeat(20)}`,
      bodyFault('NET_TRAILERS_TOO_LARGE', '', 90),
      { trailerBytesMax: 40 },
    ],
    [
      'rejects more than 16 KiB by default',
      `${CHUNKED}0⏎${`A: ${'x'.repeat(100)}⏎`.repeat(200)}`,
      bodyFault('NET_TRAILERS_TOO_LARGE'),
    ],
  ],
});
