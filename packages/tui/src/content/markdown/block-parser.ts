/**
 * From lines of Markdown to blocks (CommonMark 0.31 with GFM's tables, as models write it).
 *
 * State: the containers that are open (quotes, list items) and one open leaf. A line first continues containers, then opens new
 * ones, then goes into the leaf or begins another. A leaf is emitted once it is closed, a line of code at once, so that nearly
 * all of a text is final while the rest streams.
 * Otherwise than CommonMark: line breaks in paragraphs stay; items that are indented too little by their author still nest; a
 * fence in a list ends at its closing mark only; no HTML blocks, no link reference definitions (both are shown as written).
 * Limits: nesting, rows of a table, length of an open leaf.
 */
import { createHighlighter, type Highlighter, type HighlightState } from '../highlight/highlighter.ts';
import type { Limits } from '../../limits.ts';
import type { Align, Block, Container, Leaf } from './block.ts';
import { alignsOf, cellsOf } from './table-row.ts';

type OpenContainer = { kind: 'quote' } | { kind: 'item'; marker: string; indent: number; used: boolean };

type OpenLeaf =
  | { kind: 'none' }
  | { kind: 'paragraph'; lines: string[]; length: number }
  | { kind: 'fence'; mark: string; indent: number; highlighter: Highlighter | undefined; state: HighlightState; started: boolean }
  | { kind: 'table'; header: readonly string[] | undefined; aligns: readonly Align[]; rows: string[][] };

const FENCE = /^( {0,3})(`{3,}|~{3,})\s*([^\s`{]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])( +|$)/;

export class BlockParser {
  readonly #limits: Limits;
  #containers: OpenContainer[] = [];
  #leaf: OpenLeaf = { kind: 'none' };
  #blank = false;
  #first = true;
  #out: Block[] = [];
  #open = false;
  /** Quotes that were open all the time since the last block. */
  #sharedQuotes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** A copy that may be fed what is not final. */
  clone(): BlockParser {
    const copy = new BlockParser(this.#limits);
    copy.#containers = this.#containers.map((container) => ({ ...container }));
    const leaf = this.#leaf;
    if (leaf.kind === 'paragraph') copy.#leaf = { ...leaf, lines: [...leaf.lines] };
    else copy.#leaf = leaf.kind === 'table' ? { ...leaf, rows: [...leaf.rows] } : { ...leaf };
    copy.#blank = this.#blank;
    copy.#first = this.#first;
    copy.#sharedQuotes = this.#sharedQuotes;
    return copy;
  }

  /** Blocks that are final since the last call. */
  take(): Block[] {
    const taken = this.#out;
    this.#out = [];
    return taken;
  }

  /** @param open - The end of the text is a guess: what is open in its last leaf counts as closed. */
  end(open = false): void {
    this.#open = open;
    this.#closeTo(0);
  }

  line(text: string): void {
    if (this.#leaf.kind === 'fence' && this.#fenceLine(text)) return;
    const { rest, matched } = this.#continueContainers(text);
    if (rest.trim() === '') return this.#blankLine(matched);
    if (matched < this.#containers.length) {
      if (this.#leaf.kind === 'paragraph' && !this.#startsBlock(rest)) return this.#leafLine(rest);
      this.#closeTo(matched);
    }
    this.#leafLine(this.#openContainers(rest));
  }

  #fenceLine(text: string): boolean {
    const leaf = this.#leaf;
    if (leaf.kind !== 'fence') return false;
    const { rest, matched } = this.#continueContainers(text);
    if (this.#containers.slice(matched).some(({ kind }) => kind === 'quote')) {
      this.#closeLeaf();
      return false;
    }
    const closing = /^ *(`{3,}|~{3,})\s*$/.exec(rest);
    if (closing !== null && closing[1]?.[0] === leaf.mark[0] && (closing[1]?.length ?? 0) >= leaf.mark.length) {
      this.#leaf = { kind: 'none' };
      return true;
    }
    const spaces = /^ */.exec(rest)?.[0].length ?? 0;
    this.#codeLine(rest.slice(Math.min(spaces, leaf.indent)));
    return true;
  }

  #codeLine(text: string): void {
    const leaf = this.#leaf;
    if (leaf.kind !== 'fence') return;
    if (leaf.highlighter === undefined) return this.#emit({ kind: 'code', tokens: [{ text, kind: 'plain' }] }, leaf.started);
    const { tokens, state } = leaf.highlighter.line(text, leaf.state);
    this.#emit({ kind: 'code', tokens }, leaf.started);
    this.#leaf = { ...leaf, state, started: true };
  }

  /** Takes the marks of open containers off the line; how many went on. */
  #continueContainers(text: string): { rest: string; matched: number } {
    let rest = text;
    let matched = 0;
    for (const container of this.#containers) {
      if (container.kind === 'quote') {
        const mark = /^ {0,3}> ?/.exec(rest);
        if (mark === null) break;
        rest = rest.slice(mark[0].length);
      } else if (rest.trim() !== '') {
        const spaces = /^ */.exec(rest)?.[0].length ?? 0;
        const nests = spaces >= 2 && ITEM.test(rest) && this.#leaf.kind !== 'fence';
        if (spaces < container.indent && !nests) break;
        rest = rest.slice(Math.min(spaces, container.indent));
      }
      matched += 1;
    }
    return { rest, matched };
  }

  #blankLine(matched: number): void {
    // A quote ends with the first line that has no mark; an item goes on after blank lines.
    const quote = this.#containers.findIndex(({ kind }, index) => kind === 'quote' && index >= matched);
    if (quote !== -1) this.#closeTo(quote);
    this.#closeLeaf();
    this.#blank = true;
  }

  #startsBlock(rest: string): boolean {
    return FENCE.test(rest) || HEADING.test(rest) || RULE.test(rest) || /^ {0,3}>/.test(rest) || this.#startsItem(rest);
  }

  #startsItem(rest: string): boolean {
    const item = ITEM.exec(rest);
    if (item === null || RULE.test(rest)) return false;
    if (this.#leaf.kind !== 'paragraph') return true;
    // CommonMark 5.3: an empty item, or a number other than 1, does not interrupt a paragraph outside of a list.
    const inList = this.#containers.some(({ kind }) => kind === 'item');
    return (item[3] !== '' && (/^[-*+]$/.test(item[2] ?? '') || /^1[.)]$/.test(item[2] ?? ''))) || inList;
  }

  #openContainers(text: string): string {
    let rest = text;
    while (this.#containers.length < this.#limits.nestingMax) {
      const quote = /^ {0,3}> ?/.exec(rest);
      const item = quote === null && this.#startsItem(rest) ? ITEM.exec(rest) : null;
      if (quote !== null) {
        this.#closeLeaf();
        this.#containers.push({ kind: 'quote' });
        rest = rest.slice(quote[0].length);
      } else if (item !== null) {
        const [whole, spaces = '', marker = '', after = ''] = item;
        this.#closeLeaf();
        const width = after.length > 4 || after === '' ? 1 : after.length;
        this.#containers.push({ kind: 'item', marker, indent: spaces.length + marker.length + width, used: false });
        rest = rest.slice(whole.length - Math.max(0, after.length - width));
      } else break;
    }
    return rest;
  }

  #leafLine(rest: string): void {
    if (rest.trim() === '') return;
    const leaf = this.#leaf;
    if (leaf.kind === 'table' && !this.#startsBlock(rest)) return this.#tableLine(rest);
    const fence = FENCE.exec(rest);
    if (fence !== null) {
      this.#closeLeaf();
      const [, indent = '', mark = '', language = ''] = fence;
      this.#leaf = {
        kind: 'fence',
        mark,
        indent: indent.length,
        highlighter: createHighlighter(language),
        state: undefined,
        started: false,
      };
      return;
    }
    if (leaf.kind === 'paragraph' && this.#paragraphBecomes(leaf.lines, rest)) return;
    const heading = HEADING.exec(rest);
    if (heading !== null) {
      this.#closeLeaf();
      return this.#emit({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
    }
    if (RULE.test(rest)) {
      this.#closeLeaf();
      return this.#emit({ kind: 'rule' });
    }
    if (leaf.kind !== 'paragraph' && /^(?: {4}|\t)/.test(rest)) {
      this.#closeLeaf();
      return this.#emit({ kind: 'code', tokens: [{ text: rest.replace(/^(?: {4}|\t)/, ''), kind: 'plain' }] });
    }
    this.#paragraphLine(rest.trimStart());
  }

  #paragraphLine(text: string): void {
    const leaf = this.#leaf;
    if (leaf.kind !== 'paragraph') {
      this.#closeLeaf();
      this.#leaf = { kind: 'paragraph', lines: [text], length: text.length };
    } else {
      leaf.lines.push(text);
      leaf.length += text.length + 1;
    }
    if (this.#leaf.kind === 'paragraph' && this.#leaf.length > this.#limits.openTextCharsMax) this.#closeLeaf();
  }

  /** A line under a paragraph may say that it was a heading or the head of a table. */
  #paragraphBecomes(lines: readonly string[], rest: string): boolean {
    const setext = /^ {0,3}(=+|-+)[ \t]*$/.exec(rest);
    if (setext !== null) {
      this.#leaf = { kind: 'none' };
      this.#emit({ kind: 'heading', level: setext[1]?.startsWith('=') === true ? 1 : 2, text: lines.join(' ') });
      return true;
    }
    const aligns = alignsOf(rest);
    const last = lines.at(-1) ?? '';
    if (aligns === undefined || !last.includes('|') || cellsOf(last).length !== aligns.length) return false;
    const before = lines.slice(0, -1);
    this.#leaf = { kind: 'none' };
    if (before.length > 0) this.#emit({ kind: 'paragraph', text: before.join('\n') });
    this.#leaf = { kind: 'table', header: cellsOf(last), aligns, rows: [] };
    return true;
  }

  #tableLine(rest: string): void {
    const leaf = this.#leaf;
    if (leaf.kind !== 'table') return;
    const cells = cellsOf(rest);
    leaf.rows.push(leaf.aligns.map((_, index) => cells[index] ?? ''));
    if (leaf.rows.length < this.#limits.tableRowsMax) return;
    const { aligns } = leaf;
    this.#closeLeaf();
    this.#leaf = { kind: 'table', header: undefined, aligns, rows: [] };
  }

  #closeLeaf(): void {
    const leaf = this.#leaf;
    this.#leaf = { kind: 'none' };
    if (leaf.kind === 'paragraph') this.#emit({ kind: 'paragraph', text: leaf.lines.join('\n') });
    if (leaf.kind === 'table' && (leaf.header !== undefined || leaf.rows.length > 0)) {
      this.#emit(
        { kind: 'table', header: leaf.header, aligns: leaf.aligns, rows: leaf.rows },
        leaf.header === undefined,
      );
    }
  }

  /** Closes containers down to a depth. An item that held nothing still has its marker. */
  #closeTo(depth: number): void {
    this.#closeLeaf();
    while (this.#containers.length > depth) {
      const last = this.#containers.at(-1);
      if (last?.kind === 'item' && !last.used) this.#emit({ kind: 'paragraph', text: '' });
      this.#containers.pop();
    }
    this.#sharedQuotes = Math.min(this.#sharedQuotes, this.#quoteDepth());
  }

  /** Quotes before the first list item. */
  #quoteDepth(): number {
    const item = this.#containers.findIndex(({ kind }) => kind === 'item');
    return item === -1 ? this.#containers.length : item;
  }

  #emit(leaf: Leaf, goesOn = false): void {
    const containers = this.#containers.map((container): Container => {
      if (container.kind === 'quote') return { kind: 'quote' };
      const first = !container.used;
      container.used = true;
      return { kind: 'item', marker: container.marker, first };
    });
    const gap = !this.#first && !goesOn && (this.#blank || leaf.kind === 'heading');
    this.#out.push({ containers, leaf, gap, sharedQuotes: this.#sharedQuotes, open: this.#open });
    this.#sharedQuotes = this.#quoteDepth();
    this.#first = false;
    this.#blank = false;
    if (this.#leaf.kind === 'fence') this.#leaf = { ...this.#leaf, started: true };
  }
}
