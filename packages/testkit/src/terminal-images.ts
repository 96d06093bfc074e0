/**
 * What a virtual terminal reads of images: kitty's graphics protocol, iTerm2's inline images, sixel. How large each one is in
 * cells, and whether it is whole; what it shows is for others to decode.
 *
 * As strict as terminals are not: data that is no base64 or no sixel, a size that is missing, keys that nobody of ours sends are
 * `unknown`, so that a test sees them.
 */
export interface ShownImage {
  readonly protocol: 'kitty' | 'iterm2' | 'sixel';
  /** Cells, before the edge of the screen cuts them. */
  readonly columns: number;
  readonly rows: number;
  /** The file or the pixels, as they came out of base64; the whole sequence of a sixel image. */
  readonly data: Buffer;
}

interface CellSize {
  readonly width: number;
  readonly height: number;
}

/** @returns `more` while the image is not whole, `unknown` where this is no image. */
export type ReadImage = (sequence: string) => ShownImage | 'more' | 'unknown';

const FILE = /^\u001b\]1337;File=name=(.*?);size=(\d+);width=(\d+);height=(\d+);preserveAspectRatio=1;inline=1:(.*)\u0007$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export function createImageReader(cell: CellSize): ReadImage {
  let open: { readonly columns: number; readonly rows: number; data: string } | undefined;
  const kitty = (keys: string, data: string): ShownImage | 'more' | 'unknown' => {
    const first = /^a=T,q=2,(?:f=100|f=32,o=z,s=\d+,v=\d+),c=(\d+),r=(\d+),m=([01])$/.exec(keys);
    const next = /^m=([01])$/.exec(keys);
    if (data.length > 4_096 || !BASE64.test(data)) return 'unknown';
    if (first !== null && open === undefined) open = { columns: Number(first[1]), rows: Number(first[2]), data };
    else if (next !== null && open !== undefined) open.data += data;
    else return 'unknown';
    if ((first?.[3] ?? next?.[1]) === '1') return 'more';
    const { columns, rows, data: whole } = open;
    open = undefined;
    return { protocol: 'kitty', columns, rows, data: Buffer.from(whole, 'base64') };
  };
  return (sequence) => {
    const pieces = /^\u001b_G([^;]*);([^\u001b]*)\u001b\\$/.exec(sequence);
    if (pieces !== null) return kitty(pieces[1] ?? '', pieces[2] ?? '');
    const file = FILE.exec(sequence);
    if (file !== null) {
      const [, name = '', size, columns, rows, text = ''] = file;
      const data = Buffer.from(text, 'base64');
      if (!BASE64.test(name) || !BASE64.test(text) || data.length !== Number(size)) return 'unknown';
      return { protocol: 'iterm2', columns: Number(columns), rows: Number(rows), data };
    }
    const sixel = /^\u001bP0;1;0q"1;1;(\d+);(\d+)[#0-9;!?-~$-]*\u001b\\$/.exec(sequence);
    if (sixel === null) return 'unknown';
    const cells = (pixels: string | undefined, one: number): number => Math.ceil(Number(pixels) / one);
    const [columns, rows] = [cells(sixel[1], cell.width), cells(sixel[2], cell.height)];
    return { protocol: 'sixel', columns, rows, data: Buffer.from(sequence) };
  };
}
