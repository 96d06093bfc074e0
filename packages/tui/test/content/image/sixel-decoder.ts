/** Sixels back to pixels, as a terminal reads them: `undefined` is a pixel that nothing was drawn to. */
export interface SixelPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: readonly (Rgb | undefined)[];
  readonly colours: number;
}

type Rgb = readonly [red: number, green: number, blue: number];

export function decodeSixel(sequence: string): SixelPicture {
  const match = /^\u001bP0;1;0q"1;1;(\d+);(\d+)([#0-9;!?-~$-]*)\u001b\\$/.exec(sequence);
  if (match === null) throw new Error(`no sixel: ${JSON.stringify(sequence.slice(0, 60))}`);
  const [width, height] = [Number(match[1]), Number(match[2])];
  const pixels: (Rgb | undefined)[] = Array.from({ length: width * height }, () => undefined);
  const palette = new Map<number, Rgb>();
  let [x, top, colour] = [0, 0, -1];
  for (const [token] of (match[3] ?? '').matchAll(/#[\d;]+|!\d+[?-~]|[?-~]|[$-]/g)) {
    if (token === '$') x = 0;
    else if (token === '-') [x, top] = [0, top + 6];
    else if (token.startsWith('#')) {
      const [register = -1, kind, red = 0, green = 0, blue = 0] = token.slice(1).split(';').map(Number);
      if (kind === 2) palette.set(register, [red * 2.55, green * 2.55, blue * 2.55]);
      colour = register;
    } else {
      const end = x + (token.startsWith('!') ? Number.parseInt(token.slice(1), 10) : 1);
      const bits = token.charCodeAt(token.length - 1) - 0x3f;
      for (; x < end; x += 1) for (let bit = 0; bit < 6; bit += 1) if ((bits & (1 << bit)) !== 0) put(x, top + bit);
    }
  }
  function put(column: number, row: number): void {
    const rgb = palette.get(colour);
    if (rgb === undefined) throw new Error(`colour ${colour} is not defined`);
    if (column >= width || row >= height) throw new Error(`drawn outside at ${column},${row}`);
    if (pixels[row * width + column] !== undefined) throw new Error(`drawn twice at ${column},${row}`);
    pixels[row * width + column] = rgb;
  }
  return { width, height, pixels, colours: palette.size };
}
