/**
 * Builds `sx` as one executable: compile → bundle → code cache → blob → ELF (`npm run build:exe [-- linux-arm64]`).
 *
 * In: the sources, the pinned Node. Out: `dist/sx-<target>`, for this machine's own target also `dist/sx`, and
 * `dist/SHA256SUMS`. The bytes depend on the sources, TypeScript and Node alone: not on the folder, the time, the
 * user or the processor. Each step is a file here; nothing is downloaded but a foreign target's Node, from npm.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { baseNode, HOST_TARGET, isTarget, TARGETS } from './base-node.ts';
import { makeBlob } from './blob.ts';
import { bundle } from './bundle.ts';
import { makeCodeCaches } from './code-cache.ts';
import { compile } from './compile.ts';
import { writeElf } from './elf.ts';
import { root } from './root.ts';
import { writeManifest } from './source-manifest.ts';

export function buildExecutable(target: string): { path: string; bytes: number; sha256: string } {
  if (!isTarget(target)) throw new Error(`unknown target ${target}: one of ${TARGETS.join(', ')}`);
  const work = `build/${target}`;
  mkdirSync(join(root, work), { recursive: true });
  mkdirSync(join(root, 'dist'), { recursive: true });

  const compiled = compile(`${work}/cjs`);
  const hostTarget = target === HOST_TARGET;
  const bundled = bundle(compiled, `${work}/segments`);
  makeCodeCaches(bundled, { node: baseNode(target), hostTarget });
  const manifest = writeManifest(bundled, `${work}/manifest.json`);
  const blob = makeBlob({ bundle: bundled, manifest, work, codeCache: hostTarget });
  const executable = writeElf(readFileSync(baseNode(target)), readFileSync(join(root, blob)));

  const path = join(root, 'dist', `sx-${target}`);
  replace(path, executable);
  if (hostTarget) replace(join(root, 'dist/sx'), executable);
  writeSums();
  return { path, bytes: executable.length, sha256: sha256(executable) };
}

/** A running `sx` keeps its old file: writing in place would fail with ETXTBSY. */
function replace(path: string, bytes: Uint8Array): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, bytes, { mode: 0o755 });
  renameSync(fresh, path);
}

function writeSums(): void {
  const lines = globSync('dist/sx*', { cwd: root })
    .filter((file) => /^dist\/sx(-linux-\w+)?$/.test(file))
    .sort()
    .map((file) => `${sha256(readFileSync(join(root, file)))}  ${file.slice('dist/'.length)}\n`);
  writeFileSync(join(root, 'dist/SHA256SUMS'), lines.join(''));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

if (import.meta.main) {
  const [argument = HOST_TARGET] = process.argv.slice(2);
  if (argument === '--check') process.exitCode = (await import('./check-reproducible.ts')).checkReproducible() ? 0 : 1;
  else report(argument);
}

function report(target: string): void {
  const started = performance.now();
  const { path, bytes, sha256: sum } = buildExecutable(target);
  process.stdout.write(`${path} ${bytes} bytes sha256 ${sum} (node ${process.version}, ${Math.round(performance.now() - started)} ms)\n`);
}
