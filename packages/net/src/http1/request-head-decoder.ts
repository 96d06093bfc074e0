/**
 * Decodes the head of one GET request, for the loop-back server that receives an OAuth redirect (RFC 9112, section 3).
 *
 * In: octets, cut anywhere. Out: one `RequestHead`. As strict as can be, since browsers are the only peers: CRLF only, no
 * folded lines, HTTP/1.0 or 1.1, origin-form, `Host` once (and at all in 1.1), no content, nothing after the head.
 */
import type { Decoder } from '../decoder.ts';
import { type Fields, fieldValues } from '../fields.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { sticky } from '../sticky.ts';
import { createFieldsDecoder } from './fields-decoder.ts';
import { decodeLatin1 } from './grammar.ts';

/** The head of a request that reached a loop-back redirect server. */
export interface RequestHead {
  /** The only method that is taken. */
  readonly method: 'GET';
  /** Path and query in origin-form, as sent; it begins with `/`. */
  readonly target: string;
  /** As sent. */
  readonly version: '1.0' | '1.1';
  /** As sent, in order. */
  readonly fields: Fields;
}

/** Visible ASCII but for the fragment sign, which no target may hold. */
const REQUEST_LINE = /^GET (\/[!"$-~]*) HTTP\/1\.([01])$/;

/**
 * Decodes the head of one GET request of at most `loopbackHeadBytesMax` bytes.
 *
 * @throws {NetError} `NET_BAD_REQUEST` (request line, Host, content), `NET_BAD_FIELD`, `NET_HEAD_TOO_LARGE`,
 *   `NET_LINE_TOO_LONG`, `NET_TOO_MANY_FIELDS`; from `end`: `NET_TRUNCATED_HEAD`. No error quotes the target: it holds the
 *   authorization code.
 */
export function createRequestHeadDecoder(limits: Limits = defaultLimits): Decoder<Uint8Array, RequestHead> {
  let bytesRead = 0;
  let over = false;
  let requestLine: Pick<RequestHead, 'target' | 'version'> | undefined;
  const head = createFieldsDecoder({
    bytesMax: limits.loopbackHeadBytesMax,
    bytesMaxCode: 'NET_HEAD_TOO_LARGE',
    lineBytesMax: limits.lineBytesMax,
    fieldsMax: limits.fieldsMax,
    bareLf: 'reject',
    obsFold: 'reject',
    offset: 0,
    onStartLine: (line) => {
      const [, target, minor] = REQUEST_LINE.exec(decodeLatin1(line, 0, line.length)) ?? [];
      if (target === undefined) throw new NetError('NET_BAD_REQUEST', 'the request line is not `GET /… HTTP/1.1`', { offset: 0 });
      requestLine = { target, version: minor === '0' ? '1.0' : '1.1' };
    },
  });

  return sticky({
    push(input, emit) {
      if (input.length === 0) return;
      const at = bytesRead;
      bytesRead += input.length;
      const end = over ? 0 : head.push(input, 0);
      if (end !== -1 && end < input.length) {
        throw new NetError('NET_BAD_REQUEST', 'bytes after the request head', { offset: at + end });
      }
      if (end === -1 || requestLine === undefined) return;
      over = true;
      const fields = head.fields();
      checkFields(fields, requestLine.version);
      emit({ method: 'GET', ...requestLine, fields });
    },
    end() {
      if (over) return;
      const message = `closed within the request head, after ${bytesRead} bytes`;
      throw new NetError('NET_TRUNCATED_HEAD', message, { bytesRead, offset: bytesRead });
    },
  });
}

function checkFields(fields: Fields, version: '1.0' | '1.1'): void {
  const hosts = fieldValues(fields, 'host').length;
  if (hosts > 1 || (hosts === 0 && version === '1.1')) {
    throw new NetError('NET_BAD_REQUEST', `${hosts} Host fields, not one`, { got: hosts });
  }
  const lengths = fieldValues(fields, 'content-length');
  const hasContent = fieldValues(fields, 'transfer-encoding').length > 0 || lengths.some((length) => length !== '0');
  if (hasContent) throw new NetError('NET_BAD_REQUEST', 'a GET request with content');
}
