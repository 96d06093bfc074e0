/** GIFs of one picture, with an LZW that fills its table and clears it: the other half of what is under test. */
export interface TinyGif {
  readonly width: number;
  readonly height: number;
  readonly indices: readonly number[];
  /** Bits of a pixel, from 2 to 8. */
  readonly bits: number;
  /** Where the picture stands on the screen. Default: all of it. */
  readonly frame?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly interlaced?: boolean;
  readonly clear?: number;
  /** The table belongs to the picture, not to the file. */
  readonly local?: boolean;
}

export const gifColour = (index: number): [number, number, number] => [index, 255 - index, (index * 3) & 255];

export function tinyGif({ width, height, indices, bits, frame = { left: 0, top: 0, width, height }, interlaced = false, clear, local = false }: TinyGif): Buffer {
  const short = (value: number): number[] => [value & 255, value >> 8];
  const table = Array.from({ length: 1 << bits }, (_, index) => gifColour(index)).flat();
  const size = 0x80 | (bits - 1);
  const order = Array.from({ length: frame.height }, (_, row) => row);
  const rank = (row: number): number => (row % 8 === 0 ? 0 : row % 8 === 4 ? 1 : row % 4 === 2 ? 2 : 3);
  if (interlaced) order.sort((one, other) => rank(one) - rank(other) || one - other);
  const data = lzw(order.flatMap((row) => indices.slice(row * frame.width, (row + 1) * frame.width)), bits);
  return Buffer.from([
    ...Buffer.from('GIF89a'), ...short(width), ...short(height), local ? 0 : size, 0, 0, ...(local ? [] : table),
    0x21, 0xfe, 3, 1, 2, 3, 0,
    ...(clear === undefined ? [] : [0x21, 0xf9, 4, 1, 0, 0, clear, 0]),
    0x2c, ...short(frame.left), ...short(frame.top), ...short(frame.width), ...short(frame.height), (local ? size : 0) | (interlaced ? 0x40 : 0), ...(local ? table : []),
    bits, ...blocks(data), 0, 0x3b,
  ]);
}

function blocks(data: readonly number[]): number[] {
  const out: number[] = [];
  for (let at = 0; at < data.length; at += 255) out.push(Math.min(255, data.length - at), ...data.slice(at, at + 255));
  return out;
}

export function lzw(indices: readonly number[], bits: number): number[] {
  const out: number[] = [];
  let [buffer, held] = [0, 0];
  const [reset, end] = [1 << bits, (1 << bits) + 1];
  let codes = new Map<string, number>();
  let size = bits + 1;
  const emit = (code: number): void => {
    buffer |= code << held;
    for (held += size; held >= 8; held -= 8, buffer >>>= 8) out.push(buffer & 255);
  };
  const codeOf = (text: string): number => codes.get(text) ?? Number(text);
  emit(reset);
  let before = '';
  for (const index of indices) {
    const longer = before === '' ? String(index) : `${before},${index}`;
    if (before === '' || codes.has(longer)) {
      before = longer;
      continue;
    }
    emit(codeOf(before));
    const next = end + 1 + codes.size;
    if (next > 4_095) {
      emit(reset);
      codes = new Map();
      size = bits + 1;
    } else {
      codes.set(longer, next);
      if (next === 1 << size) size += 1;
    }
    before = String(index);
  }
  emit(codeOf(before));
  emit(end);
  if (held > 0) out.push(buffer & 255);
  return out;
}
