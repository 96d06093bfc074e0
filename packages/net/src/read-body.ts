/**
 * Whole bodies, bounded: error answers, tokens, JSON.
 *
 * In: a body, and how many bytes it may have at most. Out: bytes, text (UTF-8, wrong sequences as U+FFFD, a byte order mark
 * dropped) or a JSON value. A body that is too large is refused when the limit is passed, not when it has been read, and
 * its connection is closed.
 */
import { defaultLimits } from './limits.ts';
import { NetError } from './net-error.ts';
import type { HttpBody } from './transport.ts';

/**
 * @param bytesMax - In bytes. Default `bufferedBodyBytesMax`, 1 MiB.
 * @throws {NetError} `NET_BODY_TOO_LARGE`, and whatever reading the body throws.
 */
export async function readBytes(body: HttpBody, bytesMax: number = defaultLimits.bufferedBodyBytesMax): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > bytesMax) {
      throw new NetError('NET_BODY_TOO_LARGE', `the response body is larger than ${bytesMax} bytes`, {
        where: 'body',
        got: length,
        limit: bytesMax,
        bytesRead: length,
      });
    }
    // A view is valid until the next piece is asked for.
    pieces.push(new Uint8Array(piece));
  }
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** As `readBytes`, decoded as UTF-8. */
export async function readText(body: HttpBody, bytesMax?: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(body, bytesMax));
}

/**
 * As `readText`, parsed. What comes out is anyone's: check it.
 *
 * @throws {NetError} as `readBytes`. {SyntaxError} where the text is not JSON.
 */
export async function readJson(body: HttpBody, bytesMax?: number): Promise<unknown> {
  return JSON.parse(await readText(body, bytesMax));
}
