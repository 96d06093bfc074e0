/**
 * Compiles the segments ahead, so that the program does not compile them while somebody waits.
 *
 * In: a folder of segments. Out: `<name>.cache` beside each, to be given to V8 as `cachedData`. Node's own code cache for
 * executables holds only what V8 compiles at once, and that is next to nothing: functions are compiled when they are first
 * called. Here every function of a segment is compiled (`--no-lazy`, set while compiling only, for V8 refuses a cache that was made under
 * other flags than it runs with). That doubles a segment, so it is done for those that somebody waits for at each start; the rest is
 * compiled as it is reached.
 *
 * Runs as a process of its own, with `--random-seed=1`, by the Node that the executable is made of: V8 seeds its hashes at random
 * otherwise, and the bytes would differ from build to build. A cache holds for one kind of machine: foreign targets get an empty one.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

import type { Bundle } from './bundle.ts';
import { root } from './root.ts';

/** Segments of a turn, the command and its provider, and of the screen's first frame. */
const EAGER = /^(apps-sx-(commands-exec|providers-[\w-]+)|first-frame)$/;
/** A smaller segment is compiled as fast as its cache is read. */
const CHARS_MIN = 8_192;

export function makeCodeCaches({ folder, segments }: Bundle, options: { readonly node: string; readonly hostTarget: boolean }): void {
  const cwd = join(root, folder);
  if (!options.hostTarget) return segments.forEach((name) => writeFileSync(join(cwd, `${name}.cache`), ''));
  const { status, stderr } = spawnSync(options.node, ['--random-seed=1', import.meta.filename, ...segments], { cwd, env: {}, encoding: 'utf8' });
  if (status !== 0) throw new Error(`code cache failed: ${stderr}`);
}

/** In the working directory. A name cut out of a path would bring the whole path into the cache, as V8 keeps it. */
function writeCache(name: string): void {
  const source = readFileSync(`${name}.cjs`, 'latin1');
  if (source.length < CHARS_MIN) return writeFileSync(`${name}.cache`, '');
  setFlagsFromString(EAGER.test(name) ? '--no-lazy' : '--lazy');
  const script = new Script(source, { filename: `${name}.cjs` });
  setFlagsFromString('--lazy');
  writeFileSync(`${name}.cache`, script.createCachedData());
}

if (import.meta.main) process.argv.slice(2).forEach(writeCache);
