/**
 * A bracketed paste: bytes up to its end mark, which may be cut anywhere and begin again in itself, as text with LF line ends.
 *
 * Limit: `pasteBytesMax`; what goes beyond is counted and dropped.
 */
import type { Paste } from './input-event.ts';

export interface PasteCollector {
  /** @returns true at the end mark. */
  push(byte: number): boolean;
  take(): Paste;
}

const ESC = 0x1b;
const PASTE_END = '\u001b[201~';
const FIRST_BYTES = 1_024;

export function createPaste(bytesMax: number): PasteCollector {
  let bytes = new Uint8Array(FIRST_BYTES);
  let length = 0;
  let matched = 0;
  let droppedBytes = 0;
  const keep = (byte: number): void => {
    if (length >= bytesMax) {
      droppedBytes += 1;
      return;
    }
    if (length === bytes.length) {
      const grown = new Uint8Array(Math.min(bytesMax, bytes.length * 2));
      grown.set(bytes);
      bytes = grown;
    }
    bytes[length] = byte;
    length += 1;
  };
  return {
    push(byte) {
      if (byte === PASTE_END.charCodeAt(matched)) {
        matched += 1;
        return matched === PASTE_END.length;
      }
      for (let at = 0; at < matched; at += 1) keep(PASTE_END.charCodeAt(at));
      matched = byte === ESC ? 1 : 0;
      if (matched === 0) keep(byte);
      return false;
    },
    take() {
      const text = new TextDecoder().decode(bytes.subarray(0, length)).replace(/\r\n?/g, '\n');
      return { type: 'paste', text, droppedBytes };
    },
  };
}
