/**
 * Path patterns of rules, made absolute once, when the rules are loaded.
 *
 * `/x` is absolute, `~/x` is in the home directory, anything else counts from the working directory; a pattern without a
 * slash matches at any depth below it, as in ignore files. Rules see resolved paths, so the fixed part in front of the
 * first wildcard is resolved as well, except that a relative pattern never *allows* what a link leads out to: the link
 * may have come with the project.
 */
import { posix } from 'node:path';

import { compileGlob } from './glob-pattern.ts';
import { resolveLinks } from './resolve-links.ts';

export interface PathPatternOptions {
  readonly workingDirectory: string;
  readonly home?: string | undefined;
}

export interface PathPattern {
  /** The path itself matches: for `allow`. */
  matches(path: string): boolean;
  /** The path or a directory above it matches, as written or behind links: for `deny`, `ask` and protection. */
  covers(path: string): boolean;
}

export function compilePathPattern(pattern: string, options: PathPatternOptions): PathPattern {
  const isRelative = !pattern.startsWith('/') && !pattern.startsWith('~/');
  const written = toAbsolute(pattern, options);
  const resolved = resolveFixedPart(written);
  const asWritten = compileGlob(written);
  const behindLinks = resolved === written ? asWritten : compileGlob(resolved);
  const coverWritten = compileCover(written, asWritten);
  const coverResolved = resolved === written ? coverWritten : compileCover(resolved, behindLinks);
  return {
    matches: isRelative ? asWritten : (path) => asWritten(path) || behindLinks(path),
    covers: (path) => coverWritten(path) || coverResolved(path),
  };
}

/** Every entry of a walk is asked about every pattern, so what is plain is compared plainly. */
function compileCover(pattern: string, matches: (path: string) => boolean): (path: string) => boolean {
  const anywhere = /^\/\*\*\/([^/*?[{\\]+)$/.exec(pattern)?.[1];
  if (anywhere !== undefined) {
    const [last, between] = [`/${anywhere}`, `/${anywhere}/`];
    return (path) => path.includes(between) || path.endsWith(last);
  }
  const fixed = pattern.slice(0, firstWild(pattern));
  if (fixed === pattern) {
    const below = pattern === '/' ? '/' : `${pattern}/`;
    return (path) => path === pattern || path.startsWith(below);
  }
  const directory = fixed.slice(0, fixed.lastIndexOf('/'));
  return (path) => {
    if (!path.startsWith(directory)) return false;
    for (let above = path; above !== ''; above = above.slice(0, above.lastIndexOf('/'))) if (matches(above)) return true;
    return matches('/');
  };
}

function firstWild(pattern: string): number {
  const at = pattern.search(/[*?[{\\]/);
  return at === -1 ? pattern.length : at;
}

function toAbsolute(pattern: string, { workingDirectory, home }: PathPatternOptions): string {
  if (pattern.startsWith('/')) return trim(pattern);
  if (pattern.startsWith('~/')) return home === undefined ? trim(`/${pattern}`) : trim(`${home}/${pattern.slice(2)}`);
  if (pattern.startsWith('**/')) return trim(`/${pattern}`);
  const relative = pattern.replace(/\/+$/, '').includes('/') ? pattern : `**/${pattern}`;
  return trim(`${escapeGlob(workingDirectory)}/${relative}`);
}

function trim(pattern: string): string {
  return posix.normalize(pattern).replace(/(.)\/+$/, '$1');
}

function resolveFixedPart(pattern: string): string {
  const wild = firstWild(pattern);
  const end = wild === pattern.length ? wild : pattern.lastIndexOf('/', wild);
  const real = resolveLinks(pattern.slice(0, end) || '/');
  return (real === '/' ? '' : escapeGlob(real)) + pattern.slice(end) || '/';
}

/** The pattern that matches this path alone. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, '\\$&');
}
