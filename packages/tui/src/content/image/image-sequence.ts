/**
 * Images by the terminal's own protocol: kitty's graphics protocol, iTerm2's inline images, sixel.
 *
 * kitty takes PNG (`f=100`) and pixels (`f=32`, deflated), in pieces of 4,096 base64 characters; iTerm2 takes any format; sixel
 * takes indexed pixels, for which PNG and GIF are decoded here. JPEG and WebP are shown by iTerm2 alone: a decoder of either
 * would be larger than all of this.
 *
 * Where an image stands: rows of cells are made free for it, and one more, by line feeds; the cursor is saved, the image drawn
 * from the first of them, the cursor set back. So no terminal scrolls while it draws, and where it would leave the cursor does
 * not matter. A sixel image is measured in pixels: where the terminal has not said how large a cell is, the cursor stays where
 * sixel leaves it, in the last row. DECSDM is left alone: some terminals have its two states the other way round.
 * Limits: bytes, pixels, columns and rows of one image.
 */
import { Buffer } from 'node:buffer';

import { defaultLimits } from '../../limits.ts';
import type { Size } from '../../screen/screen.ts';
import type { Graphics } from './graphics.ts';
import { type ImageSize, imageSize, type TerminalImage } from './image-size.ts';

const CHUNK_CHARS = 4_096;
const NAME_CHARS_MAX = 200;
/** What most terminals have, more or less: for the shape of an image where the terminal says nothing. */
const ASSUMED_CELL: ImageSize = { width: 10, height: 20 };

/**
 * The sequence for `Screen.printSequence`; undefined where the terminal has no protocol for this image, where it is none, or
 * where the screen has no room: `imageLine` says it in words then.
 */
export async function imageSequence(image: TerminalImage, graphics: Graphics, screen: Size): Promise<string | undefined> {
  const { bytes, mediaType } = image;
  const { imageBytesMax, imagePixelsMax, imageRowsMax } = defaultLimits;
  const { protocol, cell = ASSUMED_CELL } = graphics;
  const rowsMax = Math.min(imageRowsMax, screen.rows - 1);
  const size = imageSize(bytes);
  if (protocol === 'none' || !mediaType.startsWith('image/') || size === undefined || rowsMax < 1) return undefined;
  if (bytes.length > imageBytesMax || size.width * size.height > imagePixelsMax) return undefined;
  const room = { width: screen.columns * cell.width, height: rowsMax * cell.height };
  if (protocol === 'sixel') return sixel(bytes, size, graphics, room);
  const pixels = fitted(size, room);
  const columns = Math.min(screen.columns, Math.max(1, Math.round(pixels.width / cell.width)));
  const rows = Math.min(rowsMax, Math.max(1, Math.round(pixels.height / cell.height)));
  const drawn = protocol === 'kitty' ? await kitty(bytes, size, pixels, `c=${columns},r=${rows}`) : iterm2(image, columns, rows);
  return drawn === undefined ? undefined : placed(drawn, rows);
}

function placed(drawn: string, rows: number): string {
  return `${'\n'.repeat(rows)}\u001b[${rows}A\u001b7${drawn}\u001b8${rows > 1 ? `\u001b[${rows - 1}B` : ''}`;
}

function fitted({ width, height }: ImageSize, most: ImageSize): ImageSize {
  const scale = Math.min(1, most.width / width, most.height / height);
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

type Sequence = Promise<string | undefined>;

async function sixel(bytes: Uint8Array, size: ImageSize, { cell, colours }: Graphics, room: ImageSize): Sequence {
  const sideMax = defaultLimits.imageSidePixelsMax;
  const { decodeImage, toSixel } = await import('./decode-image.ts');
  const pixels = fitted(size, { width: Math.min(room.width, sideMax), height: Math.min(room.height, sideMax) });
  const raster = decodeImage(bytes, size, pixels);
  if (raster === undefined) return undefined;
  const drawn = toSixel(raster, colours);
  return cell === undefined ? drawn : placed(drawn, Math.ceil(pixels.height / cell.height));
}

async function kitty(bytes: Uint8Array, size: ImageSize, pixels: ImageSize, cells: string): Sequence {
  if (bytes[0] === 0x89) return kittySequence(bytes, `f=100,${cells}`);
  const { decodeImage, toDeflated } = await import('./decode-image.ts');
  const raster = decodeImage(bytes, size, pixels);
  if (raster === undefined) return undefined;
  return kittySequence(toDeflated(raster), `f=32,o=z,s=${pixels.width},v=${pixels.height},${cells}`);
}

function kittySequence(bytes: Uint8Array, format: string): string {
  const data = Buffer.from(bytes).toString('base64');
  let out = '';
  for (let at = 0; at < data.length; at += CHUNK_CHARS) {
    const more = at + CHUNK_CHARS < data.length ? 1 : 0;
    out += `\u001b_G${at === 0 ? `a=T,q=2,${format},` : ''}m=${more};${data.slice(at, at + CHUNK_CHARS)}\u001b\\`;
  }
  return out;
}

function iterm2({ bytes, name }: TerminalImage, columns: number, rows: number): string {
  const base64 = (data: Uint8Array | string): string => Buffer.from(data).toString('base64');
  const about = `name=${base64(name.slice(0, NAME_CHARS_MAX))};size=${bytes.length};width=${columns};height=${rows}`;
  return `\u001b]1337;File=${about};preserveAspectRatio=1;inline=1:${base64(bytes)}\u0007`;
}
