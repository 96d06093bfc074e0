/**
 * Decodes a section of field lines up to and with its empty line: a head with its start line, or a trailer section.
 *
 * In: octets, cut anywhere. Out: an ordered list of fields (RFC 9112, section 5; RFC 9110, section 5.5), and how far the
 * section reached. States: start line → field lines → done. Every line is checked as soon as its end is seen, so that
 * garbage does not have to be waited for; text is made once, of the entire section, at its end.
 *
 * Lines end with CRLF; a lone LF is taken as well where the caller says so (D1 in docs/supported-http.md). Continuation
 * lines (obs-fold) are replaced by SP before anybody interprets the field, as section 5.2 demands of a user agent. A CR
 * elsewhere, blanks before the colon, an empty name and control characters are faults.
 *
 * Limits: octets of the section, octets of one line with its continuations, number of fields. They are checked against
 * positions, so the fault does not depend on how the input was cut. Time is linear however small the pieces are: the
 * search for LF goes on where it stopped, and what is kept grows by doubling.
 */
import type { Field } from '../fields.ts';
import { NetError, type NetErrorCode } from '../net-error.ts';
import { COLON, CR, decodeLatin1, FIELD_CONTENT, HTAB, LF, octetName, SP, TOKEN } from './grammar.ts';

export interface FieldsDecoderOptions {
  /** Of the entire section, start line and empty line included. */
  readonly bytesMax: number;
  readonly bytesMaxCode: Extract<NetErrorCode, 'NET_HEAD_TOO_LARGE' | 'NET_TRAILERS_TOO_LARGE'>;
  /** Of one line with its continuations and line end. */
  readonly lineBytesMax: number;
  readonly fieldsMax: number;
  readonly bareLf: 'accept' | 'reject';
  readonly obsFold: 'unfold' | 'reject';
  /** Position of the first octet in the whole input, for errors. */
  readonly offset: number;
  /** Takes the first line, without its end, where the section has one. `offset` is that of `line[0]` in the whole input. */
  readonly onStartLine?: (line: Uint8Array, offset: number) => void;
}

export interface FieldsDecoder {
  /** Takes `input` from index `from` on. The index after the section's last octet, or -1 where it has not ended yet. */
  push(input: Uint8Array, from: number): number;
  /** Octets taken so far. */
  readonly bytesTaken: number;
  /** All fields, once the section has ended. */
  fields(): Field[];
}

/** A field line takes four numbers in `spans`: start and end of its name, start and end of its value; -1 for a fold. */
const SPAN = 4;
const FOLD = -1;

export function createFieldsDecoder(options: FieldsDecoderOptions): FieldsDecoder {
  const { bytesMax, lineBytesMax, fieldsMax } = options;
  /** The section so far: the caller's own input as long as one piece is enough, then our copy. */
  let bytes: Uint8Array = NOTHING;
  let length = 0;
  /** Where the search for LF goes on. */
  let searched = 0;
  let lineStart = 0;
  /** Start of the line that continuations belong to. */
  let fieldStart = 0;
  let startLineDue = options.onStartLine !== undefined;
  let fieldCount = 0;
  const spans: number[] = [];

  const fail = (code: NetErrorCode, message: string, index: number): never => {
    throw new NetError(code, `${message} at byte ${options.offset + index}`, {
      offset: options.offset + index,
      got: octetName(bytes[index]),
    });
  };

  const overLimit = (): never => {
    const ofLine = fieldStart + lineBytesMax < bytesMax;
    const [code, what, limit]: [NetErrorCode, string, number] = ofLine
      ? ['NET_LINE_TOO_LONG', 'a line', lineBytesMax]
      : [options.bytesMaxCode, options.onStartLine === undefined ? 'the trailer section' : 'the head', bytesMax];
    const index = ofLine ? fieldStart + lineBytesMax : bytesMax;
    throw new NetError(code, `${what} is longer than ${limit} bytes`, { limit, offset: options.offset + index });
  };

  const append = (input: Uint8Array, from: number): void => {
    // One octet past the limit is enough to find the limit passed.
    const taken = input.subarray(from, from + Math.max(0, bytesMax - length) + 1);
    if (length + taken.length > bytes.length) {
      const grown = new Uint8Array(Math.max(1_024, 2 * bytes.length, length + taken.length));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(taken, length);
    length += taken.length;
  };

  /** Checks the value's octets and notes where it starts and ends without the blanks around it. */
  const takeValue = (from: number, to: number, nameStart: number, nameEnd: number): void => {
    for (let index = from; index < to; index += 1) {
      if (FIELD_CONTENT[bytes[index] ?? 0] === 0) fail('NET_BAD_FIELD', 'control character in a field value', index);
    }
    let start = from;
    let end = to;
    while (start < end && isBlank(bytes[start])) start += 1;
    while (end > start && isBlank(bytes[end - 1])) end -= 1;
    spans.push(nameStart, nameEnd, start, end);
  };

  const takeFieldLine = (to: number): void => {
    if (isBlank(bytes[lineStart])) {
      if (fieldCount === 0) fail('NET_BAD_FIELD', 'blank before the first field line', lineStart);
      if (options.obsFold === 'reject') fail('NET_BAD_FIELD', 'folded field line', lineStart);
      takeValue(lineStart, to, FOLD, FOLD);
      return;
    }
    fieldCount += 1;
    if (fieldCount > fieldsMax) {
      const offset = options.offset + lineStart;
      throw new NetError('NET_TOO_MANY_FIELDS', `more than ${fieldsMax} fields`, { limit: fieldsMax, offset });
    }
    let colon = lineStart;
    while (colon < to && TOKEN[bytes[colon] ?? 0] === 1) colon += 1;
    if (colon === to) fail('NET_BAD_FIELD', 'field line without a colon', colon);
    if (bytes[colon] !== COLON) fail('NET_BAD_FIELD', 'character that no field name may hold', colon);
    if (colon === lineStart) fail('NET_BAD_FIELD', 'field line without a name', colon);
    takeValue(colon + 1, to, lineStart, colon);
  };

  /** Takes the line that ends with the LF at `lf`. True where it was the empty one. */
  const takeLine = (lf: number): boolean => {
    const hasCr = lf > lineStart && bytes[lf - 1] === CR;
    if (!hasCr && options.bareLf === 'reject') fail('NET_BAD_FIELD', 'line feed without a carriage return', lf);
    const to = hasCr ? lf - 1 : lf;
    if (startLineDue) {
      startLineDue = false;
      options.onStartLine?.(bytes.subarray(lineStart, to), options.offset + lineStart);
      return false;
    }
    if (to === lineStart) return true;
    takeFieldLine(to);
    return false;
  };

  /** Takes every line that has ended. True at the end of the section. */
  const takeLines = (): boolean => {
    const searchable = length === bytes.length ? bytes : bytes.subarray(0, length);
    while (lineStart < length) {
      // The first octet of a line tells whether it belongs to the line before it.
      if (!isBlank(bytes[lineStart])) fieldStart = lineStart;
      const limit = Math.min(fieldStart + lineBytesMax, bytesMax);
      const lf = searchable.indexOf(LF, searched);
      if (lf >= limit || (lf === -1 && length >= limit)) overLimit();
      if (lf === -1) break;
      const last = takeLine(lf);
      lineStart = lf + 1;
      searched = lineStart;
      if (last) return true;
    }
    searched = length;
    return false;
  };

  // `bytesTaken` is no getter: V8 gives every object with one of its own a hidden class that only a full collection frees.
  const decoder: { -readonly [Key in keyof FieldsDecoder]: FieldsDecoder[Key] } = {
    bytesTaken: 0,
    push(input, from) {
      const before = length;
      if (before === 0) {
        bytes = from === 0 ? input : input.subarray(from);
        length = bytes.length;
      } else {
        append(input, from);
      }
      const ended = takeLines();
      if (ended) length = lineStart;
      decoder.bytesTaken = length;
      if (ended) return from + lineStart - before;
      // The input is the caller's: what is needed later is copied. Not by `slice`, which gives a view of a Buffer.
      if (before === 0 && length > 0) bytes = new Uint8Array(bytes);
      return -1;
    },
    fields() {
      const text = decodeLatin1(bytes, 0, length);
      const fields: Field[] = [];
      for (let span = 0; span < spans.length; span += SPAN) {
        const value = text.slice(spans[span + 2], spans[span + 3]);
        const folded = fields.at(-1);
        if (spans[span] === FOLD && folded !== undefined) fields[fields.length - 1] = [folded[0], `${folded[1]} ${value}`];
        else fields.push([text.slice(spans[span], spans[span + 1]), value]);
      }
      // A fold before or after all text has left a blank at the edge.
      return spans.length === SPAN * fields.length ? fields : fields.map(([name, value]) => [name, trimBlanks(value)]);
    },
  };
  return decoder;
}

const NOTHING = new Uint8Array(0);

function isBlank(octet: number | undefined): boolean {
  return octet === SP || octet === HTAB;
}

/** Not `trim()`, which would take obs-text such as 0xa0 along; not a regular expression, which would be quadratic. */
function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(start, end);
}
