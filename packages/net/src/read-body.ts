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
export async function readBytes(body: HttpBody, bytesMax?: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  // A view is valid until the next piece is asked for.
  const length = await readPieces(body, bytesMax, (piece) => pieces.push(new Uint8Array(piece)));
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
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
  let text = '';
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  await readPieces(body, bytesMax, (piece) => {
    // A piece that ends in ASCII ends no character in the middle. Only the others need a decoder that remembers, which is costly.
    if (decoder === undefined && (piece.at(-1) ?? 0) < 0x80) {
      text += WHOLE.decode(piece);
    } else {
      decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
      text += decoder.decode(piece, { stream: true });
    }
  });
  text += decoder?.decode() ?? '';
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

const WHOLE = new TextDecoder('utf-8', { ignoreBOM: true });
const BYTE_ORDER_MARK = '\ufeff';

/**
 * As `readText`, parsed. What comes out is anyone's: check it.
 *
 * @throws {NetError} as `readBytes`. {SyntaxError} where the text is not JSON.
 */
export async function readJson(body: HttpBody, bytesMax?: number): Promise<unknown> {
  return JSON.parse(await readText(body, bytesMax));
}

async function readPieces(
  body: HttpBody,
  bytesMax = defaultLimits.bufferedBodyBytesMax,
  take: (piece: Uint8Array) => void,
): Promise<number> {
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
    take(piece);
  }
  return length;
}
