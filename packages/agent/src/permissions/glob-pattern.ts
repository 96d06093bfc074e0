/**
 * Glob patterns over `/`-separated paths, for permission rules, the glob tool and ignore files.
 *
 * `*` any characters of one segment · `?` one of them · `[a-z]`, `[!a-z]` a class · `{a,b}` alternatives · a segment `**`
 * any number of segments, also none (so `a/**` matches `a` too) · `\` takes the next character as it is. Names that begin
 * with a dot are names like any other.
 *
 * Matching keeps one fallback position per level instead of backtracking, so that it is at worst quadratic: patterns
 * come from a model, and a regular expression made of them could be driven into exponential time.
 */
import { agentLimits } from '../limits.ts';

type Token = { readonly kind: 'character'; readonly value: string } | { readonly kind: 'any' | 'star' } | ClassToken;
interface ClassToken {
  readonly kind: 'class';
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}
type Segment = '**' | ((name: string) => boolean);

/** @returns A function that tells whether a whole path matches. Paths and patterns are compared segment by segment. */
export function compileGlob(pattern: string): (path: string) => boolean {
  const alternatives = expandBraces(pattern).map((alternative) => alternative.split('/').map(compileSegment));
  return (path) => {
    const names = path.split('/');
    return alternatives.some((segments) => matchSegments(segments, names));
  };
}

/** `{a,b}c` gives `ac` and `bc`. Braces without a comma, or that are never closed, stand for themselves. */
export function expandBraces(pattern: string): string[] {
  const out: string[] = [];
  const pending = [pattern];
  while (pending.length > 0) {
    const next = pending.shift() ?? '';
    const braces = findBraces(next);
    // Beyond the limit a brace stands for itself: the pattern then matches less, never more.
    if (braces === undefined || out.length + pending.length + braces.parts.length > agentLimits.braceAlternativesMax) out.push(next);
    else pending.push(...braces.parts.map((part) => next.slice(0, braces.start) + part + next.slice(braces.end)));
  }
  return out;
}

function findBraces(pattern: string): { start: number; end: number; parts: string[] } | undefined {
  for (let start = pattern.indexOf('{'); start !== -1; start = pattern.indexOf('{', start + 1)) {
    if (pattern[start - 1] === '\\') continue;
    const parts: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let at = start; at < pattern.length; at++) {
      const c = pattern[at];
      if (c === '\\') at++;
      else if (c === '{') depth++;
      else if (c === ',' && depth === 1) {
        parts.push(pattern.slice(from, at));
        from = at + 1;
      } else if (c === '}' && --depth === 0) {
        if (parts.length === 0) break;
        parts.push(pattern.slice(from, at));
        return { start, end: at + 1, parts };
      }
    }
  }
  return undefined;
}

function compileSegment(text: string): Segment {
  if (text === '**') return '**';
  if (!/[*?[\\]/.test(text)) return (name) => name === text;
  if (/^\*+[^*?[\\]*$/.test(text)) {
    const suffix = text.replace(/^\*+/, '');
    return (name) => name.endsWith(suffix);
  }
  const tokens = tokenize(text);
  return (name) => matchTokens(tokens, name);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const c = text[at] ?? '';
    if (c === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (c === '?') tokens.push({ kind: 'any' });
    else if (c === '[') {
      const end = text.indexOf(']', at + (/[!^]/.test(text[at + 1] ?? '') ? 3 : 2));
      if (end === -1) tokens.push({ kind: 'character', value: c });
      else {
        tokens.push(readClass(text.slice(at + 1, end)));
        at = end;
      }
    } else tokens.push({ kind: 'character', value: c === '\\' && at + 1 < text.length ? (text[++at] ?? '') : c });
  }
  return tokens;
}

function readClass(text: string): ClassToken {
  const negated = /^[!^]/.test(text);
  const ranges: (readonly [string, string])[] = [];
  for (let at = negated ? 1 : 0; at < text.length; at++) {
    const from = text[at] ?? '';
    const to = text[at + 1] === '-' ? text[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) at += 2;
  }
  return { kind: 'class', negated, ranges };
}

function matchesToken(token: Token, c: string): boolean {
  switch (token.kind) {
    case 'character':
      return token.value === c;
    case 'any':
      return true;
    case 'class':
      return token.ranges.some(([from, to]) => c >= from && c <= to) !== token.negated;
    case 'star':
      return false;
  }
}

function matchTokens(tokens: readonly Token[], name: string): boolean {
  return matchWithStars(
    tokens,
    name.length,
    (token) => token.kind === 'star',
    (token, at) => matchesToken(token, name[at] ?? ''),
  );
}

function matchSegments(segments: readonly Segment[], names: readonly string[]): boolean {
  return matchWithStars(
    segments,
    names.length,
    (segment) => segment === '**',
    (segment, at) => segment !== '**' && segment(names[at] ?? ''),
  );
}

/** The classic matcher with one fallback: only the last star ever needs to take one item more. */
function matchWithStars<Item>(
  items: readonly Item[],
  length: number,
  isStar: (item: Item) => boolean,
  matches: (item: Item, at: number) => boolean,
): boolean {
  let item = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < length) {
    const current = items[item];
    if (current !== undefined && isStar(current)) {
      star = item++;
      starAt = at;
    } else if (current !== undefined && matches(current, at)) {
      item++;
      at++;
    } else if (star >= 0) {
      item = star + 1;
      at = ++starAt;
    } else return false;
  }
  return items.slice(item).every(isStar);
}
