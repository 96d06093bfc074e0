/**
 * A terminal that exists in memory: bytes in, screen out. For tests that compare what a reader would see.
 *
 * It does what xterm and its kin do: pending wrap at the last column, soft-wrapped rows that are re-wrapped on a resize (or not:
 * `reflow: false`), scroll-back, autowrap, save and restore, erasing, inserting, scrolling regions, SGR, OSC 8 and titles,
 * synchronized updates (a resize or key between begin and end is noted), modes that are only remembered (bracketed paste, kitty
 * keyboard stack, cursor shown). It answers queries by `replies`. Whatever it does not know is kept in `unknown`, so that a test
 * can demand that nothing is: that is how a leaked escape is found.
 * Width is its own and simpler than the one under test: by code point, as most terminals have it.
 */
import { StringDecoder } from 'node:string_decoder';

import { simpleWidth } from './simple-width.ts';
import { blank, broken, type Cell, fit, type GridRow, rowText, trimmed } from './terminal-rows.ts';

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
  /** Cells of a code point; 0 joins the cell before. */
  readonly widthOf?: (codePoint: number) => number;
  /** Answers DA1, OSC 11 and kitty's query. Default true. */
  readonly answers?: boolean;
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
  /** What it would have sent to the program. */
  readonly replies: readonly string[];
  /** Alternate screen or erasing of scroll-back was asked for: what no program of ours does. */
  readonly trespasses: readonly string[];
}

export function createVirtualTerminal(options: VirtualTerminalOptions): VirtualTerminal {
  return new Emulator(options);
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

class Emulator implements VirtualTerminal {
  columns: number;
  rows: number;
  readonly modes = new Set<number>([7, 25]);
  readonly unknown: string[] = [];
  readonly replies: string[] = [];
  readonly trespasses: string[] = [];
  title = '';
  bells = 0;
  updates = 0;
  readonly #scrollbackMax: number;
  readonly #reflow: boolean;
  readonly #answers: boolean;
  readonly #widthOf: (codePoint: number) => number;
  readonly #utf8 = new StringDecoder('utf8');
  readonly #keyboard: number[] = [];
  #history: GridRow[] = [];
  #grid: GridRow[];
  #row = 0;
  #column = 0;
  #pendingWrap = false;
  #sgr = new Map<string, string>();
  #style = '';
  #link = '';
  #saved = { row: 0, column: 0 };
  #top = 0;
  #bottom: number;
  #rest = '';

  constructor({ columns, rows, scrollbackMax = 100_000, reflow = true, widthOf = simpleWidth, answers = true }: VirtualTerminalOptions) {
    this.columns = columns;
    this.rows = rows;
    this.#scrollbackMax = scrollbackMax;
    this.#reflow = reflow;
    this.#widthOf = widthOf;
    this.#answers = answers;
    this.#grid = Array.from({ length: rows }, () => this.#emptyRow());
    this.#bottom = rows - 1;
  }

  get cursor(): VirtualTerminal['cursor'] {
    return { row: this.#row, column: this.#column, visible: this.modes.has(25), pendingWrap: this.#pendingWrap };
  }
  get keyboardFlags(): number {
    return this.#keyboard.at(-1) ?? 0;
  }
  get updating(): boolean {
    return this.modes.has(2026);
  }

  write(data: string | Uint8Array): void {
    const text = this.#rest + (typeof data === 'string' ? data : this.#utf8.write(Buffer.from(data)));
    this.#rest = '';
    let at = 0;
    while (at < text.length) {
      if (text[at] === '\u001b') {
        const length = sequenceLength(text, at);
        if (length === undefined) {
          this.#rest = text.slice(at);
          return;
        }
        this.#sequence(text.slice(at, at + length));
        at += length;
        continue;
      }
      const codePoint = text.codePointAt(at) ?? 0;
      at += codePoint > 0xffff ? 2 : 1;
      if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) this.#control(codePoint);
      else this.#put(String.fromCodePoint(codePoint), codePoint);
    }
  }

  lines(): string[] {
    return this.#grid.map(rowText);
  }
  screen(): string {
    return this.lines().join('\n').replace(/\n+$/, '');
  }
  scrollback(): string[] {
    return this.#history.map(rowText);
  }
  text(): string {
    let out = '';
    for (const row of [...this.#history, ...this.#grid]) out += row.soft ? row.cells.map(({ text }) => text).join('') : `${rowText(row)}\n`;
    return out.replace(/\n+$/, '');
  }
  cell(row: number, column: number): VirtualCell {
    return { ...(this.#grid[row]?.cells[column] ?? blank()) };
  }

  resize(columns: number, rows: number): void {
    if (this.#reflow && columns !== this.columns) this.#rewrap(columns);
    else for (const row of [...this.#history, ...this.#grid]) fit(row, columns);
    this.columns = columns;
    this.#column = Math.min(this.#column, columns - 1);
    this.#pendingWrap = false;
    // Fewer rows: empty ones below the cursor go first, then the top goes to the scroll-back. More rows: they come back from
    // there.
    while (this.#grid.length > rows) {
      if (this.#row < this.#grid.length - 1 && rowText(this.#grid.at(-1)) === '') this.#grid.pop();
      else this.#scrollOff();
    }
    while (this.#grid.length < rows) {
      const back = this.#history.pop();
      if (back === undefined) this.#grid.push(this.#emptyRow());
      else {
        fit(back, columns);
        this.#grid.unshift(back);
        this.#row += 1;
      }
    }
    this.rows = rows;
    this.#row = Math.max(0, Math.min(this.#row, rows - 1));
    this.#top = 0;
    this.#bottom = rows - 1;
  }

  /** Joins soft-wrapped rows and breaks them at the new width; the cursor stays with its character. */
  #rewrap(columns: number): void {
    const all = [...this.#history, ...this.#grid];
    const cursorAt = this.#history.length + this.#row;
    let last = all.length - 1;
    while (last > cursorAt && rowText(all[last]) === '') last -= 1;
    const out: GridRow[] = [];
    let [row, column] = [0, 0];
    for (let at = 0; at <= last; at += 1) {
      const cells: Cell[] = [];
      let cursor: number | undefined;
      for (;;) {
        const part = all[at];
        if (part === undefined) break;
        if (at === cursorAt) cursor = cells.length + this.#column;
        cells.push(...(part.soft ? part.cells : trimmed(part.cells)));
        if (!part.soft || at >= last) break;
        at += 1;
      }
      const first = out.length;
      out.push(...broken(cells, columns));
      if (cursor !== undefined) [row, column] = [Math.min(first + Math.floor(cursor / columns), Math.max(out.length - 1, first)), cursor % columns];
    }
    const height = this.#grid.length;
    const start = Math.max(0, Math.min(out.length - height, row));
    this.#history = out.slice(0, start);
    this.#grid = out.slice(start, start + height);
    while (this.#grid.length < height) this.#grid.push({ cells: Array.from({ length: columns }, blank), soft: false });
    for (const gridRow of this.#grid) fit(gridRow, columns);
    this.#row = row - start;
    this.#column = column;
  }

  #emptyRow(): GridRow {
    return { cells: Array.from({ length: this.columns }, blank), soft: false };
  }

  #put(text: string, codePoint: number): void {
    const width = this.#widthOf(codePoint);
    if (width === 0) {
      const row = this.#grid[this.#row];
      let at = this.#pendingWrap ? this.#column : this.#column - 1;
      if (row?.cells[at]?.width === 0) at -= 1;
      const cell = row?.cells[at];
      if (cell !== undefined) cell.text += text;
      return;
    }
    const autowrap = this.modes.has(7);
    if (this.#pendingWrap && autowrap) this.#softWrap();
    if (this.#column + width > this.columns) {
      if (!autowrap || width > this.columns) this.#column = Math.max(0, this.columns - width);
      else this.#softWrap();
    }
    const row = this.#grid[this.#row];
    if (row === undefined) return;
    this.#clearHalves(row, this.#column, width);
    row.cells[this.#column] = { text, width, style: this.#style, link: this.#link };
    if (width === 2 && this.#column + 1 < this.columns) row.cells[this.#column + 1] = { text: '', width: 0, style: this.#style, link: this.#link };
    this.#column += width;
    if (this.#column >= this.columns) {
      this.#column = this.columns - 1;
      this.#pendingWrap = true;
    }
  }

  /** Writing over half of a wide character erases the other half. */
  #clearHalves(row: GridRow, column: number, width: number): void {
    if (row.cells[column]?.width === 0) row.cells[column - 1] = blank();
    if (row.cells[column + width]?.width === 0) row.cells[column + width] = blank();
  }

  #softWrap(): void {
    const row = this.#grid[this.#row];
    if (row !== undefined) row.soft = true;
    this.#column = 0;
    this.#pendingWrap = false;
    this.#lineFeed();
  }

  #lineFeed(): void {
    this.#pendingWrap = false;
    if (this.#row === this.#bottom) {
      if (this.#top === 0 && this.#bottom === this.rows - 1) {
        this.#scrollOff();
        this.#row += 1;
        this.#grid.push(this.#emptyRow());
      } else {
        this.#grid.splice(this.#top, 1);
        this.#grid.splice(this.#bottom, 0, this.#emptyRow());
      }
    } else if (this.#row < this.rows - 1) this.#row += 1;
  }

  #scrollOff(): void {
    const row = this.#grid.shift();
    if (row !== undefined) this.#history.push(row);
    if (this.#history.length > this.#scrollbackMax) this.#history.shift();
    this.#row -= 1;
  }

  #control(code: number): void {
    switch (code) {
      case 0x07:
        this.bells += 1;
        return;
      case 0x08:
        this.#move(this.#row, this.#column - 1);
        return;
      case 0x09:
        this.#move(this.#row, (Math.floor(this.#column / 8) + 1) * 8);
        return;
      case 0x0a:
        return this.#lineFeed();
      case 0x0d:
        return this.#move(this.#row, 0);
      default:
        this.unknown.push(escaped(String.fromCharCode(code)));
    }
  }

  #move(row: number, column: number): void {
    this.#row = Math.max(0, Math.min(this.rows - 1, row));
    this.#column = Math.max(0, Math.min(this.columns - 1, column));
    this.#pendingWrap = false;
  }

  #sequence(sequence: string): void {
    const kind = sequence[1] ?? '';
    if (kind === '[') return this.#csi(sequence);
    if (kind === ']') return this.#osc(sequence);
    if (kind === '_' && sequence.startsWith('\u001b_G')) return;
    switch (kind) {
      case '7':
        this.#saved = { row: this.#row, column: this.#column };
        return;
      case '8':
        return this.#move(this.#saved.row, this.#saved.column);
      case 'M':
        return this.#move(this.#row - 1, this.#column);
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
    else if (code !== '1337') this.unknown.push(escaped(sequence));
  }

  #reply(text: string): void {
    if (this.#answers) this.replies.push(text);
  }

  #csi(sequence: string): void {
    const match = /^\u001b\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])$/.exec(sequence);
    if (match === null) return void this.unknown.push(escaped(sequence));
    const [, prefix = '', digits = '', , final = ''] = match;
    const values = digits.split(';').map((part) => (part === '' ? undefined : Number.parseInt(part, 10)));
    const first = values[0] ?? 1;
    if (prefix !== '') return this.#privateCsi(prefix, values, final, sequence);
    switch (final) {
      case 'A':
        return this.#move(this.#row - Math.max(1, first), this.#column);
      case 'B':
        return this.#move(this.#row + Math.max(1, first), this.#column);
      case 'C':
        return this.#move(this.#row, this.#column + Math.max(1, first));
      case 'D':
        return this.#move(this.#row, this.#column - Math.max(1, first));
      case 'G':
        return this.#move(this.#row, first - 1);
      case 'd':
        return this.#move(first - 1, this.#column);
      case 'H':
      case 'f':
        return this.#move(first - 1, (values[1] ?? 1) - 1);
      case 'J':
        return this.#eraseScreen(values[0] ?? 0, sequence);
      case 'K':
        return this.#eraseLine(values[0] ?? 0);
      case 'm':
        return this.#select(digits);
      case 'r':
        this.#top = first - 1;
        this.#bottom = (values[1] ?? this.rows) - 1;
        return this.#move(0, 0);
      case 'n':
        if (first === 6) this.#reply(`\u001b[${this.#row + 1};${this.#column + 1}R`);
        return;
      case 'c':
        return this.#reply('\u001b[?62;22c');
      default:
        this.unknown.push(escaped(sequence));
    }
  }

  #privateCsi(prefix: string, values: readonly (number | undefined)[], final: string, sequence: string): void {
    if (prefix === '?' && (final === 'h' || final === 'l')) return this.#setModes(values, final === 'h', sequence);
    if (final === 'u' && prefix === '>') return void this.#keyboard.push(values[0] ?? 0);
    if (final === 'u' && prefix === '<') return void this.#keyboard.pop();
    if (final === 'u' && prefix === '?') return this.#reply(`\u001b[?${this.keyboardFlags}u`);
    this.unknown.push(escaped(sequence));
  }

  #setModes(values: readonly (number | undefined)[], on: boolean, sequence: string): void {
    for (const mode of values) {
      if (mode === undefined) continue;
      if (mode === 1049 || mode === 1047 || mode === 47) this.trespasses.push(escaped(sequence));
      if (mode === 2026 && !on && this.modes.has(2026)) this.updates += 1;
      if (on) this.modes.add(mode);
      else this.modes.delete(mode);
    }
  }

  #eraseScreen(kind: number, sequence: string): void {
    if (kind === 3 || kind === 2) this.trespasses.push(escaped(sequence));
    if (kind !== 0) return;
    this.#eraseLine(0);
    for (let row = this.#row + 1; row < this.rows; row += 1) this.#grid[row] = this.#emptyRow();
  }

  /** In pending wrap the cursor is on the last cell, which goes too: what real terminals do. */
  #eraseLine(kind: number): void {
    const row = this.#grid[this.#row];
    if (row === undefined) return;
    const from = kind === 0 ? this.#column : 0;
    const to = kind === 1 ? this.#column + 1 : this.columns;
    if (row.cells[from]?.width === 0) row.cells[from - 1] = blank();
    for (let at = from; at < to; at += 1) row.cells[at] = blank();
    if (kind !== 1) row.soft = false;
  }

  #select(digits: string): void {
    const values = digits === '' ? ['0'] : digits.split(';');
    for (let at = 0; at < values.length; at += 1) {
      const code = Number(values[at] === '' ? '0' : values[at]);
      const ground = code === 38 ? 'foreground' : code === 48 ? 'background' : undefined;
      if (ground !== undefined) {
        const length = values[at + 1] === '5' ? 3 : 5;
        this.#sgr.set(ground, values.slice(at, at + length).join(';'));
        at += length - 1;
      } else this.#selectOne(code);
    }
    this.#style = [...this.#sgr.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value).join(';');
  }

  #selectOne(code: number): void {
    if (code === 0) this.#sgr.clear();
    else if (code >= 1 && code <= 9) this.#sgr.set(`attribute ${code}`, String(code));
    else if (code === 22) for (const name of ['1', '2']) this.#sgr.delete(`attribute ${name}`);
    else if (code >= 23 && code <= 29) this.#sgr.delete(`attribute ${code - 20}`);
    else if (code === 39) this.#sgr.delete('foreground');
    else if (code === 49) this.#sgr.delete('background');
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.#sgr.set('foreground', String(code));
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) this.#sgr.set('background', String(code));
    else this.unknown.push(`SGR ${code}`);
  }
}

/** Length of the sequence that begins here; undefined while it is not complete. */
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
