/**
 * Octets that must be refused: one row for each grammar rule and the code that it gives.
 *
 * `[production or requirement, where it stands, octets, code, method]`. Each row breaks its rule alone.
 */
import { fault, type HttpCase } from './http-case.ts';

type RefusedRow = readonly [production: string, rule: string, bytes: string, code: Parameters<typeof fault>[0],
  head?: 'after-head'];

const CHUNKED = 'ʀTransfer-Encoding: chunked⏎⏎';

const rows: readonly RefusedRow[] = [
  ['HTTP-name = %s"HTTP"', 'not-http', 'Http/1.1 200 OK⏎⏎', 'NET_NOT_HTTP'],
  ['HTTP-message begins with its start-line', 'not-http', '⏎HTTP/1.1 200 OK⏎⏎', 'NET_NOT_HTTP'],
  ['HTTP is not TLS', 'not-http', '\x15\x03\x03\x00\x02\x02\x28', 'NET_TLS_ON_PLAIN_PORT'],
  ['HTTP-version = HTTP-name "/" DIGIT "." DIGIT', 'version', 'HTTP/1.a 200 OK⏎⏎', 'NET_BAD_STATUS_LINE'],
  ['the major version is 1', 'version', 'HTTP/2.0 200 OK⏎⏎', 'NET_BAD_VERSION'],
  ['status-line = HTTP-version SP status-code', 'status-code', 'HTTP/1.1  200 OK⏎⏎', 'NET_BAD_STATUS_LINE'],
  ['status-code = 3DIGIT', 'status-code', 'HTTP/1.1 2x0 OK⏎⏎', 'NET_BAD_STATUS_LINE'],
  ['the first digit of a status-code is a class', 'status-code', 'HTTP/1.1 012 OK⏎⏎', 'NET_BAD_STATUS_LINE'],
  ['reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )', 'reason', 'HTTP/1.1 200 \x07⏎⏎', 'NET_BAD_STATUS_LINE'],
  ['a lone CR is no line end', 'line-end', 'ʀA: b␍C: d⏎⏎', 'NET_BAD_FIELD'],
  ['no whitespace between start-line and first field', 'obs-fold', 'ʀ A: b⏎⏎', 'NET_BAD_FIELD'],
  ['field-line = field-name ":" …', 'field-name', 'ʀA b⏎⏎', 'NET_BAD_FIELD'],
  ['field-name = token = 1*tchar', 'field-name', 'ʀ: b⏎⏎', 'NET_BAD_FIELD'],
  ['tchar', 'field-name', 'ʀA(b): c⏎⏎', 'NET_BAD_FIELD'],
  ['no whitespace between field-name and colon', 'field-name', 'ʀA : b⏎⏎', 'NET_BAD_FIELD'],
  ['field-vchar = VCHAR / obs-text', 'field-value', 'ʀA: \x00⏎⏎', 'NET_BAD_FIELD'],
  ['Content-Length = 1*DIGIT', 'framing-content-length', 'ʀContent-Length: +1⏎⏎x', 'NET_BAD_CONTENT_LENGTH'],
  ['Content-Length fits a number', 'framing-content-length', 'ʀContent-Length: 9007199254740992⏎⏎', 'NET_BAD_CONTENT_LENGTH'],
  [
    'repeated Content-Lengths are equal',
    'framing-content-length-repeated',
    'ʀContent-Length: 1⏎Content-Length: 2⏎⏎xx',
    'NET_BAD_CONTENT_LENGTH',
  ],
  [
    'Content-Length and Transfer-Encoding exclude each other',
    'framing-both',
    'ʀContent-Length: 5⏎Transfer-Encoding: chunked⏎⏎0⏎⏎',
    'NET_BAD_TRANSFER_ENCODING',
  ],
  [
    'chunked is the final transfer coding',
    'framing-transfer-encoding',
    'ʀTransfer-Encoding: chunked, gzip⏎⏎0⏎⏎',
    'NET_BAD_TRANSFER_ENCODING',
  ],
  [
    'chunked is applied once',
    'framing-transfer-encoding',
    'ʀTransfer-Encoding: chunked, chunked⏎⏎0⏎⏎',
    'NET_BAD_TRANSFER_ENCODING',
  ],
  ['chunked has no parameters', 'framing-transfer-encoding', 'ʀTransfer-Encoding: chunked;a=b⏎⏎0⏎⏎', 'NET_BAD_TRANSFER_ENCODING'],
  [
    'a coding that was not offered is not used',
    'framing-transfer-encoding',
    'ʀTransfer-Encoding: gzip, chunked⏎⏎0⏎⏎',
    'NET_BAD_TRANSFER_ENCODING',
  ],
  ['only `identity` was accepted', 'content-coding', 'ʀContent-Encoding: gzip⏎Content-Length: 1⏎⏎x', 'NET_CONTENT_ENCODING'],
  ['101 answers an Upgrade', 'no-upgrade', 'HTTP/1.1 101 Switching Protocols⏎⏎', 'NET_UNEXPECTED_UPGRADE'],
  ['chunk-size = 1*HEXDIG', 'chunk-size', `${CHUNKED}⏎⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['HEXDIG', 'chunk-size', `${CHUNKED}1h⏎x⏎0⏎⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['chunk-size fits a number', 'chunk-size', `${CHUNKED}20000000000000⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['chunk-size has at most 16 digits', 'chunk-size', `${CHUNKED}00000000000000000⏎⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['chunk-ext begins with ";"', 'chunk-extension', `${CHUNKED}1 x⏎x⏎0⏎⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['a chunk-ext has no control characters', 'chunk-extension', `${CHUNKED}1;\x08⏎x⏎0⏎⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['chunk = chunk-size [ chunk-ext ] CRLF …', 'chunk-line-end', `${CHUNKED}1␊x⏎0⏎⏎`, 'NET_BAD_CHUNK', 'after-head'],
  ['chunk = … chunk-data CRLF', 'chunk-data-end', `${CHUNKED}0001⏎xy`, 'NET_BAD_CHUNK', 'after-head'],
  ['trailer-section = *( field-line CRLF )', 'trailers', `${CHUNKED}0⏎A: b␊⏎`, 'NET_BAD_FIELD', 'after-head'],
  ['a head ends with an empty line', 'truncated-head', 'ʀA: b⏎', 'NET_TRUNCATED_HEAD'],
  ['a response has a first octet', 'truncated-head', '', 'NET_CLOSED_BEFORE_RESPONSE'],
  ['a body has as many octets as announced', 'truncated-body', 'ʀContent-Length: 1⏎⏎', 'NET_TRUNCATED_BODY', 'after-head'],
  ['chunked-body ends with CRLF', 'truncated-body', `${CHUNKED}0⏎`, 'NET_TRUNCATED_BODY', 'after-head'],
];

/** Body octets that come out before the fault. */
const bodies: Readonly<Record<string, string>> = { 'chunk = … chunk-data CRLF': 'x' };

export const refusedCases: readonly HttpCase[] = rows.map(([production, rule, bytes, code, head]) => ({
  rule,
  name: production,
  bytes,
  expected: head === undefined ? fault(code) : { status: 200, body: bodies[production] ?? '', fault: code },
}));
