/**
 * The segments as the assets of the executable: those of every turn as they are, the others compressed.
 *
 * In: a bundle with its code caches. Out: asset name → file, relative to the root. Brotli gives the same bytes on every processor,
 * which zlib does not promise; unpacking costs a start with such a segment a little, and keeps the executable inside its limit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

import type { Bundle } from './bundle.ts';
import { root } from './root.ts';
import { isHot } from './segments.ts';

export function packSegments({ folder, segments }: Bundle): Record<string, string> {
  const files = segments.flatMap((name) => [`${name}.cjs`, `${name}.cache`].map((file): [string, string] => [file, isHot(name) ? `${folder}/${file}` : packed(`${folder}/${file}`)]));
  return Object.fromEntries(files);
}

export function packed(file: string): string {
  const path = `${file}.br`;
  writeFileSync(join(root, path), brotliCompressSync(readFileSync(join(root, file))));
  return path;
}
