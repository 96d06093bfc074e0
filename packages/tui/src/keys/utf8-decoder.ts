/**
 * UTF-8 a byte at a time: one call for each code point. Overlong forms, surrogates and stray bytes become U+FFFD, as WHATWG's
 * decoder does it.
 */
export interface Utf8Decoder {
  /** Inside a code point of several bytes. */
  readonly waiting: boolean;
  /** `retry` takes a byte that ended a broken sequence without being part of it. */
  push(byte: number, retry: (byte: number) => void): void;
  end(): void;
}

const REPLACEMENT = '\ufffd';

export function createUtf8Decoder(emit: (character: string) => void): Utf8Decoder {
  let needed = 0;
  let codePoint = 0;
  let lower = 0x80;
  let upper = 0xbf;
  const begin = (byte: number): void => {
    lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    needed = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    codePoint = byte & (needed === 3 ? 0x07 : needed === 2 ? 0x0f : 0x1f);
  };
  return {
    get waiting() {
      return needed > 0;
    },
    push(byte, retry) {
      if (needed === 0) {
        if (byte < 0x80) emit(String.fromCharCode(byte));
        else if (byte < 0xc2 || byte > 0xf4) emit(REPLACEMENT);
        else begin(byte);
        return;
      }
      if (byte < lower || byte > upper) {
        needed = 0;
        emit(REPLACEMENT);
        return retry(byte);
      }
      lower = 0x80;
      upper = 0xbf;
      codePoint = (codePoint << 6) | (byte & 0x3f);
      needed -= 1;
      // C1 as text is what no key types.
      if (needed === 0) emit(codePoint < 0xa0 ? REPLACEMENT : String.fromCodePoint(codePoint));
    },
    end() {
      if (needed > 0) emit(REPLACEMENT);
      needed = 0;
    },
  };
}
