/**
 * HTML as text that reads well: Markdown's marks for headings, lists, links, code and tables, and nothing of what a page does not show.
 *
 * In: a document, however broken. Out: text. One pass over the tags, in time proportional to the length: no tree is built, so that nothing nests too deep.
 * Comments, scripts, styles, templates, form controls, images' files, and elements that say they are hidden are left out; the text alternative of
 * an image stays. Links are made absolute, others than `http:` and `https:` leave their text alone.
 * Left out: what style sheets hide, tables without rows, named character references beyond the usual ones.
 */
import { decodeEntities } from './html-entities.ts';

const SKIPPED: ReadonlySet<string> = new Set(['script', 'style', 'template', 'noscript', 'svg', 'math', 'iframe', 'object', 'canvas', 'audio', 'video', 'select', 'textarea', 'title']);
const VOID: ReadonlySet<string> = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr']);
const BLOCKS: ReadonlySet<string> = new Set([
  'address', 'article', 'aside', 'blockquote', 'body', 'dd', 'details', 'div', 'dl', 'dt', 'fieldset', 'figcaption', 'figure', 'footer', 'form', 'header', 'li', 'main', 'nav', 'ol',
  'section', 'summary', 'table', 'tbody', 'thead', 'tr', 'ul', 'caption',
]);
const PARAGRAPHS: ReadonlySet<string> = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'table', 'blockquote']);
const INDENT_MAX = 8;
const HREF_CHARS_MAX = 500;
const ATTRIBUTES_CHARS_MAX = 8_192;

interface Tag {
  readonly name: string;
  readonly closes: boolean;
  readonly attributes: string;
  /** Offset behind it. */
  readonly end: number;
}

export function htmlToText(html: string, baseUrl: string): string {
  const out = createWriter();
  const links: { readonly href: string | undefined; readonly at: number }[] = [];
  let listDepth = 0;
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open !== at) out.text(decodeEntities(html.slice(at, open === -1 ? html.length : open)));
    if (open === -1) break;
    const markup = endOfMarkup(html, open);
    if (markup !== undefined) {
      at = markup;
      continue;
    }
    const tag = readTag(html, open);
    if (tag === undefined) {
      out.text('<');
      at = open + 1;
      continue;
    }
    at = tag.end;
    const { name, closes, attributes } = tag;
    if (!closes && (SKIPPED.has(name) || (!VOID.has(name) && isHidden(attributes)))) {
      at = endOfElement(html, name, at);
      continue;
    }
    if (name === 'ul' || name === 'ol') listDepth = Math.max(0, Math.min(INDENT_MAX, listDepth + (closes ? -1 : 1)));
    if (PARAGRAPHS.has(name)) out.breakLine(2);
    else if (BLOCKS.has(name)) out.breakLine(1);
    if (name === 'pre') out.preformatted(!closes);
    else if (name === 'a') {
      const link = closes ? links.pop() : undefined;
      if (!closes && links.length < INDENT_MAX) links.push({ href: absolute(attribute(attributes, 'href'), baseUrl), at: out.length });
      if (link?.href !== undefined) out.link(link.at, link.href);
    } else if (closes) {
      if (name === 'td' || name === 'th') out.text(' | ');
      else if (name === 'code') out.closeMark('`');
    } else if (/^h[1-6]$/.test(name)) out.openMark(`${'#'.repeat(Number(name[1]))} `);
    else if (name === 'li') out.openMark(`${'  '.repeat(Math.max(0, listDepth - 1))}- `);
    else if (name === 'br') out.breakLine(1);
    else if (name === 'hr') out.rule();
    else if (name === 'code') out.openMark('`');
    else if (name === 'img') {
      const alternative = attribute(attributes, 'alt')?.trim() ?? '';
      if (alternative !== '') out.text(`[image: ${alternative}]`);
    }
  }
  return out.end();
}

/** Text of `<title>`, on one line. */
export function htmlTitle(html: string): string | undefined {
  const found = /<title[^>]{0,200}>([^<]{1,1000})/i.exec(html.slice(0, 64 * 1024))?.[1];
  return found === undefined ? undefined : decodeEntities(found).replace(/\s+/g, ' ').trim();
}

/** Behind a comment, declaration or processing instruction; undefined where there is none. One that never ends takes the rest. */
function endOfMarkup(html: string, open: number): number | undefined {
  const end = (mark: string, from: number): number => {
    const found = html.indexOf(mark, from);
    return found === -1 ? html.length : found + mark.length;
  };
  if (html.startsWith('<!--', open)) return html.startsWith('<!-->', open) ? open + 5 : end('-->', open + 4);
  return html[open + 1] === '!' || html[open + 1] === '?' ? end('>', open + 2) : undefined;
}

const NAME = /<(\/?)([a-z][a-z0-9:-]*)/iy;

/** A tag that never ends takes the rest, so that no text is looked at twice. */
function readTag(html: string, open: number): Tag | undefined {
  NAME.lastIndex = open;
  const [whole = '', slash = '', name = ''] = NAME.exec(html) ?? [];
  if (whole === '') return undefined;
  const from = open + whole.length;
  let quote = '';
  let at = from;
  for (; at < html.length; at++) {
    const c = html[at] ?? '';
    if (quote !== '') quote = c === quote ? '' : quote;
    // A quote counts only as the beginning of a value.
    else if ((c === '"' || c === "'") && /=\s*$/.test(html.slice(Math.max(from, at - 3), at))) quote = c;
    else if (c === '>') break;
  }
  return { name: name.toLowerCase(), closes: slash !== '', attributes: html.slice(from, Math.min(at, from + ATTRIBUTES_CHARS_MAX)), end: Math.min(html.length, at + 1) };
}

/** Behind the end tag that belongs to a start tag just read; elements of that name inside are counted. */
function endOfElement(html: string, name: string, from: number): number {
  const raw = /^(?:script|style|textarea|title|iframe|noscript)$/.test(name);
  const tags = new RegExp(`<(/?)${name}(?=[\\s/>])`, 'gi');
  tags.lastIndex = from;
  let depth = 1;
  for (let found = tags.exec(html); found !== null; found = tags.exec(html)) {
    const end = html.indexOf('>', tags.lastIndex);
    if (end === -1) break;
    if (found[1] === '/') depth--;
    else if (!raw && html[end - 1] !== '/') depth++;
    if (depth === 0) return end + 1;
    tags.lastIndex = end;
  }
  return html.length;
}

function isHidden(attributes: string): boolean {
  return attributes !== '' && /(?:^|\s)(?:hidden(?=[\s=/]|$)|aria-hidden\s*=\s*["']?true|style\s*=\s*["'][^"']*(?:display\s*:\s*none|visibility\s*:\s*hidden))/i.test(attributes);
}

function attribute(attributes: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|[\\s"'/])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes);
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value === undefined ? undefined : decodeEntities(value);
}

function absolute(href: string | undefined, baseUrl: string): string | undefined {
  if (href === undefined || href.startsWith('#') || !URL.canParse(href, baseUrl)) return undefined;
  const url = new URL(href, baseUrl);
  return /^https?:$/.test(url.protocol) && url.href.length <= HREF_CHARS_MAX ? url.href : undefined;
}

interface Writer {
  readonly length: number;
  text(text: string): void;
  /** Marks of Markdown: what follows, or what stands before, is close to it. */
  openMark(text: string): void;
  closeMark(text: string): void;
  breakLine(count: number): void;
  preformatted(on: boolean): void;
  rule(): void;
  /** Makes a link of what was written since. */
  link(from: number, href: string): void;
  end(): string;
}

function createWriter(): Writer {
  const pieces: string[] = [];
  let breaks = 0;
  let space = false;
  let glued = false;
  let pre = false;
  const put = (text: string): void => {
    if (pieces.length > 0 && breaks > 0) pieces.push('\n'.repeat(breaks));
    else if (space && pieces.length > 0) pieces.push(' ');
    breaks = 0;
    space = false;
    pieces.push(text);
  };
  const writer: Writer = {
    get length() {
      return pieces.length;
    },
    text(text) {
      if (pre) return text === '' ? undefined : put(breaks > 0 ? text.replace(/^\r?\n/, '') : text);
      const words = text.replace(/[\s\u00a0]+/g, ' ');
      if (words === '') return;
      if (words.startsWith(' ')) space = breaks === 0 && !glued;
      const trimmed = words.trim();
      if (trimmed === '') return;
      put(trimmed);
      space = words.endsWith(' ');
      glued = false;
    },
    openMark(text) {
      if (pre) return;
      put(text);
      glued = true;
    },
    closeMark(text) {
      if (pre) return;
      space = false;
      put(text);
    },
    breakLine(count) {
      breaks = Math.max(breaks, count);
      space = false;
    },
    preformatted(on) {
      if (on === pre) return;
      if (!on) breaks = pieces.at(-1)?.endsWith('\n') === true ? 0 : 1;
      put('```');
      breaks = on ? 1 : 2;
      pre = on;
    },
    rule() {
      writer.breakLine(1);
      put('---');
      breaks = 1;
    },
    link(from, href) {
      const text = pieces.slice(from).join('');
      if (text.trim() === '' || pre) return;
      const lead = text.slice(0, text.length - text.trimStart().length);
      pieces.length = from;
      pieces.push(lead, `[${text.trim().split('\n').map((line) => line.trim()).join(' ')}](${href})`);
    },
    end: () => {
      if (pre) writer.preformatted(false);
      return pieces.join('').split('\n').map((line) => line.trimEnd()).join('\n').replace(/\n{3,}/g, '\n\n').trim();
    },
  };
  return writer;
}
