/**
 * The path that the kernel would open: links followed one component at a time, `..` applied after a link and not before,
 * and links that point to nothing followed too, because writing through such a link creates its target. What does not
 * exist yet is appended as it is. Paths are absolute and POSIX.
 */
import { lstatSync, readlinkSync } from 'node:fs';

const LINKS_MAX = 40;

export function resolveLinks(path: string): string {
  const pending = path.split('/').reverse();
  let resolved = '';
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      resolved = resolved.slice(0, Math.max(resolved.lastIndexOf('/'), 0));
      continue;
    }
    const candidate = `${resolved}/${name}`;
    // In a loop the kernel opens nothing, so that the name itself is as good an answer as any.
    const target = links < LINKS_MAX ? readLink(candidate) : undefined;
    if (target === undefined) {
      resolved = candidate;
      continue;
    }
    links++;
    if (target.startsWith('/')) resolved = '';
    pending.push(...target.split('/').reverse());
  }
  return resolved === '' ? '/' : resolved;
}

function readLink(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Is `path` the directory or below it? Both resolved. */
export function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
