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
  const matchesEither = (path: string): boolean => asWritten(path) || behindLinks(path);
  return {
    matches: isRelative ? asWritten : matchesEither,
    covers(path) {
      for (let above = path; above !== ''; above = above.slice(0, above.lastIndexOf('/'))) if (matchesEither(above)) return true;
      return matchesEither('/');
    },
  };
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
  const segments = pattern.split('/');
  const firstWild = segments.findIndex((segment) => /[*?[{\\]/.test(segment));
  const fixed = firstWild === -1 ? segments : segments.slice(0, firstWild);
  const rest = firstWild === -1 ? [] : segments.slice(firstWild);
  const real = resolveLinks(fixed.join('/') || '/');
  return [real === '/' ? '' : escapeGlob(real), ...rest].join('/') || '/';
}

function escapeGlob(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, '\\$&');
}
