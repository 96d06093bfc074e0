/**
 * The first line of a response (RFC 9112, section 4): `HTTP-version SP status-code SP [ reason-phrase ]`.
 *
 * In: the line without its end, known to begin with `HTTP/`. The SP after the status code may be missing together with the
 * reason phrase: servers that leave both out are common, and nothing else can be meant.
 */
import { NetError } from '../net-error.ts';
import { decodeLatin1, FIELD_CONTENT, octetName, SP } from './grammar.ts';

export interface StatusLine {
  readonly status: number;
  readonly version: '1.0' | '1.1';
  readonly reason: string;
}

const VERSION_AT = 5;
const STATUS_AT = 9;
const REASON_AT = 13;

/** @throws {NetError} `NET_BAD_STATUS_LINE`, and `NET_BAD_VERSION` for a well-formed version that is not 1.x. */
export function decodeStatusLine(line: Uint8Array, offset: number): StatusLine {
  const fail = (what: string, index: number): never => {
    throw new NetError('NET_BAD_STATUS_LINE', `${what} at byte ${offset + index} of the response`, {
      offset: offset + index,
      got: octetName(line[index]),
    });
  };
  const digit = (index: number, what: string): number => {
    const value = (line[index] ?? 0) - 0x30;
    return value >= 0 && value <= 9 ? value : fail(what, index);
  };

  const major = digit(VERSION_AT, 'malformed HTTP version');
  if (line[VERSION_AT + 1] !== 0x2e) fail('malformed HTTP version', VERSION_AT + 1);
  const minor = digit(VERSION_AT + 2, 'malformed HTTP version');
  if (line[VERSION_AT + 3] !== SP) fail('no single space after the HTTP version', VERSION_AT + 3);
  if (major !== 1) {
    throw new NetError('NET_BAD_VERSION', `the server answers with HTTP/${major}.${minor}, not HTTP/1.1`, {
      offset: offset + VERSION_AT,
      got: `${major}.${minor}`,
    });
  }
  const what = 'status code of other than three digits from 100 on';
  const status = 100 * digit(STATUS_AT, what) + 10 * digit(STATUS_AT + 1, what) + digit(STATUS_AT + 2, what);
  if (status < 100) fail(what, STATUS_AT);
  if (line.length > STATUS_AT + 3 && line[STATUS_AT + 3] !== SP) fail(what, STATUS_AT + 3);
  for (let index = REASON_AT; index < line.length; index += 1) {
    if (FIELD_CONTENT[line[index] ?? 0] === 0) fail('control character in the reason phrase', index);
  }
  return { status, version: minor === 0 ? '1.0' : '1.1', reason: decodeLatin1(line, REASON_AT, line.length) };
}
