/**
 * How long the body of a response is, and whether its connection may carry another (RFC 9112, sections 6.3 and 9.3).
 *
 * Pure: facts of the head in, a verdict or a fault out. The rules stand in the order of section 6.3; the order is the
 * rule. Where the RFC leaves a choice we take the strict one: Transfer-Encoding beside Content-Length (D3) and any transfer
 * coding but one `chunked` (D6) are faults. Content codings are refused here as well: none was asked for, none is decoded.
 */
import { type Fields } from '../fields.ts';
import { NetError } from '../net-error.ts';
import { LENGTH_MAX } from './grammar.ts';

/** What ends the body: nothing to end, the tunnel's owner, the last chunk, a count of bytes, or the connection. */
export type MessageFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'tunnel' }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'content-length'; readonly length: number }
  | { readonly kind: 'until-close' };

export interface ResponseFacts {
  /** Of the request: HEAD and CONNECT change the framing. */
  readonly method: string;
  readonly status: number;
  readonly version: '1.0' | '1.1';
  readonly fields: Fields;
}

/**
 * @throws {NetError} `NET_BAD_TRANSFER_ENCODING`, `NET_BAD_CONTENT_LENGTH`, `NET_CONTENT_ENCODING`.
 */
export function messageFraming({ method, status, fields }: ResponseFacts): MessageFraming {
  // 2, before 1: a 204 to CONNECT opens the tunnel like any 2xx (RFC 9110, section 9.3.6), and has no body either way.
  if (method === 'CONNECT' && status >= 200 && status < 300) return { kind: 'tunnel' };
  // 1: "cannot contain a message body", whatever the fields say.
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };

  const transferEncodings = linesOf(fields, 'transfer-encoding');
  const contentLengths = linesOf(fields, 'content-length');
  const framing = framingOf(transferEncodings, contentLengths);
  if (framing.kind !== 'content-length' || framing.length > 0) refuseContentCoding(fields, status);
  return framing;
}

function framingOf(transferEncodings: readonly string[], contentLengths: readonly string[]): MessageFraming {
  if (transferEncodings.length > 0) {
    // 3: "ought to be handled as an error"; no honest API sends both.
    if (contentLengths.length > 0) {
      throw badTransferEncoding('Transfer-Encoding together with Content-Length', transferEncodings);
    }
    // 4: we offer no coding with TE, so the only one that a server may use is chunked, once, without parameters.
    if (transferEncodings.length > 1 || transferEncodings[0]?.toLowerCase() !== 'chunked') {
      throw badTransferEncoding('a Transfer-Encoding that is not exactly one `chunked`', transferEncodings);
    }
    return { kind: 'chunked' };
  }
  // 5 and 6
  if (contentLengths.length > 0) return { kind: 'content-length', length: contentLengthOf(contentLengths) };
  // 7
  return { kind: 'until-close' };
}

/** One length, or several times the same one, in a list or on several lines (RFC 9110, section 8.6; D4). */
function contentLengthOf(lines: readonly string[]): number {
  let length: number | undefined;
  for (const member of lines.join(',').split(',')) {
    const value = decimal(member);
    if (value === undefined) throw badContentLength('a Content-Length that is no decimal number up to 2^53 - 1', lines);
    if (length !== undefined && length !== value) throw badContentLength('Content-Lengths that differ', lines);
    length = value;
  }
  if (length === undefined) throw badContentLength('no Content-Length', lines);
  return length;
}

/** `1*DIGIT` with blanks around it. Not `Number()`: that takes signs, hexadecimal, exponents and nothing at all. */
function decimal(member: string): number | undefined {
  const digits = /^[ \t]*([0-9]+)[ \t]*$/.exec(member)?.[1];
  if (digits === undefined) return undefined;
  // Exact below 2^53, and at or above 2^53 for every number that is not: rounding is monotonic.
  const value = Number(digits);
  return value <= LENGTH_MAX ? value : undefined;
}

/** Lists may hold empty members (RFC 9110, section 5.6.1); `identity` says what is so anyway. */
function refuseContentCoding(fields: Fields, status: number): void {
  const lines = linesOf(fields, 'content-encoding');
  if (lines.length === 0) return;
  const coding = lines
    .join(',')
    .split(',')
    .map((member) => member.trim())
    .find((member) => member !== '' && member.toLowerCase() !== 'identity');
  if (coding === undefined) return;
  const message = `the body of the ${status} response has a content coding, though only identity was asked for`;
  throw new NetError('NET_CONTENT_ENCODING', message, { where: 'content-encoding', got: coding });
}

/**
 * Whether the connection may carry another exchange after this response, as far as the head tells (RFC 9112, section 9.3).
 *
 * `close` wins over everything; 1.1 persists by default, 1.0 only with `keep-alive`. Chunked in a 1.0 response is a sign of
 * faulty framing (section 6.1) and forbids it.
 */
export function persists({ version, fields }: ResponseFacts, framing: MessageFraming): boolean {
  if (framing.kind === 'until-close' || framing.kind === 'tunnel') return false;
  const options = linesOf(fields, 'connection').flatMap((line) => line.toLowerCase().split(','));
  let keepAlive = version === '1.1';
  for (const option of options) {
    if (option.trim() === 'close') return false;
    if (option.trim() === 'keep-alive') keepAlive = true;
  }
  return keepAlive && !(version === '1.0' && linesOf(fields, 'transfer-encoding').length > 0);
}

/** The lines of one field. Compares lengths first: nearly every field is another one. */
function linesOf(fields: Fields, lowerCaseName: string): string[] {
  const lines: string[] = [];
  for (const [name, value] of fields) {
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) lines.push(value);
  }
  return lines;
}

function badTransferEncoding(what: string, lines: readonly string[]): NetError {
  const details = { where: 'transfer-encoding', got: lines.join(', ') };
  return new NetError('NET_BAD_TRANSFER_ENCODING', `the response has ${what}`, details);
}

function badContentLength(what: string, lines: readonly string[]): NetError {
  const details = { where: 'content-length', got: lines.join(', ') };
  return new NetError('NET_BAD_CONTENT_LENGTH', `the response has ${what}`, details);
}
