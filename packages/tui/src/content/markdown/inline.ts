/**
 * Emphasis, code, links and escapes inside of a block.
 *
 * One pass with a bounded depth. An opening mark looks for its closing one; a kind of mark that found none is not looked for
 * again, so that no input costs more than a few passes. Of a text that still streams (`open`) a mark without its other half is
 * taken to run to the end: `**bo` is bold already, and does not flicker when the end comes. HTML is shown as written.
 */
import type { Theme } from '../../colour/theme.ts';
import { sameStyle, type Span, type Style } from '../../text/span.ts';

export interface InlineOptions {
  readonly theme: Theme;
  readonly open?: boolean | undefined;
  /** The terminal shows links by itself: the target is not written out. */
  readonly hyperlinks?: boolean | undefined;
}

const DEPTH_MAX = 6;
const SPECIAL = /[\\`*_~[\]!<&\n]|https?:\/\//g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&apos;': "'",
  '&nbsp;': '\u00a0',
};

export function parseInline(text: string, options: InlineOptions, style: Style = options.theme.plain): Span[] {
  const spans: { text: string; style: Style }[] = [];
  const add = (part: string, partStyle: Style): void => {
    const last = spans.at(-1);
    if (last !== undefined && sameStyle(last.style, partStyle)) last.text += part;
    else if (part !== '') spans.push({ text: part, style: partStyle });
  };
  new InlineParser(text, options, add).run(0, text.length, style, 0);
  return spans;
}

class InlineParser {
  readonly #text: string;
  readonly #theme: Theme;
  readonly #open: boolean;
  readonly #hyperlinks: boolean;
  readonly #add: (part: string, style: Style) => void;
  /** Closing marks that do not occur behind the place where they were looked for last. */
  readonly #missing = new Map<string, number>();

  constructor(
    text: string,
    { theme, open = false, hyperlinks = false }: InlineOptions,
    add: (part: string, style: Style) => void,
  ) {
    this.#text = text;
    this.#theme = theme;
    this.#open = open;
    this.#hyperlinks = hyperlinks;
    this.#add = add;
  }

  run(start: number, end: number, style: Style, depth: number): void {
    const text = this.#text;
    let at = start;
    while (at < end) {
      SPECIAL.lastIndex = at;
      const next = SPECIAL.exec(text)?.index ?? end;
      if (next >= end) return this.#add(text.slice(at, end), style);
      this.#add(text.slice(at, next), style);
      at = this.#special(next, end, style, depth);
    }
  }

  #special(at: number, end: number, style: Style, depth: number): number {
    const text = this.#text;
    const character = text[at] ?? '';
    switch (character) {
      case '\\': {
        const next = text[at + 1] ?? '';
        const escapes = at + 1 < end && /[!-/:-@[-`{-~]/.test(next);
        this.#add(escapes ? next : next === '\n' ? '' : '\\', style);
        return at + (escapes ? 2 : 1);
      }
      case '`':
        return this.#code(at, end, style);
      case '*':
      case '_':
      case '~':
        return depth < DEPTH_MAX ? this.#emphasis(at, end, style, depth) : this.#literal(at, style);
      case '[':
        return depth < DEPTH_MAX ? this.#link(at, at, end, style, depth) : this.#literal(at, style);
      case '!':
        return text[at + 1] === '[' && depth < DEPTH_MAX ? this.#link(at, at + 1, end, style, depth) : this.#literal(at, style);
      case '<':
        return this.#autolink(at, end, style);
      case '&': {
        const entity = /^&(?:amp|lt|gt|quot|apos|nbsp|#39);/.exec(text.slice(at, at + 6))?.[0] ?? '';
        this.#add(ENTITIES[entity] ?? '&', style);
        return at + Math.max(1, entity.length);
      }
      case 'h':
        return this.#bareLink(at, end, style);
      default:
        return this.#literal(at, style);
    }
  }

  #literal(at: number, style: Style): number {
    this.#add(this.#text[at] ?? '', style);
    return at + 1;
  }

  #code(at: number, end: number, style: Style): number {
    const text = this.#text;
    let length = 1;
    while (at + length < end && text[at + length] === '`') length += 1;
    const mark = '`'.repeat(length);
    let close = this.#isMissing(mark, at) ? -1 : text.indexOf(mark, at + length);
    while (close !== -1 && close < end && text[close + length] === '`') {
      let run = close;
      while (text[run] === '`') run += 1;
      close = text.indexOf(mark, run);
    }
    if (close === -1 || close + length > end) {
      if (close === -1) this.#missing.set(mark, at);
      if (!this.#open || end !== text.length || at + length >= end) {
        this.#add(mark, style);
        return at + length;
      }
      close = end;
    }
    const inner = text.slice(at + length, close).replaceAll('\n', ' ');
    this.#add(/^ .*[^ ].* $/.test(inner) ? inner.slice(1, -1) : inner, { ...style, ...this.#theme.code });
    return Math.min(end, close + length);
  }

  #emphasis(at: number, end: number, style: Style, depth: number): number {
    const text = this.#text;
    const character = text[at] ?? '';
    let run = 1;
    while (at + run < end && text[at + run] === character) run += 1;
    const length = character === '~' ? 2 : Math.min(run, 3);
    const mark = character.repeat(length);
    const after = text[at + run] ?? ' ';
    const inWord = character === '_' && /[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ');
    const opens = run >= length && run <= 3 && !/\s/.test(after) && !inWord;
    const close = opens ? this.#closeOf(mark, at + length, end) : -1;
    const goesOn = opens && close === -1 && this.#open && end === text.length && at + length < end;
    if (!opens || (close === -1 && !goesOn)) {
      this.#add(text.slice(at, at + run), style);
      return at + run;
    }
    const inner = close === -1 ? end : close;
    this.run(at + length, inner, { ...style, ...this.#styleOf(mark) }, depth + 1);
    return close === -1 ? end : close + length;
  }

  #styleOf(mark: string): Style {
    if (mark === '~~') return this.#theme.strike;
    if (mark.length === 3) return { ...this.#theme.strong, ...this.#theme.emphasis };
    return mark.length === 2 ? this.#theme.strong : this.#theme.emphasis;
  }

  /** A run of just these characters, behind no space; `_` only at the end of a word. */
  #closeOf(mark: string, from: number, end: number): number {
    const text = this.#text;
    if (this.#isMissing(mark, from)) return -1;
    const character = mark[0] ?? '';
    for (let at = text.indexOf(mark, from); at !== -1 && at < end; ) {
      let run = mark.length;
      while (text[at + run] === character) run += 1;
      const closes = !/[\s\\]/.test(text[at - 1] ?? ' ') && (character !== '_' || !/[\p{L}\p{N}]/u.test(text[at + run] ?? ' '));
      // `*a **b***`: the inner one closes with the first two of three.
      if (
        closes
        && (run === mark.length || (run === 3 && mark.length < 3))
      ) {
        return run === mark.length ? at : mark.length === 1 ? at + 2 : at;
      }
      at = text.indexOf(mark, at + run);
    }
    this.#missing.set(mark, from);
    return -1;
  }

  #isMissing(mark: string, from: number): boolean {
    return (this.#missing.get(mark) ?? Number.POSITIVE_INFINITY) <= from;
  }

  #link(at: number, bracket: number, end: number, style: Style, depth: number): number {
    const text = this.#text;
    const image = bracket !== at;
    const label = this.#isMissing(']', at) ? -1 : text.indexOf(']', bracket);
    if (label === -1) this.#missing.set(']', at);
    if (label === -1 || label >= end || text[label + 1] !== '(') return this.#literal(at, style);
    const close = targetEnd(text, label + 2, end);
    if (close === undefined && !(this.#open && end === text.length)) return this.#literal(at, style);
    const target = (/^\s*<?([^\s>]*)/.exec(text.slice(label + 2, Math.min(close ?? end, label + 2_002)))?.[1] ?? '').trim();
    const linked = { ...style, ...this.#theme.link, link: target };
    const name = text.slice(bracket + 1, label);
    if (image) this.#add(name === '' ? '[image]' : `[image: ${name}]`, linked);
    else this.run(bracket + 1, label, linked, depth + 1);
    // A label that is not its target may deceive: where the terminal does not show the target, we do.
    if (close !== undefined && target !== '' && target !== name && !(this.#hyperlinks && /^https?:/.test(target))) {
      this.#add(
        ` (${target})`,
        { ...style, ...this.#theme.muted },
      );
    }
    return close === undefined ? end : close + 1;
  }

  #autolink(at: number, end: number, style: Style): number {
    const match = /^<((?:https?|mailto):[^\s<>]{1,2000})>/.exec(this.#text.slice(at, Math.min(end, at + 2_100)));
    const target = match?.[1];
    if (match === null || target === undefined) {
      const lineBreak = /^<br\s*\/?>/i.exec(this.#text.slice(at, at + 8))?.[0];
      if (lineBreak === undefined) return this.#literal(at, style);
      this.#add('\n', style);
      return at + lineBreak.length;
    }
    this.#add(target, { ...style, ...this.#theme.link, link: target });
    return at + match[0].length;
  }

  #bareLink(at: number, end: number, style: Style): number {
    const found = /^https?:\/\/[^\s<>"`|\\^{}[\]]+/.exec(this.#text.slice(at, Math.min(end, at + 2_000)))?.[0] ?? 'h';
    let url = found.replace(/[.,:;!?'*_~]+$/, '');
    if (url.endsWith(')') && !url.includes('(')) url = url.slice(0, -1);
    if (url.length < 9) return this.#literal(at, style);
    this.#add(url, { ...style, ...this.#theme.link, link: url });
    return at + url.length;
  }
}

/** The bracket that ends `(target "title")`; brackets in it may nest. */
function targetEnd(text: string, from: number, end: number): number | undefined {
  let depth = 0;
  for (let at = from; at < Math.min(end, from + 2_000); at += 1) {
    const character = text[at];
    if (character === '(') depth += 1;
    else if (character === '\n') return undefined;
    else if (character === ')') {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return undefined;
}
