/**
 * An image by name and size: what is shown of it where the terminal has no protocol for it.
 *
 * Pure; reads the head of the file alone. Whoever prints the line escapes what the name holds.
 */
import { type Line, span, type Style } from '../../text/span.ts';

export interface TerminalImage {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly name: string;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** `shot.png, 800 × 600, 120 KB` */
export function imageLine(image: TerminalImage, style: Style): Line {
  const size = imageSize(image.bytes);
  const pixels = size === undefined ? '' : `, ${size.width} × ${size.height}`;
  const kilobytes = Math.max(1, Math.round(image.bytes.length / 1_000)).toLocaleString('en');
  const kind = image.mediaType.startsWith('image/') ? 'image ' : '';
  return [span(`[${kind}${image.name}${pixels}, ${kilobytes} KB]`, style)];
}

/** Width and height from the head of a PNG, GIF, WebP or JPEG; undefined where it is none or is cut. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ascii = (at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));
  const sized = (width: number, height: number): ImageSize | undefined => {
    return width > 0 && height > 0 ? { width, height } : undefined;
  };
  if (bytes.length >= 24 && ascii(1, 3) === 'PNG') return sized(view.getUint32(16), view.getUint32(20));
  if (bytes.length >= 10 && ascii(0, 3) === 'GIF') return sized(view.getUint16(6, true), view.getUint16(8, true));
  if (bytes.length >= 30 && ascii(8, 4) === 'WEBP') return webpSize(view, ascii(12, 4));
  return bytes.length >= 4 && bytes[0] === 0xff && bytes[1] === 0xd8 ? jpegSize(view) : undefined;
}

function webpSize(view: DataView, kind: string): ImageSize | undefined {
  if (kind === 'VP8X') return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  if (kind === 'VP8 ') return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (kind !== 'VP8L') return undefined;
  const bits = view.getUint32(21, true);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

/** Walks the segments to the start of frame (SOF0 to SOF15, but DHT, JPG and DAC). */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return {
        width: view.getUint16(at + 7),
        height: view.getUint16(at + 5),
      };
    }
    const length = view.getUint16(at + 2);
    if (length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}
