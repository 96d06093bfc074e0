/**
 * Decodes an event stream (WHATWG HTML, section 9.2.6, "parsing an event stream").
 *
 * In: octets, cut anywhere. Out: one `ServerSentEvent` for each block of lines with data. Octets are decoded once for each
 * piece (UTF-8 always, invalid sequences become U+FFFD), lines are found by `indexOf`, a line that is cut is kept in
 * fragments and joined once. Exactly one byte order mark is dropped, at the very start.
 *
 * A CR ends its line at once, and an LF right after it is swallowed, also in the next piece: to wait for the octet after a
 * CR would delay the last event of a stream whose lines end with CR.
 *
 * The standard discards a block without its empty line. Servers that forget the last one are common, so `end` hands that
 * block out, marked `unterminated`; a protocol decides. Left out: reconnection, and every vendor's sign such as `[DONE]`.
 *
 * Limits: octets of one line, an unfinished one included, and octets of one event's data. Both are counted as UTF-8 of the
 * decoded text, so an invalid octet counts as three.
 */
import type { Decoder } from '../decoder.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { sticky } from '../sticky.ts';
import type { ServerSentEvent } from './server-sent-event.ts';
import { createTextPieces } from './text-pieces.ts';
import { utf8Length } from './utf8-length.ts';

export interface SseDecoder extends Decoder<Uint8Array, ServerSentEvent> {
  /** The last valid `retry` field, in milliseconds, at most 2^31 - 1 (the longest timer); undefined where there was none. */
  readonly retryMs: number | undefined;
}

const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const BYTE_ORDER_MARK = 0xfeff;
const RETRY_MS_MAX = 2 ** 31 - 1;

/**
 * Decodes an event stream.
 *
 * @param options.limits - `sseLineBytesMax`, `sseEventBytesMax`. Default: {@link defaultLimits}.
 * @throws {NetError} `NET_SSE_LINE_TOO_LONG`, `NET_SSE_EVENT_TOO_LARGE`. Nothing else is an error in an event stream.
 */
export function createSseDecoder(options: { readonly limits?: Limits | undefined } = {}): SseDecoder {
  const { sseLineBytesMax: lineBytesMax, sseEventBytesMax: eventBytesMax } = options.limits ?? defaultLimits;
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let bytesRead = 0;
  let atStart = true;
  /** The last line ended with CR: an LF that comes next belongs to it. */
  let afterCr = false;
  /** A line that has not ended yet. */
  const unfinished = createTextPieces('');
  let unfinishedBytes = 0;

  // The block so far.
  let type = '';
  const data = createTextPieces('\n');
  let dataUnits = 0;
  /** Counted only where `dataUnits` could be too many octets. */
  let dataBytes = 0;
  /** Persists over blocks, and so is the last event id of each. */
  let id = '';
  let retryMs: number | undefined;

  const checkLine = (lineBytes: number): void => {
    if (lineBytes <= lineBytesMax) return;
    throw new NetError('NET_SSE_LINE_TOO_LONG', `a line of the event stream is longer than ${lineBytesMax} bytes`, {
      limit: lineBytesMax,
      bytesRead,
    });
  };

  const takeData = (value: string): void => {
    data.add(value);
    // The line feed that joins it to the next line counts as well, as in the standard's data buffer.
    dataUnits += value.length + 1;
    // A UTF-16 unit takes three octets at most: nearly no event has to be counted.
    if (dataUnits * 3 <= eventBytesMax) return;
    if (dataBytes === 0) {
      const text = data.take();
      dataBytes = utf8Length(text) + 1;
      data.add(text);
    } else {
      dataBytes += utf8Length(value) + 1;
    }
    if (dataBytes <= eventBytesMax) return;
    throw new NetError('NET_SSE_EVENT_TOO_LARGE', `the data of one event is longer than ${eventBytesMax} bytes`, {
      limit: eventBytesMax,
      bytesRead,
    });
  };

  const dispatch = (emit: (event: ServerSentEvent) => void, unterminated: boolean): void => {
    const event = type === '' ? 'message' : type;
    type = '';
    if (data.count === 0) return;
    const text = data.take();
    dataUnits = 0;
    dataBytes = 0;
    emit(unterminated ? { event, data: text, id, unterminated } : { event, data: text, id });
  };

  /** The value of the field `name` where the line `text[start..end)` is one of it: what "field before the first colon" says. */
  const valueOf = (name: string, text: string, start: number, end: number): string | undefined => {
    const colon = start + name.length;
    if (!text.startsWith(name, start) || colon > end) return undefined;
    if (colon === end) return '';
    if (text.charCodeAt(colon) !== COLON) return undefined;
    const value = text.charCodeAt(colon + 1) === SPACE && colon + 1 < end ? colon + 2 : colon + 1;
    return text.slice(value, end);
  };

  const takeRetry = (value: string): void => {
    if (/^[0-9]+$/.test(value)) retryMs = Math.min(Number(value), RETRY_MS_MAX);
  };

  /** One line without its end. */
  const takeLine = (text: string, start: number, end: number, emit: (event: ServerSentEvent) => void): void => {
    if (start === end) return dispatch(emit, false);
    let value: string | undefined;
    switch (text[start]) {
      case 'd':
        value = valueOf('data', text, start, end);
        if (value !== undefined) takeData(value);
        return;
      case 'e':
        type = valueOf('event', text, start, end) ?? type;
        return;
      case 'i':
        value = valueOf('id', text, start, end);
        if (value !== undefined && !value.includes('\0')) id = value;
        return;
      case 'r':
        value = valueOf('retry', text, start, end);
        if (value !== undefined) takeRetry(value);
        return;
      default:
        // A comment, or a field that nobody knows.
        return;
    }
  };

  /** A line that began in an earlier piece, with the rest of it. */
  const finishLine = (rest: string, emit: (event: ServerSentEvent) => void): void => {
    checkLine(unfinishedBytes + utf8Length(rest));
    unfinishedBytes = 0;
    unfinished.add(rest);
    const line = unfinished.take();
    takeLine(line, 0, line.length, emit);
  };

  const takeText = (text: string, emit: (event: ServerSentEvent) => void): void => {
    let start = 0;
    if (afterCr && text !== '') {
      afterCr = false;
      if (text.charCodeAt(0) === LF) start = 1;
    }
    let cr = text.indexOf('\r', start);
    let lf = text.indexOf('\n', start);
    while (cr !== -1 || lf !== -1) {
      const endsWithCr = cr !== -1 && (lf === -1 || cr < lf);
      const end = endsWithCr ? cr : lf;
      if (unfinished.count > 0) {
        finishLine(text.slice(start, end), emit);
      } else {
        if ((end - start) * 3 > lineBytesMax) checkLine(utf8Length(text.slice(start, end)));
        takeLine(text, start, end, emit);
      }
      start = end + 1;
      if (endsWithCr) {
        if (lf === start) start += 1;
        else if (start === text.length) afterCr = true;
        cr = text.indexOf('\r', start);
      }
      if (lf !== -1 && lf < start) lf = text.indexOf('\n', start);
    }
    if (start === text.length) return;
    const fragment = text.slice(start);
    unfinishedBytes += utf8Length(fragment);
    checkLine(unfinishedBytes);
    unfinished.add(fragment);
  };

  const withoutByteOrderMark = (text: string): string => {
    if (!atStart || text === '') return text;
    atStart = false;
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  };

  const guarded = sticky<Uint8Array, ServerSentEvent>({
    push(input, emit) {
      bytesRead += input.length;
      takeText(withoutByteOrderMark(utf8.decode(input, { stream: true })), emit);
    },
    end(emit) {
      takeText(withoutByteOrderMark(utf8.decode()), emit);
      if (unfinished.count > 0) {
        const line = unfinished.take();
        takeLine(line, 0, line.length, emit);
      }
      dispatch(emit, true);
    },
  });
  return {
    push: guarded.push,
    end: guarded.end,
    get retryMs() {
      return retryMs;
    },
  };
}
