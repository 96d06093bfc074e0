/**
 * Colours code line by line.
 *
 * Pure: (line, state) → (tokens, state). The state is what a line may leave open: a comment or a string of several lines, a tag.
 * One pass over the line, no regular expression that could backtrack; tokens joined again are the line.
 */
import type { Theme } from '../../colour/theme.ts';
import type { Line } from '../../text/span.ts';
import { type Grammar, grammarOf, type StringRule } from './grammar.ts';

export type TokenKind =
  | ('plain' | 'keyword' | 'type' | 'function' | 'string' | 'number' | 'comment' | 'property')
  | ('added' | 'removed' | 'hunk');

export interface Token {
  readonly text: string;
  readonly kind: TokenKind;
}

/** What is open at the end of a line; undefined is nothing. */
export type HighlightState =
  | { readonly kind: 'comment' | 'string'; readonly close: string; readonly escapes: boolean }
  | { readonly kind: 'tag' }
  | undefined;

export interface Highlighter {
  line(text: string, state: HighlightState): { readonly tokens: readonly Token[]; readonly state: HighlightState };
}

export function createHighlighter(language: string): Highlighter | undefined {
  if (/^(?:diff|patch)$/i.test(language)) {
    return {
      line: (text) => ({ tokens: [{ text, kind: diffKind(text) }], state: undefined }),
    };
  }
  const grammar = grammarOf(language);
  return grammar === undefined ? undefined : { line: (text, state) => scanLine(text, state, grammar) };
}

function diffKind(text: string): TokenKind {
  if (text.startsWith('+')) return 'added';
  if (text.startsWith('-')) return 'removed';
  return text.startsWith('@@') ? 'hunk' : 'plain';
}

export function tokensToLine(tokens: readonly Token[], theme: Theme): Line {
  return tokens.map(({ text, kind }) => ({ text, style: theme[kind] }));
}

/** A whole text as coloured lines; plain where the language has no grammar. */
export function highlightCode(code: string, language: string, theme: Theme): Line[] {
  const highlighter = createHighlighter(language);
  let state: HighlightState;
  return code.split(/\r?\n/).map((text) => {
    if (highlighter === undefined) return text === '' ? [] : [{ text, style: theme.plain }];
    const scanned = highlighter.line(text, state);
    state = scanned.state;
    return tokensToLine(scanned.tokens, theme);
  });
}

const NUMBER = /(?:0[xXbBoO][0-9a-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)[a-zA-Z]{0,3}/y;
const WORD_START = /[\p{L}_]/u;
const WORD_PART = /[\p{L}\p{N}_]/u;

function scanLine(text: string, open: HighlightState, grammar: Grammar): { tokens: Token[]; state: HighlightState } {
  const tokens: { text: string; kind: TokenKind }[] = [];
  const add = (part: string, kind: TokenKind): void => {
    const last = tokens.at(-1);
    if (last !== undefined && last.kind === kind) last.text += part;
    else if (part !== '') tokens.push({ text: part, kind });
  };
  let state = open;
  let at = 0;
  while (at < text.length) {
    if (state !== undefined && state.kind !== 'tag') {
      const end = closeOf(text, at, state.close, state.escapes);
      add(text.slice(at, end.at), state.kind);
      at = end.at;
      if (end.closed) state = undefined;
      continue;
    }
    const comment = commentAt(text, at, grammar);
    if (comment === 'line') {
      add(text.slice(at), 'comment');
      break;
    }
    if (comment !== undefined) {
      const end = closeOf(text, at + comment[0].length, comment[1], false);
      add(text.slice(at, end.at), 'comment');
      at = end.at;
      if (!end.closed) state = { kind: 'comment', close: comment[1], escapes: false };
      continue;
    }
    const inText = grammar.markup === true && state?.kind !== 'tag';
    const rule = inText ? undefined : grammar.strings.find(({ open: mark }) => text.startsWith(mark, at));
    if (rule !== undefined) {
      const end = closeOf(text, at + rule.open.length, rule.close, rule.escapes !== false);
      add(text.slice(at, end.at), isProperty(text, end.at, grammar) ? 'property' : 'string');
      at = end.at;
      if (!end.closed) state = openString(rule, state);
      continue;
    }
    if (grammar.markup === true) {
      const end = markupAt(text, at, state?.kind === 'tag', add);
      at = end.at;
      state = end.inTag ? { kind: 'tag' } : undefined;
      continue;
    }
    at = wordAt(text, at, grammar, add);
  }
  return { tokens, state };
}

function openString(rule: StringRule, state: HighlightState): HighlightState {
  return rule.multiline === true ? { kind: 'string', close: rule.close, escapes: rule.escapes !== false } : state;
}

function closeOf(text: string, from: number, close: string, escapes: boolean): { at: number; closed: boolean } {
  for (let at = from; at < text.length; at += 1) {
    if (escapes && text[at] === '\\') at += 1;
    else if (text.startsWith(close, at)) return { at: at + close.length, closed: true };
  }
  return { at: text.length, closed: false };
}

function commentAt(text: string, at: number, grammar: Grammar): 'line' | readonly [string, string] | undefined {
  const block = grammar.blockComments.find(([open]) => text.startsWith(open, at));
  if (block !== undefined) return block;
  const line = grammar.lineComments.find((mark) => text.startsWith(mark, at));
  // `#` inside a word (`$#`, a colour, a URL's fragment) begins no comment.
  return line !== undefined && (line.length > 1 || at === 0 || /\s/.test(text[at - 1] ?? '')) ? 'line' : undefined;
}

function wordAt(text: string, at: number, grammar: Grammar, add: (part: string, kind: TokenKind) => void): number {
  const character = text[at] ?? '';
  const mayLead = grammar.sigils?.includes(character) === true && WORD_START.test(text[at + 1] ?? '');
  const isPart = (part: string): boolean => WORD_PART.test(part) || grammar.wordCharacters?.includes(part) === true;
  if (!mayLead && !WORD_START.test(character) && !(grammar.wordCharacters === '$' && character === '$')) {
    NUMBER.lastIndex = at;
    const number = /\d/.test(character) ? NUMBER.exec(text) : null;
    add(number === null ? character : number[0], number === null ? 'plain' : 'number');
    return at + (number?.[0].length ?? 1);
  }
  let end = at + 1;
  while (end < text.length && isPart(text[end] ?? '')) end += 1;
  const word = text.slice(at, end);
  add(word, mayLead ? 'property' : kindOf(word, text, end, grammar));
  return end;
}

function kindOf(word: string, text: string, end: number, grammar: Grammar): TokenKind {
  if (isProperty(text, end, grammar)) return 'property';
  if (grammar.keywords.has(grammar.ignoreCase === true ? word.toLowerCase() : word)) return 'keyword';
  if (text[end] === '(') return 'function';
  return grammar.capitalTypes === true && /^[A-Z]/.test(word) && /[a-z]/.test(word) ? 'type' : 'plain';
}

function isProperty(text: string, end: number, { properties }: Grammar): boolean {
  if (properties === undefined) return false;
  let at = end;
  while (text[at] === ' ') at += 1;
  return properties.includes(text[at] ?? '\n');
}

/** Text, or the inside of a tag: its name, the names of its attributes. */
function markupAt(
  text: string,
  at: number,
  inTag: boolean,
  add: (part: string, kind: TokenKind) => void,
): { at: number; inTag: boolean } {
  if (!inTag) {
    const next = text.indexOf('<', at);
    if (next !== at) {
      add(text.slice(at, next === -1 ? text.length : next), 'plain');
      return { at: next === -1 ? text.length : next, inTag: false };
    }
    const name = /^<[/?!]?[\w:.-]*/.exec(text.slice(at, at + 100))?.[0] ?? '<';
    add(name, name.length > 1 ? 'keyword' : 'plain');
    return { at: at + name.length, inTag: name.length > 1 };
  }
  const character = text[at] ?? '';
  if (character === '>') {
    add('>', 'keyword');
    return { at: at + 1, inTag: false };
  }
  const attribute = /^[\w:@.-]+/.exec(text.slice(at, at + 200))?.[0];
  add(attribute ?? character, attribute === undefined ? 'plain' : 'property');
  return { at: at + (attribute ?? character).length, inTag: true };
}
