/**
 * Octets of event streams and the events in them. The first table holds the cases of the web platform tests that concern
 * the format, with five more; the others go where implementations went wrong.
 *
 * Notation: `⏎` is LF, `␍` is CR, `␀` is NUL, `⎋` is a byte order mark; everything else is UTF-8. An event is `type|data|id`;
 * type and id may be left out where they are `message` and empty. `…` stays what it is.
 */
import type { NetErrorCode } from '@sx/net';

interface ExpectedEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
  readonly unterminated?: true;
}

export interface SseCase {
  readonly rule: string;
  readonly name: string;
  readonly octets: Uint8Array;
  readonly events: readonly ExpectedEvent[];
  readonly retryMs?: number;
  readonly limits?: { readonly sseLineBytesMax?: number; readonly sseEventBytesMax?: number } | undefined;
  readonly fault?: NetErrorCode;
}

type Event = string | { readonly type?: string; readonly data: string; readonly id?: string; readonly unterminated?: true };

interface More {
  readonly retryMs?: number;
  readonly limits?: SseCase['limits'];
  readonly fault?: NetErrorCode;
}

type Row = readonly [rule: string, name: string, stream: string | Uint8Array, events: readonly Event[], more?: More];

function rows(list: readonly Row[]): SseCase[] {
  return list.map(([rule, name, stream, events, more]) => ({
    rule,
    name,
    octets: typeof stream === 'string' ? Buffer.from(text(stream)) : stream,
    events: events.map((event) => {
      const { type = 'message', data, id = '', unterminated } = typeof event === 'string' ? { data: event } : event;
      return { event: type, data: text(data), id: text(id), ...(unterminated && { unterminated }) };
    }),
    ...more,
  }));
}

function text(notation: string): string {
  return notation.replaceAll('⏎', '\n').replaceAll('␍', '\r').replaceAll('␀', '\0').replaceAll('⎋', '\ufeff');
}

const joined = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(text(part)) : Buffer.from(part))));

const long = 'x'.repeat(2_048);

export const webPlatformCases: readonly SseCase[] = rows([
  [
    'sse-field',
    'event-data',
    'data:msg⏎data: msg⏎⏎:⏎falsefield:msg⏎⏎falsefield:msg⏎Data:data⏎⏎data⏎⏎data:end⏎⏎',
    ['msg⏎msg', '', 'end'],
  ],
  ['sse-byte-order-mark', 'bom', '⎋data:1⏎⏎⎋data:2⏎⏎data:3⏎⏎⏎', ['1', '3']],
  ['sse-byte-order-mark', 'bom-2', '⎋⎋data:1⏎⏎data:2⏎⏎data:3⏎⏎⏎', ['2', '3']],
  ['sse-comment', 'comments', `data:1␍:␀⏎:␍⏎data:2⏎:${long}␍data:3⏎:data:fail␍:${long}⏎data:4⏎⏎`, ['1⏎2⏎3⏎4']],
  [
    'sse-unterminated',
    'unterminated last',
    'retry:1000⏎data:test1⏎⏎id:test⏎data:test2⏎',
    ['test1', { data: 'test2', id: 'test', unterminated: true }],
    { retryMs: 1000 },
  ],
  ['sse-data', 'field-data', 'data:⏎⏎data⏎data⏎⏎data:test⏎⏎⏎', ['', '⏎', 'test']],
  ['sse-event', 'field-event', 'event:test⏎data:x⏎⏎data:x⏎⏎⏎', [{ type: 'test', data: 'x' }, 'x']],
  ['sse-event', 'field-event-empty', 'event: ⏎data:data⏎⏎⏎', ['data']],
  ['sse-id', 'field-id', 'id: …⏎retry: 200⏎data: hello⏎⏎', [{ data: 'hello', id: '…' }], { retryMs: 200 }],
  [
    'sse-id',
    'id persists',
    'id: 1⏎data: 1⏎⏎data: 2⏎⏎id: 2⏎data:3⏎⏎data:4⏎⏎',
    [{ data: '1', id: '1' }, { data: '2', id: '1' }, { data: '3', id: '2' }, { data: '4', id: '2' }],
  ],
  ['sse-id', 'id reset with a colon', 'id: 1⏎data: 1⏎⏎id:⏎data:2⏎⏎data:3⏎⏎', [{ data: '1', id: '1' }, '2', '3']],
  ['sse-id', 'id reset without a colon', 'id: 1⏎data: 1⏎⏎id⏎data:2⏎⏎data:3⏎⏎', [{ data: '1', id: '1' }, '2', '3']],
  ['sse-id', 'id of two NULs', 'id: ␀␀⏎retry: 200⏎data: hello⏎⏎', ['hello'], { retryMs: 200 }],
  ['sse-id', 'id that ends with NUL', 'id: x␀⏎retry: 200⏎data: hello⏎⏎', ['hello'], { retryMs: 200 }],
  ['sse-id', 'id that begins with NUL', 'id: ␀x⏎retry: 200⏎data: hello⏎⏎', ['hello'], { retryMs: 200 }],
  ['sse-id', 'id with NUL inside', 'id: x␀x⏎retry: 200⏎data: hello⏎⏎', ['hello'], { retryMs: 200 }],
  ['sse-id', 'id of a space and NUL', 'id:  ␀⏎retry: 200⏎data: hello⏎⏎', ['hello'], { retryMs: 200 }],
  [
    'sse-field',
    'field-parsing',
    'data:␀⏎data:  2␍Data:1⏎data␀:2⏎data:1␍␀data:4⏎da-ta:3␍data_5⏎data:3␍data:␍⏎ data:32⏎data:4⏎⏎',
    ['␀⏎ 2⏎1⏎3⏎⏎4'],
  ],
  ['sse-retry', 'retry', 'retry:3000⏎data:x⏎⏎⏎', ['x'], { retryMs: 3000 }],
  ['sse-retry', 'retry-bogus', 'retry:3000⏎retry:1000x⏎data:x⏎⏎⏎', ['x'], { retryMs: 3000 }],
  ['sse-retry', 'retry-empty', 'retry⏎data:test⏎⏎⏎', ['test']],
  ['sse-field', 'unknown field', 'data:test⏎ data⏎data⏎foobar:xxx⏎justsometext⏎:thisisacommentyay⏎data:test⏎⏎⏎', ['test⏎⏎test']],
  ['sse-field', 'leading space', 'data:\ttest␍data: ⏎data:test⏎⏎⏎', ['\ttest⏎⏎test']],
  ['sse-line-end', 'newlines', 'data:test␍⏎data⏎data:test␍⏎␍⏎', ['test⏎⏎test']],
  ['sse-data', 'NUL', 'data:␀⏎⏎⏎⏎', ['␀']],
  ['sse-utf-8', 'utf-8', 'data:ok…⏎⏎⏎', ['ok…']],
  ['sse-event', 'event reset', 'event:a⏎event:⏎data:x⏎⏎', ['x']],
  ['sse-id', 'id without data', 'id:7⏎⏎data:x⏎⏎', [{ data: 'x', id: '7' }]],
  ['sse-retry', 'retry at once', 'retry:5⏎', [], { retryMs: 5 }],
  ['sse-event', 'type does not leak', 'event:a⏎⏎data:x⏎⏎', ['x']],
  ['sse-utf-8', 'invalid UTF-8', joined('data:', [0xe2, 0x82, 0x41, 0xff], '⏎⏎'), ['\ufffdA\ufffd']],
]);

export const furtherCases: readonly SseCase[] = rows([
  ['sse-field', 'gives nothing for an empty stream', '', []],
  ['sse-field', 'gives nothing for empty lines', '⏎⏎␍⏎␍␍⏎', []],
  ['sse-field', 'takes exactly one space away', 'data:  two⏎⏎', [' two']],
  ['sse-field', 'takes no space where there is none', 'data:x ⏎⏎', ['x ']],
  ['sse-field', 'takes no tab away', 'data:\tx⏎⏎', ['\tx']],
  ['sse-field', 'takes no no-break space away', 'data:\u00a0x⏎⏎', ['\u00a0x']],
  ['sse-field', 'splits at the first colon only', 'data: a: b:c⏎⏎', ['a: b:c']],
  ['sse-field', 'gives a value of one colon', 'data::⏎⏎', [':']],
  ['sse-field', 'ignores names that begin with a known one', 'database: x⏎eventual: y⏎ids: z⏎retrying: 5⏎data: ok⏎⏎', ['ok']],
  ['sse-field', 'ignores names that known ones begin with', 'dat: x⏎da⏎d⏎e⏎i⏎r⏎even: y⏎data: ok⏎⏎', ['ok']],
  ['sse-field', 'ignores a space before the colon', 'data : x⏎event : y⏎data: ok⏎⏎', ['ok']],
  ['sse-field', 'ignores a space before the name', ' data: x⏎data: ok⏎⏎', ['ok']],
  ['sse-field', 'compares names with case', 'DATA: x⏎Event: y⏎ID: z⏎Retry: 5⏎data: ok⏎⏎', ['ok']],
  ['sse-field', 'ignores JSON without a field name', '{"error":"x"}⏎⏎data: ok⏎⏎', ['ok']],
  ['sse-data', 'gives several events of one piece', 'data: 1⏎⏎data: 2⏎⏎data: 3⏎⏎', ['1', '2', '3']],
  ['sse-data', 'joins lines with LF', 'data: a⏎data: b⏎data: c⏎⏎', ['a⏎b⏎c']],
  ['sse-data', 'keeps empty lines of data', 'data: a⏎data:⏎data⏎data: b⏎⏎', ['a⏎⏎⏎b']],
  ['sse-data', 'takes one LF away from the end, not more', 'data: a⏎data:⏎data:⏎⏎', ['a⏎⏎']],
  ['sse-data', 'gives data of spaces', 'data:   ⏎⏎', ['  ']],
  ['sse-data', 'gives fields in any order', 'data: a⏎id: 1⏎event: e⏎data: b⏎⏎', [{ type: 'e', data: 'a⏎b', id: '1' }]],
  ['sse-data', 'gives vendor signs as data like any other', 'data: [DONE]⏎⏎', ['[DONE]']],
  ['sse-data', 'gives pretty-printed JSON', 'data: {⏎data:   "a": 1⏎data: }⏎⏎', ['{⏎  "a": 1⏎}']],
  ['sse-event', 'takes the last of several types', 'event: a⏎event: b⏎data: x⏎⏎', [{ type: 'b', data: 'x' }]],
  ['sse-event', 'resets the type at a line without a colon', 'event: a⏎event⏎data: x⏎⏎', ['x']],
  ['sse-event', 'takes a type after the data', 'data: x⏎event: a⏎⏎', [{ type: 'a', data: 'x' }]],
  ['sse-event', 'keeps a type with spaces and colons', 'event:  a: b ⏎data: x⏎⏎', [{ type: ' a: b ', data: 'x' }]],
  ['sse-event', 'gives no event without data', 'event: ping⏎⏎id: 1⏎⏎retry: 5⏎⏎', [], { retryMs: 5 }],
  ['sse-event', 'gives the event streams of Anthropic',
    'event: message_start⏎data: {"type":"message_start"}⏎⏎event: ping⏎data: {"type": "ping"}⏎⏎', [
    { type: 'message_start', data: '{"type":"message_start"}' },
    { type: 'ping', data: '{"type": "ping"}' },
  ]],
  ['sse-id', 'keeps an id over a block that gives nothing', 'id: 1⏎⏎⏎:⏎⏎data: x⏎⏎', [{ data: 'x', id: '1' }]],
  ['sse-id', 'takes the last of several ids', 'id: 1⏎id: 2⏎data: x⏎⏎', [{ data: 'x', id: '2' }]],
  [
    'sse-id',
    'keeps the id where a later one has NUL',
    'id: 1⏎data: x⏎⏎id: 2␀⏎data: y⏎⏎',
    [{ data: 'x', id: '1' }, { data: 'y', id: '1' }],
  ],
  ['sse-id', 'takes an id after the data', 'data: x⏎id: 1⏎⏎', [{ data: 'x', id: '1' }]],
  ['sse-id', 'keeps an id that is no number', 'id:  a b:c ⏎data: x⏎⏎', [{ data: 'x', id: ' a b:c ' }]],
  ['sse-retry', 'takes zero and leading zeros', 'retry: 0⏎retry: 0007⏎', [], { retryMs: 7 }],
  ['sse-retry', 'ignores a sign', 'retry: 5⏎retry: -1⏎retry: +1⏎', [], { retryMs: 5 }],
  ['sse-retry', 'ignores a point and an exponent', 'retry: 5⏎retry: 1.5⏎retry: 1e3⏎retry: 0x10⏎', [], { retryMs: 5 }],
  ['sse-retry', 'ignores spaces in or after the digits', 'retry: 5⏎retry: 1 0⏎retry: 10 ⏎retry:  10⏎', [], { retryMs: 5 }],
  ['sse-retry', 'ignores digits that are not ASCII', 'retry: 5⏎retry: ٣⏎retry: ３⏎', [], { retryMs: 5 }],
  ['sse-retry', 'clamps to the longest timer', 'retry: 100000000000000000000000000⏎', [], { retryMs: 2_147_483_647 }],
  ['sse-retry', 'takes the last', 'retry: 1⏎retry: 2⏎data: x⏎⏎retry: 3⏎', ['x'], { retryMs: 3 }],
  ['sse-comment', 'ignores comments of every kind', ':⏎: x⏎:data: y⏎::⏎data: ok⏎⏎', ['ok']],
  ['sse-comment', 'does not take a comment for the end of a block', 'data: a⏎: keep-alive⏎data: b⏎⏎', ['a⏎b']],
  ['sse-comment', 'gives nothing for a comment and an empty line', ': OPENROUTER PROCESSING⏎⏎: again⏎⏎', []],
  ['sse-line-end', 'takes CR alone', 'data: a␍data: b␍␍data: c␍␍', ['a⏎b', 'c']],
  ['sse-line-end', 'takes CRLF', 'data: a␍⏎data: b␍⏎␍⏎data: c␍⏎␍⏎', ['a⏎b', 'c']],
  ['sse-line-end', 'takes them mixed', 'data: a␍⏎⏎data: b⏎␍data: c␍⏎␍data: d␍␍⏎', ['a', 'b', 'c', 'd']],
  ['sse-line-end', 'takes LF CR for two line ends', 'data: a⏎␍data: b⏎␍', ['a', 'b']],
  ['sse-line-end', 'takes CR CR LF for two line ends', 'data: a␍␍⏎data: b␍␍⏎', ['a', 'b']],
  ['sse-line-end', 'takes CR LF LF for two line ends', 'data: a␍⏎⏎', ['a']],
  [
    'sse-line-end',
    'takes no other separator',
    'data: a\u2028b\u2029c\u0085d\u000be\u000cf⏎⏎',
    ['a\u2028b\u2029c\u0085d\u000be\u000cf'],
  ],
  ['sse-byte-order-mark', 'drops one before a comment', '⎋: x⏎data: y⏎⏎', ['y']],
  ['sse-byte-order-mark', 'drops one before an empty line', '⎋⏎data: y⏎⏎', ['y']],
  ['sse-byte-order-mark', 'keeps one within data', 'data:⎋x⎋⏎⏎', ['⎋x⎋']],
  ['sse-byte-order-mark', 'takes two thirds of one for an unknown field', joined([0xef, 0xbb], 'data: x⏎data: y⏎⏎'), ['y']],
  ['sse-byte-order-mark', 'takes one of UTF-16 for an unknown field', joined([0xff, 0xfe], 'data: x⏎data: y⏎⏎'), ['y']],
  ['sse-byte-order-mark', 'gives nothing for one alone', '⎋', []],
  [
    'sse-utf-8',
    'gives characters of two, three and four octets',
    'data: ä€😀⏎event: ü⏎id: 日本⏎⏎'.replace('⏎⏎', '⏎⏎'),
    [{ type: 'ü', data: 'ä€😀', id: '日本' }],
  ],
  ['sse-utf-8', 'replaces a surrogate in UTF-8', joined('data: ', [0xed, 0xa0, 0x80], '⏎⏎'), ['\ufffd\ufffd\ufffd']],
  ['sse-utf-8', 'replaces an overlong form', joined('data: ', [0xc0, 0x8a], 'x⏎⏎'), ['\ufffd\ufffdx']],
  ['sse-utf-8', 'replaces a lone continuation octet', joined('data: ', [0x80], '⏎⏎'), ['\ufffd']],
  [
    'sse-utf-8',
    'does not let a cut character swallow the line end',
    joined('data: ', [0xf0, 0x9f, 0x98], '⏎⏎data: x⏎⏎'),
    ['\ufffd', 'x'],
  ],
  [
    'sse-utf-8',
    'replaces a character that the end cuts',
    joined('data: a⏎⏎data: ', [0xe2, 0x82]),
    ['a', { data: '\ufffd', unterminated: true }],
  ],
  ['sse-utf-8', 'replaces latin1', joined('data: ', [0xe4, 0xf6, 0xfc], '⏎⏎'), ['\ufffd\ufffd\ufffd']],
  ['sse-unterminated', 'hands out a block whose last line ended', 'data: a⏎', [{ data: 'a', unterminated: true }]],
  [
    'sse-unterminated',
    'hands out a block whose last line did not end',
    'event: e⏎data: a⏎data: b',
    [{ type: 'e', data: 'a⏎b', unterminated: true }],
  ],
  ['sse-unterminated', 'hands out a block after CR', 'data: a␍', [{ data: 'a', unterminated: true }]],
  ['sse-unterminated', 'hands out nothing without data', 'event: e⏎id: 1⏎retry: 5', [], { retryMs: 5 }],
  ['sse-unterminated', 'hands out nothing for a comment', 'data: a⏎⏎: bye', ['a']],
  ['sse-unterminated', 'takes fields of the last line', 'data: a⏎event: e', [{ type: 'e', data: 'a', unterminated: true }]],
  ['sse-limit-line', 'takes a line of exactly the limit', 'data: 7890⏎⏎', ['7890'], { limits: { sseLineBytesMax: 10 } }],
  [
    'sse-limit-line',
    'rejects a line of one octet more',
    'data: a⏎⏎data: 78901⏎⏎',
    ['a'],
    { limits: { sseLineBytesMax: 10 }, fault: 'NET_SSE_LINE_TOO_LONG' },
  ],
  [
    'sse-limit-line',
    'rejects a line that never ends',
    `data: ${long}`,
    [],
    { limits: { sseLineBytesMax: 10 }, fault: 'NET_SSE_LINE_TOO_LONG' },
  ],
  [
    'sse-limit-line',
    'rejects a comment that never ends',
    `:${long}`,
    [],
    { limits: { sseLineBytesMax: 10 }, fault: 'NET_SSE_LINE_TOO_LONG' },
  ],
  [
    'sse-limit-line',
    'counts octets, not characters',
    'data: €€⏎⏎',
    [],
    { limits: { sseLineBytesMax: 11 }, fault: 'NET_SSE_LINE_TOO_LONG' },
  ],
  [
    'sse-limit-line',
    'takes characters whose octets fit',
    'data: €€⏎⏎data: 😀😀⏎⏎',
    ['€€', '😀😀'],
    { limits: { sseLineBytesMax: 14 } },
  ],
  ['sse-limit-line', 'does not count the line end', 'data: 7890␍⏎␍⏎', ['7890'], { limits: { sseLineBytesMax: 10 } }],
  [
    'sse-limit-event',
    'takes data of exactly the limit',
    'data: 12345⏎data: 789⏎⏎',
    ['12345⏎789'],
    { limits: { sseEventBytesMax: 10 } },
  ],
  [
    'sse-limit-event',
    'rejects data of one octet more',
    'data: 12345⏎data: 7890⏎⏎',
    [],
    { limits: { sseEventBytesMax: 10 }, fault: 'NET_SSE_EVENT_TOO_LARGE' },
  ],
  [
    'sse-limit-event',
    'rejects a block before its end',
    `data: a⏎⏎${'data: 1⏎'.repeat(20)}`,
    ['a'],
    { limits: { sseEventBytesMax: 10 }, fault: 'NET_SSE_EVENT_TOO_LARGE' },
  ],
  [
    'sse-limit-event',
    'counts empty lines of data',
    'data⏎'.repeat(20),
    [],
    { limits: { sseEventBytesMax: 10 }, fault: 'NET_SSE_EVENT_TOO_LARGE' },
  ],
  [
    'sse-limit-event',
    'counts octets, not characters',
    'data: €€⏎data: €⏎⏎',
    [],
    { limits: { sseEventBytesMax: 10 }, fault: 'NET_SSE_EVENT_TOO_LARGE' },
  ],
  [
    'sse-limit-event',
    'counts each event anew',
    'data: 12345678⏎⏎data: 12345678⏎⏎',
    ['12345678', '12345678'],
    { limits: { sseEventBytesMax: 10 } },
  ],
  [
    'sse-limit-event',
    'rejects an unterminated last line',
    'data: 1234567890',
    [],
    { limits: { sseEventBytesMax: 10 }, fault: 'NET_SSE_EVENT_TOO_LARGE' },
  ],
]);
