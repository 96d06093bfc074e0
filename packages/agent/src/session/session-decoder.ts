/**
 * A session file as records. Bytes in, one value a line out: the record with its offset, or why the line is none.
 *
 * Lines end with LF. What cannot be read is reported and skipped, never fatal: one damaged line must not cost the conversation.
 * The end of the file may be torn (the program was killed while it wrote): a last line without LF that is no record comes as
 * `torn`; one that is whole counts. Lines of NUL bytes are what some file systems leave after a power cut.
 * A kind of record that this version does not know is skipped in silence. Limits: `sessionRecordBytesMax`; a longer line is a
 * fault, and no more than this is ever held.
 */
import { JsonPathError, parseJson } from '@sx/llm';
import type { Decoder } from '@sx/net';

import { agentLimits } from '../limits.ts';
import { readRecord, type SessionRecord } from './session-record.ts';

export type SessionLine =
  | { readonly kind: 'record'; readonly record: SessionRecord }
  | { readonly kind: 'fault'; readonly fault: SessionFault }
  /** The file ends in the middle of a line that begins at `offset`. */
  | { readonly kind: 'torn'; readonly offset: number }
  /** The last line is whole, but for its LF. */
  | { readonly kind: 'unended' };

export interface SessionFault {
  /** From 1. */
  readonly line: number;
  /** Of the line, in bytes. */
  readonly offset: number;
  readonly reason: string;
}

const LF = 0x0a;

export function createSessionDecoder(recordBytesMax = agentLimits.sessionRecordBytesMax): Decoder<Uint8Array, SessionLine> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let tooLong = false;
  let line = 1;
  let lineStart = 0;
  let offset = 0;

  /** What is decoded before the next push needs no copy. */
  const keep = (piece: Uint8Array, now: boolean): void => {
    if (held + piece.length > recordBytesMax) {
      tooLong = true;
      pieces = [];
    } else if (!tooLong && piece.length > 0) pieces.push(now ? piece : Uint8Array.from(piece));
    held += piece.length;
  };
  const read = (): SessionLine | undefined => {
    const fault = (reason: string): SessionLine => ({ kind: 'fault', fault: { line, offset: lineStart, reason } });
    if (tooLong) return fault(`longer than ${recordBytesMax} bytes`);
    const [first = new Uint8Array()] = pieces;
    const text = decodeUtf8(pieces.length > 1 ? Buffer.concat(pieces) : first);
    if (text === undefined) return fault('no UTF-8');
    if (text.trim() === '') return undefined;
    const value = parseJson(text);
    if (value === undefined) return fault(text.includes('\0') ? 'NUL bytes' : 'no JSON');
    try {
      const record = readRecord(value);
      return record === undefined ? undefined : { kind: 'record', record };
    } catch (error) {
      if (error instanceof JsonPathError) return fault(error.message);
      throw error;
    }
  };
  const next = (): void => {
    line += 1;
    lineStart = offset;
    pieces = [];
    held = 0;
    tooLong = false;
  };

  return {
    push(input, emit) {
      let from = 0;
      for (let at = input.indexOf(LF); at !== -1; at = input.indexOf(LF, from)) {
        keep(input.subarray(from, at), true);
        offset += at + 1 - from;
        from = at + 1;
        const value = read();
        next();
        if (value !== undefined) emit(value);
      }
      keep(input.subarray(from), false);
      offset += input.length - from;
    },
    end(emit) {
      if (held === 0) return;
      const value = read();
      if (value?.kind !== 'record') return emit({ kind: 'torn', offset: lineStart });
      emit(value);
      emit({ kind: 'unended' });
    },
  };
}

// Without `stream` it keeps nothing from one line to the next.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
