/**
 * A terminal that exists in memory: bytes in, screen out. For tests that compare what a reader would see.
 *
 * This file says what sequences mean: moves, erasing, scrolling regions, save and restore, SGR, OSC 8 and titles, synchronized
 * updates, modes that are only remembered (bracketed paste, kitty keyboard stack, cursor shown), queries, answered by `replies`.
 * Where they begin and end is in `terminal-sequences.ts`, what they do to the cells in `terminal-grid.ts`. Whatever it does not
 * know is kept in `unknown`, so that a test can demand that nothing is: that is how a leaked escape is found.
 * Width is its own and simpler than the one under test.
 */
import { simpleWidth } from './simple-width.ts';
import { TerminalGrid } from './terminal-grid.ts';
import { createImageReader, type ReadImage, type ShownImage } from './terminal-images.ts';
import { blank, rowText } from './terminal-rows.ts';
import { createSequenceSplitter } from './terminal-sequences.ts';
import { createTerminalStyle } from './terminal-style.ts';

export interface VirtualCell {
  readonly text: string;
  /** 0 is the second half of a wide character. */
  readonly width: number;
  /** SGR parameters in force, canonical: `1;38;5;12`; empty for plain. */
  readonly style: string;
  readonly link: string;
}

export interface VirtualTerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** Rows kept above the screen. Default 100,000. */
  readonly scrollbackMax?: number;
  /** Re-wrap soft-wrapped rows on a resize, as nearly all terminals do. Default true. */
  readonly reflow?: boolean;
  /** A lower terminal drops the rows below the cursor first, whatever is in them, as tmux does it; else empty ones only. Default false. */
  readonly dropsBelow?: boolean;
  /** One grapheme cluster a cell, as modern terminals have it; false: by code point, as older ones and tmux. Default true. */
  readonly clusters?: boolean;
  /** Cells of a code point; 0 joins the cell before. */
  readonly widthOf?: (codePoint: number) => number;
  /** Answers DA1, OSC 11, the size of a cell and kitty's query. Default true. */
  readonly answers?: boolean;
  /** Pixels of a cell. Default 10 × 20. */
  readonly cell?: { readonly width: number; readonly height: number };
  /** Answers the question for them. Default true. */
  readonly saysCell?: boolean;
  /** Has sixel, says so in DA1, and answers XTSMGRAPHICS by 256 registers and the pixels of its screen. Default false. */
  readonly sixel?: boolean;
}

export interface VirtualTerminal {
  readonly columns: number;
  readonly rows: number;
  write(data: string | Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Rows of the screen without trailing spaces, joined by LF, without trailing empty rows. */
  screen(): string;
  /** One string for each row of the screen, trailing spaces removed. */
  lines(): string[];
  /** What has scrolled off, oldest first. */
  scrollback(): string[];
  /** Scroll-back and screen, soft-wrapped rows joined: what a reader would copy. */
  text(): string;
  cell(row: number, column: number): VirtualCell;
  readonly cursor: { readonly row: number; readonly column: number; readonly visible: boolean; readonly pendingWrap: boolean };
  /** DEC private modes that are set, by number. */
  readonly modes: ReadonlySet<number>;
  readonly keyboardFlags: number;
  readonly title: string;
  readonly bells: number;
  /** Synchronized updates that ended, and whether one is open. */
  readonly updates: number;
  readonly updating: boolean;
  /** Sequences and control characters that it does not know, escaped. */
  readonly unknown: readonly string[];
  /** Images that were shown, oldest first. On the screen their cells are `▒`. */
  readonly images: readonly ShownImage[];
  /** What it would have sent to the program. */
  readonly replies: readonly string[];
  /** Alternate screen or erasing of scroll-back was asked for: what no program of ours does. */
  readonly trespasses: readonly string[];
}

export function createVirtualTerminal(options: VirtualTerminalOptions): VirtualTerminal {
  return new Emulator(options);
}

/** What stands in the cells of an image. */
const IMAGE_CELL = '▒';
const ALTERNATE_SCREEN = [47, 1047, 1049];

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

class Emulator implements VirtualTerminal {
  readonly modes = new Set<number>([7, 25]);
  readonly unknown: string[] = [];
  readonly images: ShownImage[] = [];
  readonly replies: string[] = [];
  readonly trespasses: string[] = [];
  title = '';
  bells = 0;
  updates = 0;
  readonly #answers: boolean;
  readonly #options: VirtualTerminalOptions;
  readonly #cell: { readonly width: number; readonly height: number };
  readonly #readImage: ReadImage;
  readonly #grid: TerminalGrid;
  readonly #style = createTerminalStyle();
  readonly #keyboard: number[] = [];
  readonly #splitter = createSequenceSplitter({
    character: (text, codePoint) => {
      this.#grid.put(text, codePoint, { style: this.#style.text, link: this.#link, autowrap: this.modes.has(7) });
    },
    control: (code) => this.#control(code),
    sequence: (sequence) => this.#sequence(sequence),
  });
  #link = '';
  #saved = { row: 0, column: 0 };

  constructor(options: VirtualTerminalOptions) {
    const { columns, rows, scrollbackMax = 100_000, reflow = true, dropsBelow = false, clusters = true, widthOf = simpleWidth, answers = true } = options;
    this.#answers = answers;
    this.#options = options;
    this.#cell = options.cell ?? { width: 10, height: 20 };
    this.#readImage = createImageReader(this.#cell);
    this.#grid = new TerminalGrid({ columns, rows, scrollbackMax, reflow, dropsBelow, clusters, widthOf });
  }

  get columns(): number {
    return this.#grid.columns;
  }
  get rows(): number {
    return this.#grid.rows;
  }
  get cursor(): VirtualTerminal['cursor'] {
    const { row, column, pendingWrap } = this.#grid;
    return { row, column, visible: this.modes.has(25), pendingWrap };
  }
  get keyboardFlags(): number {
    return this.#keyboard.at(-1) ?? 0;
  }
  get updating(): boolean {
    return this.modes.has(2026);
  }

  write(data: string | Uint8Array): void {
    this.#splitter.write(data);
  }
  resize(columns: number, rows: number): void {
    this.#grid.resize(columns, rows);
  }
  lines(): string[] {
    return this.#grid.screen.map(rowText);
  }
  screen(): string {
    return this.lines().join('\n').replace(/\n+$/, '');
  }
  scrollback(): string[] {
    return this.#grid.history.map(rowText);
  }
  text(): string {
    let out = '';
    for (const row of this.#grid.all) out += row.soft ? row.cells.map(({ text }) => text).join('') : `${rowText(row)}\n`;
    return out.replace(/\n+$/, '');
  }
  cell(row: number, column: number): VirtualCell {
    return { ...(this.#grid.screen[row]?.cells[column] ?? blank()) };
  }

  #control(code: number): void {
    const { row, column } = this.#grid;
    switch (code) {
      case 0x07:
        this.bells += 1;
        return;
      case 0x08:
        return this.#grid.move(row, column - 1);
      case 0x09:
        return this.#grid.move(row, (Math.floor(column / 8) + 1) * 8);
      case 0x0a:
        return this.#grid.lineFeed();
      case 0x0d:
        return this.#grid.move(row, 0);
      default:
        this.unknown.push(escaped(String.fromCharCode(code)));
    }
  }

  #sequence(sequence: string): void {
    const kind = sequence[1] ?? '';
    if (kind === '[') return this.#csi(sequence);
    if (kind === ']') return this.#osc(sequence);
    if (kind === '_' || kind === 'P') return this.#image(sequence);
    const { row, column } = this.#grid;
    switch (kind) {
      case '7':
        this.#saved = { row, column };
        return;
      case '>':
      case '=':
        // The key pad: nothing to be seen.
        return;
      case '8':
        return this.#grid.move(this.#saved.row, this.#saved.column);
      case 'M':
        return this.#grid.move(row - 1, column);
      default:
        this.unknown.push(escaped(sequence));
    }
  }

  #osc(sequence: string): void {
    const body = sequence.slice(2).replace(/(?:\u0007|\u001b\\)$/, '');
    const [code = '', ...rest] = body.split(';');
    if (code === '8') this.#link = rest.slice(1).join(';');
    else if (code === '0' || code === '2') this.title = rest.join(';');
    else if ((code === '10' || code === '11') && rest[0] === '?') this.#reply(`\u001b]${code};rgb:1e1e/1e1e/1e1e\u001b\\`);
    else if (code === '1337') this.#image(sequence);
    else this.unknown.push(escaped(sequence));
  }

  /** The cursor ends in the last row: behind the image, but for sixel. */
  #image(sequence: string): void {
    const image = this.#readImage(sequence);
    if (image === 'more') return;
    if (image === 'unknown') return void this.unknown.push(escaped(sequence.slice(0, 100)));
    const { column } = this.#grid;
    this.images.push(image);
    this.#grid.fill(image.columns, image.rows, IMAGE_CELL);
    if (image.protocol !== 'sixel') this.#grid.move(this.#grid.row, column + image.columns);
  }

  #reply(text: string): void {
    if (this.#answers) this.replies.push(text);
  }

  #csi(sequence: string): void {
    const match = /^\u001b\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])$/.exec(sequence);
    if (match === null) return void this.unknown.push(escaped(sequence));
    const [, prefix = '', digits = '', , final = ''] = match;
    const values = digits.split(';').map((part) => (part === '' ? undefined : Number.parseInt(part, 10)));
    if (prefix !== '') return this.#privateCsi(prefix, values, final, sequence);
    const first = values[0] ?? 1;
    const count = Math.max(1, first);
    const grid = this.#grid;
    switch (final) {
      case 'A':
        return grid.move(grid.row - count, grid.column);
      case 'B':
        return grid.move(grid.row + count, grid.column);
      case 'C':
        return grid.move(grid.row, grid.column + count);
      case 'D':
        return grid.move(grid.row, grid.column - count);
      case 'G':
        return grid.move(grid.row, first - 1);
      case 'd':
        return grid.move(first - 1, grid.column);
      case 'H':
      case 'f':
        return grid.move(first - 1, (values[1] ?? 1) - 1);
      case 'J':
        return this.#eraseScreen(values[0] ?? 0, sequence);
      case 'K':
        return grid.eraseLine(values[0] ?? 0);
      case 'm':
        for (const code of this.#style.select(digits)) this.unknown.push(`SGR ${code}`);
        return;
      case 'r':
        return grid.setScrollingRegion(first - 1, (values[1] ?? grid.rows) - 1);
      case 'n':
        if (first === 6) this.#reply(`\u001b[${grid.row + 1};${grid.column + 1}R`);
        return;
      case 'c':
        return this.#reply(this.#options.sixel === true ? '\u001b[?62;4;22c' : '\u001b[?62;22c');
      case 't':
        if (digits !== '16') break;
        return this.#options.saysCell === false ? undefined : this.#reply(`\u001b[6;${this.#cell.height};${this.#cell.width}t`);
    }
    this.unknown.push(escaped(sequence));
  }

  #privateCsi(prefix: string, values: readonly (number | undefined)[], final: string, sequence: string): void {
    if (prefix === '?' && (final === 'h' || final === 'l')) return this.#setModes(values, final === 'h', sequence);
    if (final === 'u' && prefix === '>') return void this.#keyboard.push(values[0] ?? 0);
    if (final === 'u' && prefix === '<') return void this.#keyboard.pop();
    if (final === 'u' && prefix === '?') return this.#reply(`\u001b[?${this.keyboardFlags}u`);
    if (this.#options.sixel === true && prefix === '?' && final === 'S') return this.#answerGraphics(values.join(';'), sequence);
    this.unknown.push(escaped(sequence));
  }

  /** XTSMGRAPHICS. A terminal without sixel does not know it. */
  #answerGraphics(question: string, sequence: string): void {
    const { width, height } = this.#cell;
    if (question === '1;1;0') this.#reply('\u001b[?1;0;256S');
    else if (question === '2;1;0') this.#reply(`\u001b[?2;0;${this.columns * width};${this.rows * height}S`);
    else this.unknown.push(escaped(sequence));
  }

  #setModes(values: readonly (number | undefined)[], on: boolean, sequence: string): void {
    for (const mode of values) {
      if (mode === undefined) continue;
      if (on && ALTERNATE_SCREEN.includes(mode)) this.trespasses.push(escaped(sequence));
      if (!on && ALTERNATE_SCREEN.includes(mode)) for (const each of ALTERNATE_SCREEN) this.modes.delete(each);
      if (mode === 2026 && !on && this.modes.has(2026)) this.updates += 1;
      if (on) this.modes.add(mode);
      else this.modes.delete(mode);
    }
  }

  #eraseScreen(kind: number, sequence: string): void {
    if (kind === 3 || kind === 2) this.trespasses.push(escaped(sequence));
    if (kind === 0) this.#grid.eraseBelow();
  }
}
