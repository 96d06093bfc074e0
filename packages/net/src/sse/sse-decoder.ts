/**
 * Decodes an event stream (WHATWG HTML, section 9.2.6, "parsing an event stream").
 *
 * In: octets, cut anywhere. Out: one `ServerSentEvent` for each block of lines with data. Octets are decoded once for each
 * piece (UTF-8 always, invalid sequences become U+FFFD), lines are found by `indexOf`, and a line that is cut is kept in
 * pieces and joined once, with the piece that ends it. Exactly one byte order mark is dropped, at the very start.
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
import { createLimitedText } from './limited-text.ts';
import type { ServerSentEvent } from './server-sent-event.ts';
import { fitsUtf8 } from './utf8-length.ts';

/** Decodes one event stream. */
export interface SseDecoder extends Decoder<Uint8Array, ServerSentEvent> {
  /** The last valid `retry` field, in milliseconds, at most 2^31 - 1 (the longest timer); undefined where there was none. */
  readonly retryMs: number | undefined;
}

type Emit = (event: ServerSentEvent) => void;

const STREAMING = { stream: true } as const;
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
  /** Lines so short that they are within both limits, whatever they hold: a UTF-16 unit takes three octets at most. */
  const plainUnitsMax = Math.floor(Math.min(lineBytesMax, eventBytesMax - 1) / 3);
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The last piece may have ended within a character. */
  let cutCharacter = false;
  let bytesRead = 0;
  let atStart = true;
  /** The last line ended with CR: an LF that comes next belongs to it. */
  let afterCr = false;
  /** A line that has not ended yet. */
  const unfinished = createLimitedText('', lineBytesMax);

  // The block so far.
  let type = '';
  const data = createLimitedText('\n', eventBytesMax);
  /** Persists over blocks, and so is the last event id of each. */
  let id = '';

  const lineTooLong = (): NetError =>
    new NetError('NET_SSE_LINE_TOO_LONG', `a line of the event stream is longer than ${lineBytesMax} bytes`, {
      limit: lineBytesMax,
      bytesRead,
    });

  const takeData = (value: string): void => {
    if (data.add(value)) return;
    throw new NetError('NET_SSE_EVENT_TOO_LARGE', `the data of one event is longer than ${eventBytesMax} bytes`, {
      limit: eventBytesMax,
      bytesRead,
    });
  };

  const dispatch = (emit: Emit, unterminated: boolean): void => {
    const event = type === '' ? 'message' : type;
    type = '';
    if (data.count === 0) return;
    const text = data.take();
    emit(unterminated ? { event, data: text, id, unterminated } : { event, data: text, id });
  };

  const takeRetry = (value: string): void => {
    if (/^[0-9]+$/.test(value)) decoder.retryMs = Math.min(Number(value), RETRY_MS_MAX);
  };

  /** The line `text[start..end)`. Comments, and fields whose name is not known, are ignored. */
  const takeLine = (text: string, start: number, end: number, emit: Emit): void => {
    if (start === end) return dispatch(emit, false);
    let value: string | undefined;
    switch (text.charCodeAt(start)) {
      case 0x64: // d
        value = valueOf('data', text, start, end);
        if (value !== undefined) takeData(value);
        return;
      case 0x65: // e
        type = valueOf('event', text, start, end) ?? type;
        return;
      case 0x69: // i
        value = valueOf('id', text, start, end);
        if (value !== undefined && !value.includes('\0')) id = value;
        return;
      case 0x72: // r
        value = valueOf('retry', text, start, end);
        if (value !== undefined) takeRetry(value);
        return;
    }
  };

  /** The rest of a line that began in an earlier piece. Only that line is joined, not the entire piece. */
  const finishLine = (rest: string, emit: Emit): void => {
    const line = unfinished.take() + rest;
    if (!fitsUtf8(line, 0, line.length, lineBytesMax)) throw lineTooLong();
    takeLine(line, 0, line.length, emit);
  };

  /**
   * Takes the events that lie in the text whole and in the usual form: a line of type or none, one line of data, an empty line. The
   * index of what follows them. Only where nothing is begun and no line ends with CR.
   */
  const takePlainEvents = (text: string, from: number, emit: Emit): number => {
    let start = from;
    for (;;) {
      let event = 'message';
      let line = start;
      let lf = text.indexOf('\n', line);
      if (!text.startsWith('data: ', line)) {
        if (lf === -1 || lf - line > plainUnitsMax || !text.startsWith('event: ', line)) return start;
        if (lf - line > 7) event = text.slice(line + 7, lf);
        line = lf + 1;
        if (!text.startsWith('data: ', line)) return start;
        lf = text.indexOf('\n', line);
      }
      const next = lf + 1;
      const isWhole = lf !== -1 && next < text.length && text.charCodeAt(next) === LF;
      if (!isWhole || lf - line > plainUnitsMax) return start;
      emit({ event, data: text.slice(line + 6, lf), id });
      start = next + 1;
    }
  };

  const takeLines = (text: string, from: number, emit: Emit): void => {
    let start = from;
    let cr = text.indexOf('\r', start);
    let lf = text.indexOf('\n', start);
    let begun = unfinished.count > 0;
    while (cr !== -1 || lf !== -1) {
      if (cr === -1 && !begun && type === '' && data.count === 0) {
        start = takePlainEvents(text, start, emit);
        lf = text.indexOf('\n', start);
        if (lf === -1) break;
      }
      const endsWithCr = cr !== -1 && (lf === -1 || cr < lf);
      const end = endsWithCr ? cr : lf;
      if (begun) {
        begun = false;
        finishLine(text.slice(start, end), emit);
      } else {
        if (!fitsUtf8(text, start, end, lineBytesMax)) throw lineTooLong();
        takeLine(text, start, end, emit);
      }
      start = end + 1;
      if (endsWithCr) {
        if (lf === start) start += 1;
        else if (start === text.length) afterCr = true;
        cr = text.indexOf('\r', start);
      }
      // An LF that is known to be ahead, or known to be missing, is not searched for again.
      if (lf !== -1 && lf < start) lf = text.indexOf('\n', start);
    }
    if (start < text.length && !unfinished.add(start === 0 ? text : text.slice(start))) throw lineTooLong();
  };

  const takeText = (text: string, emit: Emit): void => {
    if (text === '') return;
    let from = afterCr && text.charCodeAt(0) === LF ? 1 : 0;
    afterCr = false;
    if (atStart) {
      atStart = false;
      if (text.charCodeAt(0) === BYTE_ORDER_MARK) from = 1;
    }
    takeLines(text, from, emit);
  };

  /** Streaming costs half as much again, and is needed only where a character may be cut: octets below 0x80 are whole. */
  const decodeUtf8 = (input: Uint8Array): string => {
    const begun = cutCharacter;
    cutCharacter = (input.at(-1) ?? (begun ? 0x80 : 0)) >= 0x80;
    return begun || cutCharacter ? utf8.decode(input, STREAMING) : utf8.decode(input);
  };

  const guarded = sticky<Uint8Array, ServerSentEvent>({
    push(input, emit) {
      bytesRead += input.length;
      takeText(decodeUtf8(input), emit);
    },
    end(emit) {
      takeText(utf8.decode(), emit);
      const line = unfinished.take();
      if (line !== '') takeLine(line, 0, line.length, emit);
      dispatch(emit, true);
    },
  });
  const decoder: { -readonly [Key in keyof SseDecoder]: SseDecoder[Key] } = { ...guarded, retryMs: undefined };
  return decoder;
}

/**
 * The value of the field `name` where the line `text[start..end)` is one of it. A name ends at the first colon or at the end
 * of the line, so to compare it and then look for either says the same as to search for the colon.
 */
function valueOf(name: string, text: string, start: number, end: number): string | undefined {
  const colon = start + name.length;
  if (colon > end || !text.startsWith(name, start)) return undefined;
  if (colon === end) return '';
  if (text.charCodeAt(colon) !== COLON) return undefined;
  // Where the value is empty, the next character is the line end: no space, so nothing is taken away.
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end);
}
