/** What is inside: every source file of ours in the bundle with its hash, for `sx sbom`. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Bundle } from './bundle.ts';
import { root } from './root.ts';
import { START } from './segments.ts';

export function writeManifest(bundle: Bundle, path: string): string {
  const files = bundle.modules.map((id) => id.replace(/\.js$/, '.ts')).map((file) => ({ file, sha256: digest(readFileSync(join(root, file))) }));
  const segments = Buffer.concat([START, ...bundle.segments].map((name) => readFileSync(join(root, bundle.folder, `${name}.cjs`))));
  const manifest = { bundle: { bytes: segments.length, sha256: digest(segments) }, files };
  writeFileSync(join(root, path), `${JSON.stringify(manifest)}\n`);
  return path;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
