/**
 * Files as text and back, byte for byte: UTF-8 with or without BOM, UTF-16 with BOM, and bytes that are none of these as
 * Latin-1, which maps each byte to one character and so loses nothing. NUL bytes without a BOM mean binary.
 */
import { toolLimits } from './limits.ts';

export type TextEncoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be' | 'latin1';

export interface DecodedText {
  /** Without the BOM. Line ends as in the file. */
  readonly text: string;
  readonly encoding: TextEncoding;
}

const BOM_LENGTH: Readonly<Record<TextEncoding, number>> = { 'utf-8': 0, 'utf-8-bom': 3, 'utf-16le': 2, 'utf-16be': 2, latin1: 0 };

/** From the first bytes of a file. `utf-8` may still turn out to be Latin-1. */
export function sniffEncoding(start: Uint8Array): TextEncoding | 'binary' {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8-bom';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return start.subarray(0, toolLimits.sniffBytes).includes(0) ? 'binary' : 'utf-8';
}

/** @returns undefined for binary content. */
export function decodeText(bytes: Buffer): DecodedText | undefined {
  const encoding = sniffEncoding(bytes);
  if (encoding === 'binary') return undefined;
  const body = bytes.subarray(BOM_LENGTH[encoding]);
  switch (encoding) {
    case 'utf-16le':
    case 'utf-16be':
      if (body.length % 2 !== 0) return undefined;
      return { text: (encoding === 'utf-16le' ? body : Buffer.from(body).swap16()).toString('utf16le'), encoding };
    case 'utf-8':
    case 'utf-8-bom':
    case 'latin1':
      if (body.includes(0)) return undefined;
      try {
        return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), encoding };
      } catch {
        return { text: bytes.toString('latin1'), encoding: 'latin1' };
      }
  }
}

/** @returns undefined where the text has characters that the encoding cannot hold. */
export function encodeText({ text, encoding }: DecodedText): Buffer | undefined {
  switch (encoding) {
    case 'utf-8':
      return isWellFormed(text) ? Buffer.from(text, 'utf8') : undefined;
    case 'utf-8-bom':
      return isWellFormed(text) ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text, 'utf8')]) : undefined;
    case 'utf-16le':
      return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    case 'utf-16be':
      return Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
    case 'latin1':
      return /[^\u0000-\u00ff]/.test(text) ? undefined : Buffer.from(text, 'latin1');
  }
}

/** A lone surrogate would become U+FFFD without a word. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
