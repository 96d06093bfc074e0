/** What is inside: every source file of ours in the bundle with its hash, for `sx sbom`. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Bundle } from './bundle.ts';
import { root } from './root.ts';

export function writeManifest(bundle: Bundle, path: string): string {
  const sha256 = (file: string): string => createHash('sha256').update(readFileSync(join(root, file))).digest('hex');
  const files = bundle.modules.map((id) => id.replace(/\.js$/, '.ts')).map((file) => ({ file, sha256: sha256(file) }));
  const manifest = { bundle: { bytes: readFileSync(join(root, bundle.path)).length, sha256: sha256(bundle.path) }, files };
  writeFileSync(join(root, path), `${JSON.stringify(manifest)}\n`);
  return path;
}
