/**
 * The chunked transfer coding (RFC 9112, section 7.1).
 *
 * In: octets after the head, cut anywhere. Out: body bytes as views of the input, then one `end` with the trailer section.
 * States: `size → (size-blank | extension)? → size-lf → data → data-cr → data-lf → size …`, and after the chunk of size 0
 * `trailers → over`. One octet at a time in size lines, whole views in data; a chunk that lies in one input whole, with nothing but
 * digits in its size line, is taken in one step. Where the input's memory is ours, the data of all chunks in it is moved together and
 * emitted as one view: the consumer of a stream pays for each read, not for each chunk.
 *
 * Line ends are CRLF and compared, never skipped; a lone LF is a fault here, also in trailers (request smuggling lives on
 * two readings of the same octets). Blanks after the size are padding of old servers and taken (D2). Extensions are
 * dropped unread but for control characters: nothing in them can end a line or mean anything to us.
 *
 * Limits: size of 16 digits and 2^53 - 1; overhead as in Go: a chunk may cost 16 octets and twice its data, what is beyond
 * adds up and stays under `chunkOverheadBytesMax`; the trailer section.
 */
import type { Decoder } from '../decoder.ts';
import type { Fields } from '../fields.ts';
import type { Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { createFieldsDecoder, type FieldsDecoder } from './fields-decoder.ts';
import { CR, FIELD_CONTENT, HEX_VALUE, HTAB, LENGTH_MAX, LF, NOT_HEX, octetName, SEMICOLON, SP } from './grammar.ts';

export type BodyEvent =
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly trailers: Fields };

/** Not sticky by itself: the response decoder around it is. */
export interface ChunkedDecoder extends Decoder<Uint8Array, BodyEvent> {
  /** Octets after the end, in the input that held the end. They belong to no response. */
  readonly leftover: Uint8Array | undefined;
}

type State = 'size' | 'size-blank' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'over';

const SIZE_DIGITS_MAX = 16;
/** What Go allows each chunk: the digits and line ends that it cannot do without, with some room. */
const CHUNK_FREE_BYTES = 16;
const CRLF_BYTES = 2;
/** Digits of the size lines that are taken in one step. With both line ends they cost less than `CHUNK_FREE_BYTES`. */
const PLAIN_DIGITS_MAX = 6;

export interface ChunkedDecoderOptions {
  readonly offset?: number;
  readonly ownsInput?: boolean;
}

/**
 * Decodes the chunked transfer coding (RFC 9112, section 7.1).
 *
 * Emits body bytes as views of the input, then one `end` with the trailer section. Chunk extensions are dropped.
 *
 * @param limits.chunkOverheadBytesMax - Over the whole body, in bytes, beyond 16 and twice the data of each chunk.
 * @param limits.trailerBytesMax - Of the trailer section with its empty line, in bytes.
 * @param options.offset - Position of the first octet in the whole response, for errors. Default 0.
 * @param options.ownsInput - Data may be moved within the input. Default false.
 * @throws {NetError} `NET_BAD_CHUNK` on any octet the grammar forbids, a lone LF included; `NET_CHUNK_OVERHEAD`,
 *   `NET_TRAILERS_TOO_LARGE`, `NET_LINE_TOO_LONG`, `NET_TOO_MANY_FIELDS` past a limit; `NET_BAD_FIELD` in trailers;
 *   `NET_TRUNCATED_BODY` from `end()` before the empty line after the last chunk. Bytes decoded before the fault are still
 *   emitted.
 */
export function createChunkedDecoder(limits: Limits, options: ChunkedDecoderOptions = {}): ChunkedDecoder {
  const { offset = 0, ownsInput = false } = options;
  let state: State = 'size';
  let digits = 0;
  let size = 0;
  /** Data of the current chunk still to come. */
  let remaining = 0;
  /** Octets of the current size line, and of the CRLF that will follow its data. */
  let lineBytes = CRLF_BYTES;
  let overhead = 0;
  let dataBytes = 0;
  let trailers: FieldsDecoder | undefined;
  /** Position of the current input's first octet in the whole response. */
  let base = offset;
  /** Where the data of the current input lies that was moved together. */
  let joinedFrom = 0;
  let joinedTo = 0;

  const takeData = (input: Uint8Array, from: number, to: number, emit: (event: BodyEvent) => void): void => {
    dataBytes += to - from;
    const joined = joinedTo - joinedFrom;
    if (!ownsInput) {
      emit({ type: 'data', bytes: input.subarray(from, to) });
    } else if (joined === 0) {
      joinedFrom = from;
      joinedTo = to;
    } else if (joined < to - from) {
      // The smaller part is moved, over the size line between the two.
      input.copyWithin(from - joined, joinedFrom, joinedTo);
      joinedFrom = from - joined;
      joinedTo = to;
    } else {
      input.copyWithin(joinedTo, from, to);
      joinedTo += to - from;
    }
  };

  const emitJoined = (input: Uint8Array, emit: (event: BodyEvent) => void): void => {
    if (joinedTo === 0) return;
    const bytes = input.subarray(joinedFrom, joinedTo);
    joinedFrom = 0;
    joinedTo = 0;
    emit({ type: 'data', bytes });
  };

  /** Takes the plain chunks that lie in the input whole, from a size line on. The index of what follows them. */
  const takePlainChunks = (input: Uint8Array, start: number, emit: (event: BodyEvent) => void): number => {
    const { length } = input;
    let index = start;
    for (;;) {
      const digitsEnd = Math.min(length, index + PLAIN_DIGITS_MAX);
      let value = 0;
      let at = index;
      for (; at < digitsEnd; at += 1) {
        const digit = HEX_VALUE[input[at] ?? 0] ?? NOT_HEX;
        if (digit === NOT_HEX) break;
        value = value * 16 + digit;
      }
      const from = at + CRLF_BYTES;
      const to = from + value;
      if (value === 0 || to + CRLF_BYTES > length) return index;
      if (input[at] !== CR || input[at + 1] !== LF || input[to] !== CR || input[to + 1] !== LF) return index;
      overhead = Math.max(0, overhead + at - index + 2 * CRLF_BYTES - CHUNK_FREE_BYTES - 2 * value);
      takeData(input, from, to, emit);
      index = to + CRLF_BYTES;
    }
  };

  const bad = (what: string, index: number, octet: number): never => {
    throw new NetError('NET_BAD_CHUNK', `${what} at byte ${base + index}`, { offset: base + index, got: octetName(octet) });
  };

  const takeDigit = (digit: number, index: number, octet: number): void => {
    digits += 1;
    size = size * 16 + digit;
    if (digits > SIZE_DIGITS_MAX || size > LENGTH_MAX) bad('chunk size above 2^53 - 1', index, octet);
  };

  /** One octet of a size line. */
  const takeSizeOctet = (octet: number, index: number): void => {
    lineBytes += 1;
    if (overhead + lineBytes > limits.chunkOverheadBytesMax + CHUNK_FREE_BYTES) {
      const limit = limits.chunkOverheadBytesMax;
      throw new NetError('NET_CHUNK_OVERHEAD', `chunk size lines cost more than ${limit} bytes beyond their data`, {
        limit,
        offset: base + index,
      });
    }
    if (state === 'size-lf') {
      if (octet !== LF) bad('carriage return without a line feed after a chunk size', index, octet);
      endSizeLine();
      return;
    }
    if (state === 'size') {
      const digit = HEX_VALUE[octet] ?? NOT_HEX;
      if (digit !== NOT_HEX) return takeDigit(digit, index, octet);
      if (digits === 0) bad('chunk without a size', index, octet);
    }
    if (octet === CR) state = 'size-lf';
    else if (state === 'extension') {
      if (FIELD_CONTENT[octet] === 0) bad('control character in a chunk extension', index, octet);
    } else if (octet === SEMICOLON) state = 'extension';
    else if (octet === SP || octet === HTAB) state = 'size-blank';
    else bad('character that may not follow a chunk size', index, octet);
  };

  const endSizeLine = (): void => {
    overhead = Math.max(0, overhead + lineBytes - CHUNK_FREE_BYTES - 2 * size);
    lineBytes = CRLF_BYTES;
    remaining = size;
    state = size === 0 ? 'trailers' : 'data';
    size = 0;
    digits = 0;
  };

  const takeTrailers = (input: Uint8Array, from: number, emit: (event: BodyEvent) => void): void => {
    trailers ??= createFieldsDecoder({
      bytesMax: limits.trailerBytesMax,
      bytesMaxCode: 'NET_TRAILERS_TOO_LARGE',
      lineBytesMax: limits.lineBytesMax,
      fieldsMax: limits.fieldsMax,
      bareLf: 'reject',
      obsFold: 'unfold',
      offset: base + from,
    });
    const end = trailers.push(input, from);
    if (end === -1) return;
    state = 'over';
    if (end < input.length) chunked.leftover = input.subarray(end);
    emitJoined(input, emit);
    emit({ type: 'end', trailers: trailers.fields() });
  };

  const take = (input: Uint8Array, emit: (event: BodyEvent) => void): void => {
    let index = state === 'size' && digits === 0 ? takePlainChunks(input, 0, emit) : 0;
    while (index < input.length) {
      const octet = input[index] ?? 0;
      switch (state) {
        case 'size':
        case 'size-blank':
        case 'extension':
        case 'size-lf':
          takeSizeOctet(octet, index);
          index += 1;
          break;
        case 'data': {
          const to = Math.min(input.length, index + remaining);
          remaining -= to - index;
          if (remaining === 0) state = 'data-cr';
          takeData(input, index, to, emit);
          index = to;
          break;
        }
        case 'data-cr':
          if (octet !== CR) bad('chunk data not followed by CRLF', index, octet);
          state = 'data-lf';
          index += 1;
          break;
        case 'data-lf':
          if (octet !== LF) bad('chunk data not followed by CRLF', index, octet);
          state = 'size';
          index = takePlainChunks(input, index + 1, emit);
          break;
        case 'trailers':
          takeTrailers(input, index, emit);
          index = input.length;
          break;
        case 'over':
          chunked.leftover ??= input;
          index = input.length;
          break;
        default:
          return state satisfies never;
      }
    }
  };

  const push = (input: Uint8Array, emit: (event: BodyEvent) => void): void => {
    try {
      take(input, emit);
    } catch (error) {
      // What precedes a fault is emitted before it is thrown.
      emitJoined(input, emit);
      throw error;
    }
    emitJoined(input, emit);
    base += input.length;
  };

  const end = (): void => {
    if (state === 'over') return;
    throw new NetError('NET_TRUNCATED_BODY', `the chunked body ended before its last chunk (${dataBytes} bytes of it read)`, {
      offset: base,
      bytesRead: base,
    });
  };

  // Not a getter: V8 gives every object with one of its own a hidden class that only a full collection frees.
  const chunked: { -readonly [Key in keyof ChunkedDecoder]: ChunkedDecoder[Key] } = {
    push,
    end,
    leftover: undefined,
  };
  return chunked;
}
