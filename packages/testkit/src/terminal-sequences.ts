/**
 * What a program writes to its terminal, in pieces: characters, controls, whole sequences. Bytes may be cut anywhere.
 *
 * Knows how a sequence ends, not what it means: CSI by its final byte, OSC, DCS, APC, PM and SOS by BEL or ST, anything else
 * after the byte behind ESC. What is not whole waits for the next call.
 */
import { StringDecoder } from 'node:string_decoder';

export interface SequenceListener {
  /** One code point that is no control. */
  character(text: string, codePoint: number): void;
  /** C0, DEL, C1. */
  control(code: number): void;
  /** With its ESC and its end. */
  sequence(sequence: string): void;
}

export interface SequenceSplitter {
  write(data: string | Uint8Array): void;
}

export function createSequenceSplitter(listener: SequenceListener): SequenceSplitter {
  const utf8 = new StringDecoder('utf8');
  let rest = '';
  return {
    write(data) {
      const text = rest + (typeof data === 'string' ? data : utf8.write(Buffer.from(data)));
      rest = '';
      let at = 0;
      while (at < text.length) {
        if (text[at] === '\u001b') {
          const length = sequenceLength(text, at);
          if (length === undefined) {
            rest = text.slice(at);
            return;
          }
          listener.sequence(text.slice(at, at + length));
          at += length;
          continue;
        }
        const codePoint = text.codePointAt(at) ?? 0;
        at += codePoint > 0xffff ? 2 : 1;
        if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) listener.control(codePoint);
        else listener.character(String.fromCodePoint(codePoint), codePoint);
      }
    },
  };
}

/** Undefined while it is not whole. */
function sequenceLength(text: string, at: number): number | undefined {
  const kind = text[at + 1];
  if (kind === undefined) return undefined;
  if (kind === '[') {
    for (let end = at + 2; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code >= 0x40 && code <= 0x7e) return end - at + 1;
      if (code < 0x20 || code > 0x3f) return end - at;
    }
    return undefined;
  }
  if (']P_^X'.includes(kind)) {
    for (let end = at + 2; end < text.length; end += 1) {
      if (text[end] === '\u0007') return end - at + 1;
      if (text[end] === '\u001b') return text[end + 1] === undefined ? undefined : end - at + 2;
    }
    return undefined;
  }
  return 2;
}
